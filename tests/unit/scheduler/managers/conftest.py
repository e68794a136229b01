"""Time for the jobs of managers."""

from datetime import datetime

import pytest
from tests.unit.scheduler.managers.samples import NOON


@pytest.fixture
def now() -> datetime:
    return NOON
