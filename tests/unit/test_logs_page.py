"""The page of logs lists every canonical line that the code writes, and no other."""

import ast
import re
from collections.abc import Iterator
from itertools import chain

import pytest

from julia_dev.paths import ROOT

pytestmark = pytest.mark.unit


def _written() -> Iterator[str]:
    """The messages of all calls of the logs' `canonical`."""
    files = chain((ROOT / "services").rglob("src/**/*.py"), (ROOT / "libs").rglob("src/**/*.py"))
    for file in files:
        tree = ast.parse(file.read_text())
        if any(_imports_it(node) for node in ast.walk(tree)):
            for call in ast.walk(tree):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "canonical":
                    yield str(ast.literal_eval(call.args[0]))


def _imports_it(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "julia_common.telemetry.logging"
        and any(name.name == "canonical" for name in node.names)
    )


def test_the_page_lists_the_canonical_lines():
    page = (ROOT / "docs" / "reference" / "logs.md").read_text()
    table = page.split("## The canonical lines")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")][1:]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == set(_written())
