"""The reference pages list every metric of the dispatcher and the scheduler, and no others."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from prometheus_client import Counter, Gauge, Histogram

import julia_dispatcher.metrics
import julia_scheduler.metrics

pytestmark = pytest.mark.unit

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("page", "module"),
    [
        ("dispatcher.md", julia_dispatcher.metrics),
        ("scheduler.md", julia_scheduler.metrics),
    ],
)
def test_the_metrics_of_a_service_are_those_on_its_page(page: str, module: ModuleType):
    defined = {
        metric._name + ("_total" if isinstance(metric, Counter) else "")
        for metric in vars(module).values()
        if isinstance(metric, Counter | Gauge | Histogram)
    }
    documented = set(re.findall(r"`(julia_\w+)`", (REFERENCE / page).read_text()))
    assert documented - {"julia_dispatcher", "julia_scheduler"} == defined
