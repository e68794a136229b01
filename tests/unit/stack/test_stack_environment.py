"""What services, simulators and compose are told."""

import json
import re
from pathlib import Path

import jwt

from julia_dev import compose, paths
from julia_dev.stack.config import StackConfig
from julia_dev.stack.secrets import Secrets
from julia_dev.stack.stack import Stack


def _environment(folder: Path, **environ: str) -> dict[str, str]:
    made_up = StackConfig.of_make_up(environ)
    return Stack(StackConfig(folder=folder, ports=made_up.ports, env=made_up.env)).environment()


def test_without_a_key_the_simulator_answers_and_its_made_up_key_goes_nowhere_else(
    tmp_path: Path,
) -> None:
    environment = _environment(tmp_path, ANTHROPIC_BASE_URL="https://gateway.example")

    assert environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:18010"
    assert environment["ANTHROPIC_API_KEY"].startswith("sk-ant-local-")


def test_with_a_key_claude_answers(tmp_path: Path) -> None:
    environment = _environment(tmp_path, ANTHROPIC_API_KEY="sk-ant-real")

    assert environment["ANTHROPIC_API_KEY"] == "sk-ant-real"
    assert "ANTHROPIC_BASE_URL" not in environment


def test_development_ceilings_hold_until_the_environment_says_otherwise(tmp_path: Path) -> None:
    assert _environment(tmp_path)["MAX_MSGS_POR_HORA"] == "600"
    assert _environment(tmp_path, MAX_MSGS_POR_HORA="15")["MAX_MSGS_POR_HORA"] == "15"


def test_secrets_are_kept_for_the_next_start_and_readable_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    made = Secrets.load(path)

    assert Secrets.load(path) == made
    assert path.stat().st_mode & 0o077 == 0
    claims = jwt.decode(made.service_key, made.jwt_secret, algorithms=["HS256"])
    assert claims["role"] == "service_role"


def test_a_new_secret_is_added_to_those_that_servers_know_already(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = Secrets.load(path)
    kept = json.loads(path.read_text())
    del kept["documents_key"]
    path.write_text(json.dumps(kept))

    again = Secrets.load(path)

    assert again.postgres_password == made.postgres_password
    assert again.documents_key
    assert Secrets.load(path) == again


def test_audio_goes_to_the_simulator_unless_a_service_is_named(tmp_path: Path) -> None:
    assert _environment(tmp_path)["TRANSCRIPTION_URL"] == "http://127.0.0.1:18011"
    named = _environment(tmp_path, TRANSCRIPTION_URL="https://ouve.example")
    assert named["TRANSCRIPTION_URL"] == "https://ouve.example"
    assert "TRANSCRIPTION_API_KEY" not in named


def test_managers_are_told_on_the_simulators_page_unless_a_webhook_is_named(tmp_path: Path) -> None:
    assert _environment(tmp_path)["SLACK_WEBHOOK_URL"].startswith(
        "http://127.0.0.1:18012/services/"
    )
    named = "https://hooks.slack.example/services/T/B/x"
    assert _environment(tmp_path, SLACK_WEBHOOK_URL=named)["SLACK_WEBHOOK_URL"] == named


def test_people_take_over_on_the_simulators_page_unless_a_chatwoot_is_named(
    tmp_path: Path,
) -> None:
    simulated = _environment(tmp_path)
    assert simulated["CHATWOOT_URL"] == "http://127.0.0.1:18013"
    assert simulated["CHATWOOT_WEBHOOK_SECRET"]
    named = _environment(tmp_path, CHATWOOT_URL="https://chat.example", CHATWOOT_API_TOKEN="t")
    assert named["CHATWOOT_URL"] == "https://chat.example"
    assert "CHATWOOT_WEBHOOK_SECRET" not in named


def test_compose_gets_every_variable_that_it_insists_on() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", (paths.ROOT / "compose.local.yaml").read_text()))

    assert wanted
    assert wanted <= compose.variables(Secrets.generate(), None).keys()


def test_the_simulators_dollars_are_not_counted_and_claudes_are(tmp_path: Path) -> None:
    assert _environment(tmp_path)["BUDGET_DAY_USD"] == "0"
    assert "BUDGET_DAY_USD" not in _environment(tmp_path, ANTHROPIC_API_KEY="sk-ant-real")
    assert compose.variables(Secrets.generate(), None)["BUDGET_DAY_USD"] == "0"
    assert "BUDGET_DAY_USD" not in compose.variables(Secrets.generate(), "sk-ant-real")
    local = (paths.ROOT / "compose.local.yaml").read_text()
    assert "BUDGET_DAY_USD: ${BUDGET_DAY_USD:-1.60}" in local
