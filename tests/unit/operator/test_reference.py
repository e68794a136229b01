"""The operator's reference page says what its code and its manifests say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

import julia_operator.metrics
from julia_dev.paths import ROOT
from julia_operator.domain.resource import FINALIZER, RELEASED
from julia_operator.domain.standing import Phase

pytestmark = pytest.mark.unit

PAGE = (ROOT / "docs" / "reference" / "operator.md").read_text()
CODE = Path(julia_operator.metrics.__file__).parent
# Of Kubernetes: no reasons of ours.
KNOWN = {"Normal", "Warning", "True", "False"}


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(cell: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`]+)`", cell))


def literals(*modules: str) -> Iterator[str]:
    """Strings in the code that look like a reason: CamelCase, no spaces."""
    for module in modules:
        for node in ast.walk(ast.parse((CODE / module).read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*", node.value)
            ):
                yield node.value


def test_every_condition_event_and_reason_of_the_code_is_on_the_page_and_no_other() -> None:
    conditions = set().union(*(words(row[0]) | words(row[2]) for row in table("Conditions")))
    events = set().union(*(words(row[0]) for row in table("Events")))
    code = literals("domain/standing.py", "domain/happenings.py", "reconciling.py", "watching.py")

    assert conditions | events | set(Phase) == set(code) - KNOWN


def test_the_fields_of_the_status_and_the_words_of_its_phase_are_those_of_the_crd() -> None:
    crd = yaml.safe_load((ROOT / "charts/julia/files/juliastatuses.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    status = schema["status"]["properties"]
    rows = table("Status")

    assert set().union(*(words(row[0]) for row in rows)) == status.keys()
    assert words(rows[0][1]) == set(status["phase"]["enum"]) == set(Phase)


def test_the_rights_are_those_of_the_chart() -> None:
    rules = yaml.safe_load((ROOT / "charts/julia/files/operator-rules.yaml").read_text())

    assert [tuple(map(words, row)) for row in table("Rights")] == [
        (set(rule["apiGroups"]), set(rule["resources"]), set(rule["verbs"])) for rule in rules
    ]


def test_the_metrics_are_those_of_the_code() -> None:
    defined = {
        metric._name + ("_total" if isinstance(metric, Counter) else "") for metric in _metrics()
    }

    assert set().union(*(words(row[0]) for row in table("Metrics"))) == defined


def test_the_finalizer_and_the_mark_are_named() -> None:
    assert {FINALIZER, RELEASED} <= words(PAGE)


def _metrics() -> Iterator[Counter | Gauge | Histogram]:
    for value in vars(julia_operator.metrics).values():
        found = value._gauge if isinstance(value, julia_operator.metrics.Worst) else value
        if isinstance(found, Counter | Gauge | Histogram):
            yield found
