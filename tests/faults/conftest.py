"""Each fault of the catalogue that a test plays is put into the report, where it is counted."""

from collections.abc import Callable

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fault=N`, more than once if wanted: only the tests that play one of these faults."""
    parser.addoption("--fault", type=int, action="append", metavar="N", help="play only fault N")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for."""
    wanted = set(config.getoption("--fault", default=None) or ())
    if not wanted:
        return
    chosen = [item for item in items if wanted & set(_faults(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(autouse=True)
def faults_are_reported(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """Name the faults of the test's `fault` markers in the JUnit report."""
    for number in _faults(request.node):
        record_property("fault", number)


def _faults(item: pytest.Item) -> list[int]:
    return [number for marker in item.iter_markers("fault") for number in marker.args]
