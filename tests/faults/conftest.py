"""Each fault of the catalogue that a test plays is put into the report, where it is counted."""

import random
from collections.abc import Callable

import pytest

from julia_dev.sending.faults import drawn


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--drawn=SEED`: one test of each family of faults."""
    parser.addoption("--drawn", type=int, metavar="SEED", help="one test of each family of faults")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not drawn."""
    seed = config.getoption("--drawn", default=None)
    if seed is None:
        return
    chosen = drawn(random.Random(seed), {item.nodeid: _faults(item) for item in items})
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
    items[:] = [item for item in items if item.nodeid in chosen]


@pytest.fixture(autouse=True)
def faults_are_reported(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """Name the faults of the test's `fault` markers in the JUnit report."""
    for number in _faults(request.node):
        record_property("fault", number)


def _faults(item: pytest.Item) -> list[int]:
    return [number for marker in item.iter_markers("fault") for number in marker.args]
