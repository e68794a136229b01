"""Each fault of the catalogue that a test plays is put into the report, where it is counted."""

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def faults_are_reported(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """Name the faults of the test's `fault` markers in the JUnit report."""
    for marker in request.node.iter_markers("fault"):
        for number in marker.args:
            record_property("fault", number)
