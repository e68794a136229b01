"""What all tests share."""

from pathlib import Path

import pytest

pytest_plugins = ["julia_dev.pytest_plugin"]

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the folder it lies in: `-m unit` is what lies in `tests/unit`."""
    for item in items:
        item.add_marker(item.path.relative_to(_TESTS).parts[0])
