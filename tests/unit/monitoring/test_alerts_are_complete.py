"""Every alert can be understood, and is shown to fire and to stay silent."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from julia_common.messaging import topology

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
RULES = ROOT / "charts" / "julia" / "files" / "monitoring" / "rules"
CASES = ROOT / "tests" / "integration" / "monitoring" / "cases"
RUNBOOKS = ROOT / "docs" / "runbooks"
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]

_METRIC = re.compile(r"\bjulia_\w+")
_HISTOGRAM = re.compile(r"_(bucket|count|sum)$")


def _read(folder: Path) -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]


_ALL = [rule for content in _read(RULES) for group in content["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in _ALL if "alert" in rule]
WATCHDOG = "JuliaWatchdog"
"""It fires always: what is told of is its silence."""
NAMES = sorted({alert["alert"] for alert in ALERTS})
_CHECKED = [
    check
    for content in _read(CASES)
    for case in content["tests"]
    for check in case.get("alert_rule_test", ())
]

each_alert = pytest.mark.parametrize(
    "alert", ALERTS, ids=lambda alert: f"{alert['alert']}-{alert['labels'].get('severity')}"
)


def test_the_five_of_the_seed_are_among_them():
    assert {
        "JuliaErrorRateHigh",
        "JuliaLatencyHigh",
        "JuliaCircuitOpen",
        "JuliaRateLimitNearlyUsed",
        "JuliaBotSuspicionHigh",
    } <= set(NAMES)


@each_alert
def test_an_alert_says_how_bad_it_is_and_what_explains_it(alert: dict[str, Any]):
    never_told = {"none"} if alert["alert"] == WATCHDOG else set()
    assert alert["labels"]["severity"] in {"critical", "warning", "info"} | never_told
    assert alert["labels"].get("explained_by", "pause") in {"pause", "backlog"}
    assert alert["labels"].keys() <= {"severity", "explained_by"}


@each_alert
def test_an_alert_tells_slack_what_happened_and_links_its_runbook(alert: dict[str, Any]):
    words = alert["annotations"]
    assert words.keys() == {"summary", "description", "runbook_url"}
    assert words["runbook_url"] == f"https://docs.example.com/julia/runbooks/{alert['alert']}.md"
    summary, description = (
        # What is between braces is computed before.
        re.sub(r"\{\{.*?\}\}", "", words[name])
        for name in ("summary", "description")
    )
    assert not re.search(r"[&<>]", summary + description), "characters of Slack's own"
    assert 10 < len(summary) <= 100
    assert 40 < len(description) <= 250
    assert description.endswith(".")


@each_alert
def test_an_alert_is_shown_to_fire_with_its_severity(alert: dict[str, Any]):
    severities = {
        expected["exp_labels"]["severity"]
        for check in _CHECKED
        if check["alertname"] == alert["alert"]
        for expected in check["exp_alerts"]
    }
    assert alert["labels"]["severity"] in severities


@pytest.mark.parametrize("name", sorted(set(NAMES) - {WATCHDOG}))
def test_an_alert_is_shown_to_stay_silent(name: str):
    assert any(check["alertname"] == name and not check["exp_alerts"] for check in _CHECKED)


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_has_a_runbook_that_says_what_to_do(name: str):
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    # A command to look with, at least.
    assert "```" in text.split("## Diagnosis")[1]


@pytest.mark.parametrize("name", ["JuliaQueueGrowing", "JuliaConsumerMissing"])
def test_a_runbook_of_queues_tells_the_impact_for_each_that_is_consumed(name: str):
    impact = (RUNBOOKS / f"{name}.md").read_text().split("## Impact")[1].split("## ")[0]
    assert set(re.findall(r"`([\w.]+)`:", impact)) >= {
        spec.name for spec in topology.QUEUES if spec.consumed
    }


def test_the_page_of_alerts_lists_each_with_its_severities():
    page = (ROOT / "docs" / "reference" / "alerts.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./runbooks/\1\.md\) \| ([^|]+) \|", page, re.MULTILINE)
    listed = [(name, severity) for name, said in rows for severity in said.split(", ")]
    assert sorted(listed) == sorted(
        {(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS}
    )


def test_there_is_no_runbook_of_an_alert_that_is_not():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == set(NAMES)


def test_every_link_of_a_runbook_leads_somewhere():
    broken = [
        f"{path.name}: {target}"
        for path in sorted(RUNBOOKS.glob("*.md"))
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", path.read_text())
        if not (RUNBOOKS / target).exists()
    ]
    assert broken == []


def test_rules_and_runbooks_ask_of_metrics_that_the_services_have():
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    known = set(_METRIC.findall(page))
    asked = {
        _HISTOGRAM.sub("", name)
        for text in [rule["expr"] for rule in _ALL]
        + [path.read_text() for path in RUNBOOKS.glob("*.md")]
        for name in _METRIC.findall(text)
    }
    # Tables, modules and records of runbooks are no metrics.
    other = {"julia_status", "julia_common"}
    assert asked - known - other == set()
