"""What the run changes of what the chart ships: how often, and nothing else."""

from pathlib import Path

import pytest
import yaml

from julia_dev.alerting import shipped
from julia_dev.alerting.slack import Wording

pytestmark = pytest.mark.unit

MONITORING = Path(__file__).parents[3] / "charts" / "julia" / "files" / "monitoring"
WEBHOOKS = {"aviso": Path("/a"), "urgente": Path("/u")}


@pytest.mark.parametrize("name", [path.name for path in (MONITORING / "rules").glob("*")])
def test_of_the_rules_only_how_often_they_are_looked_at_is_changed(name: str):
    ours = yaml.safe_load(shipped.rule_files(5)[name])
    theirs = yaml.safe_load((MONITORING / "rules" / name).read_text())
    for our, their in zip(ours["groups"], theirs["groups"], strict=True):
        assert our.pop("interval") == shipped.shorter(their.pop("interval"), 5)
    assert ours == theirs


def test_of_the_way_to_slack_only_gathering_and_places_are_changed():
    ours = yaml.safe_load(shipped.alertmanager(5, WEBHOOKS))
    theirs = yaml.safe_load((MONITORING / "alertmanager.yaml").read_text())
    assert ours["inhibit_rules"] == theirs["inhibit_rules"]
    assert ours["route"]["group_by"] == theirs["route"]["group_by"]
    assert ours["route"]["repeat_interval"] == theirs["route"]["repeat_interval"]
    assert ours["route"]["group_wait"] == shipped.shorter(theirs["route"]["group_wait"], 5)
    for our, their in zip(ours["receivers"], theirs["receivers"], strict=True):
        for slack, as_shipped in zip(
            our.get("slack_configs", ()), their.get("slack_configs", ()), strict=True
        ):
            webhook = WEBHOOKS[Path(as_shipped["api_url_file"]).name]
            assert slack == as_shipped | {"api_url_file": str(webhook)}


def test_shortened_by_one_nothing_is_changed_but_the_places():
    ours = yaml.safe_load(shipped.alertmanager(1, WEBHOOKS))
    theirs = yaml.safe_load((MONITORING / "alertmanager.yaml").read_text())
    for name in ("group_wait", "group_interval"):
        assert shipped.shorter(ours["route"][name], 1) == shipped.shorter(theirs["route"][name], 1)


@pytest.mark.parametrize(
    ("duration", "shortened"), [("15s", "3000ms"), ("1m", "12000ms"), ("500ms", "100ms")]
)
def test_a_fifth_of_a_duration(duration: str, shortened: str):
    assert shipped.shorter(duration, 5) == shortened


def test_what_is_no_duration_is_named():
    with pytest.raises(ValueError, match="'often'"):
        shipped.shorter("often", 5)


def test_an_alert_is_known_by_its_summary_and_its_labels():
    wording = Wording.of("JuliaCircuitOpen", {"circuit": "claude"})
    fires = "*O circuito claude está aberto*\nAs últimas chamadas falharam."
    ends = ":white_check_mark: O circuito claude está aberto: resolvido às 12:00."
    assert wording.fires.search(fires)
    assert not wording.ends.search(fires)
    assert wording.ends.search(ends)
    assert not wording.fires.search(ends)
    assert not wording.fires.search(fires.replace("claude", "evolution"))


def test_an_alert_that_is_alone_is_known_by_the_title():
    wording = Wording.of("JuliaCircuitOpen", {"circuit": "claude"})
    alone = ":rotating_light: URGENTE: O circuito claude está aberto"
    over = ":white_check_mark: Resolvido: O circuito claude está aberto"
    assert wording.fires.search(f"\n{alone}\nAs últimas chamadas falharam.")
    assert not wording.fires.search(over)


def test_an_alert_is_known_whatever_its_value_is():
    wording = Wording.of("JuliaErrorRateHigh", {"etapa": "envio"})
    assert wording.fires.search("*12.5% de erros na etapa envio*")
    assert not wording.fires.search("*12.5% de erros na etapa turno*")
