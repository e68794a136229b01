"""A process that shares no circuits says nothing of sharing them."""

import subprocess
import sys

_TELL = """
from prometheus_client import REGISTRY
from julia_common.resilience.shared import SharedCircuits
print(REGISTRY.get_sample_value("julia_circuits_shared"))
SharedCircuits(redis), SharedCircuits(redis)
print(REGISTRY.get_sample_value("julia_circuits_shared"))
"""


def test_the_gauge_of_shared_circuits_is_exposed_by_those_who_share_them() -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"redis = None\n{_TELL}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == ["None", "0.0"]
