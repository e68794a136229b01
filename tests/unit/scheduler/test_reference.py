"""The reference page names the jobs that there are."""

import inspect
import re
from unittest.mock import MagicMock

import pytest

from julia_dev.paths import ROOT
from julia_scheduler.jobs.all import all_jobs

pytestmark = pytest.mark.unit

PAGE = (ROOT / "docs" / "reference" / "scheduler.md").read_text()


def test_every_job_is_in_the_reference_with_its_time_and_what_becomes_of_missed_runs() -> None:
    # Jobs are only made here: what they are made with is never asked.
    jobs = all_jobs(**{name: MagicMock() for name in inspect.signature(all_jobs).parameters})

    rows = re.findall(r"^\| `(\w+)` \| `([\d*/, -]+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert rows == [(job.name, job.cron, job.missed.value) for job in jobs]
