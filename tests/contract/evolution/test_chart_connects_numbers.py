"""What the chart's Job does after an install: numbers exist, and their webhooks reach ingest."""

import subprocess
import sys

from tests.contract.evolution.conftest import API_KEY, INSTANCE, Simulator

from julia_dev import paths

_SCRIPT = paths.ROOT / "charts" / "julia" / "files" / "evolution-connect.py"
WEBHOOK = "http://julia-api:8000/webhook/evolution"


def connect(
    sim: Simulator, *instances: str, key: str = API_KEY
) -> "subprocess.CompletedProcess[str]":
    environment = {
        "EVOLUTION_API_URL": str(sim.http.base_url).rstrip("/"),
        "EVOLUTION_API_KEY": key,
        "EVOLUTION_INSTANCE": ", ".join(instances),
        "WEBHOOK_URL": WEBHOOK,
        "EVOLUTION_WEBHOOK_SECRET": "segredo",
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [sys.executable, str(_SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_number_that_is_there_gets_its_webhook_and_another_is_made(sim: Simulator) -> None:
    connected = connect(sim, INSTANCE, "julia-nova")

    assert connected.returncode == 0, connected.stderr
    for instance in (INSTANCE, "julia-nova"):
        answer = sim.http.get(f"/webhook/find/{instance}", headers={"apikey": API_KEY})
        webhook = answer.json()
        assert webhook["url"] == WEBHOOK
        assert webhook["enabled"]
        assert webhook["headers"] == {"x-webhook-secret": "segredo"}
    assert sim.get("instance/connectionState").json()["instance"]["state"] == "open"
    assert "segredo" not in connected.stdout + connected.stderr


def test_a_wrong_key_is_told(sim: Simulator) -> None:
    refused = connect(sim, INSTANCE, key="outra")

    assert refused.returncode == 1
    assert INSTANCE in refused.stderr
    assert "401" in refused.stderr
