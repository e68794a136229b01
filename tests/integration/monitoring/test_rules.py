"""promtool takes the rules, and every case of them is as it says."""

import subprocess
from collections.abc import Collection
from pathlib import Path

import pytest
import yaml

from julia_common.messaging import topology
from julia_dev import paths

pytestmark = pytest.mark.integration

RULES = sorted((paths.ROOT / "charts/julia/files/monitoring/rules").glob("*.yaml"))
CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def _promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("promtool", *arguments),  # noqa: S607 - whichever it is
        capture_output=True,
        text=True,
        check=False,
    )


def test_promtool_takes_the_rules_and_finds_none_twice():
    done = _promtool("check", "rules", "--lint-fatal", *map(str, RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_ends_as_it_says(path: Path):
    done = _promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


# --- no queue of the topology is without an alert ------------------------------------------------

CONSUMED = [spec.name for spec in topology.QUEUES if spec.consumed]
WAITING = [
    topology.retry_queue(name, each) for name in CONSUMED for each in topology.RETRY_DELAYS_SECONDS
]
FOR_PEOPLE = [
    *(topology.dead_queue(name) for name in CONSUMED),
    *(spec.name for spec in topology.QUEUES if not spec.consumed),
]


@pytest.mark.parametrize(
    ("alert", "metric", "values", "finds", "each"),
    [
        ("JuliaQueueGrowing", "julia_fila_mensagens", "0+10x60", {*CONSUMED, *WAITING}, 400),
        ("JuliaDeadLetters", "julia_fila_mensagens", "0+10x60", set(FOR_PEOPLE), 400),
        ("JuliaConsumerMissing", "julia_fila_consumidores", "0x60", set(CONSUMED), 0),
    ],
)
def test_every_queue_there_is_has_its_alert(
    alert: str, metric: str, values: str, finds: Collection[str], each: int, tmp_path: Path
):
    shown = CONSUMED if metric.endswith("consumidores") else [*CONSUMED, *WAITING, *FOR_PEOPLE]
    case = {
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [
                    {"series": f'{metric}{{fila="{name}"}}', "values": values} for name in shown
                ],
                "promql_expr_test": [
                    {
                        "expr": _expr(alert),
                        "eval_time": "10m",
                        "exp_samples": [
                            {"labels": f'{{fila="{name}"}}', "value": each}
                            for name in sorted(finds)
                        ],
                    }
                ],
            }
        ],
    }
    written = tmp_path / "case.yaml"
    written.write_text(yaml.safe_dump(case))
    done = _promtool("test", "rules", str(written))
    assert done.returncode == 0, done.stdout + done.stderr


def _expr(alert: str) -> str:
    """Return the expression of an alert as it is shipped."""
    (found,) = [
        rule["expr"]
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if rule.get("alert") == alert
    ]
    return str(found)
