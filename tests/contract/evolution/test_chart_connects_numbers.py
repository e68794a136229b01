"""What the chart's Job does after an install: numbers exist, and their webhooks reach ingest."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.contract.evolution.conftest import API_KEY, INSTANCE, Simulator

from julia_dev import paths
from julia_simulators.evolution.testing import serving

_SCRIPT = paths.ROOT / "charts" / "julia" / "files" / "evolution-connect.py"
SECRET = "segredo"
_PATH = "/webhook/evolution"


class Ingest:
    """Takes the secret as soon as it was refused so often."""

    def __init__(self) -> None:
        self.behind = 0
        self.answers: Counter[int] = Counter()

    async def webhook(self, request: Request) -> Response:
        knows = request.headers["x-webhook-secret"] == SECRET and self.answers[401] >= self.behind
        status = 202 if knows else 401
        self.answers[status] += 1
        return Response(status_code=status)


@pytest.fixture
def ingest() -> Ingest:
    return Ingest()


@pytest.fixture
def webhook(ingest: Ingest) -> Iterator[str]:
    """The URL of ingest."""
    app = Starlette(routes=[Route(_PATH, ingest.webhook, methods=["POST"])])
    with serving(app) as url:
        yield url + _PATH


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Job's program in this process, with its settings but for where Evolution is."""
    monkeypatch.setenv("EVOLUTION_API_KEY", API_KEY)
    monkeypatch.setenv("WEBHOOK_URL", "http://ingest.invalid/webhook/evolution")
    monkeypatch.setenv("EVOLUTION_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    spec = spec_from_file_location("evolution_connect", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def connect(sim: Simulator, webhook: str, *instances: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "EVOLUTION_API_URL": str(sim.http.base_url).rstrip("/"),
        "EVOLUTION_API_KEY": API_KEY,
        "EVOLUTION_INSTANCE": ", ".join(instances),
        "WEBHOOK_URL": webhook,
        "EVOLUTION_WEBHOOK_SECRET": SECRET,
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


def test_a_number_that_is_there_gets_its_webhook_and_another_is_made(
    sim: Simulator, webhook: str
) -> None:
    connected = connect(sim, webhook, INSTANCE, "julia-nova")

    assert connected.returncode == 0, connected.stderr
    for instance in (INSTANCE, "julia-nova"):
        answer = sim.http.get(f"/webhook/find/{instance}", headers={"apikey": API_KEY})
        found = answer.json()
        assert found["url"] == webhook
        assert found["enabled"]
        assert found["headers"] == {"x-webhook-secret": SECRET}
    assert sim.get("instance/connectionState").json()["instance"]["state"] == "open"
    assert SECRET not in connected.stdout + connected.stderr


def test_evolution_is_told_of_a_new_secret_when_ingest_has_it(
    sim: Simulator, ingest: Ingest, webhook: str
) -> None:
    ingest.behind = 1

    assert connect(sim, webhook, INSTANCE).returncode == 0
    assert ingest.answers == {401: 1, 202: 30}


@pytest.mark.parametrize("status", [401, 403])
def test_an_evolution_that_is_about_to_have_the_new_key_is_waited_for(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.url.path)
        if len(asked) == 1:
            return Response(status_code=status)
        return JSONResponse({})

    with serving(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as url:
        monkeypatch.setenv("EVOLUTION_API_URL", url)
        script.connect(INSTANCE)

    assert asked[0] == asked[1]
    assert asked[-1] == f"/webhook/set/{INSTANCE}"


def test_a_wrong_key_is_told_with_the_way_out(
    sim: Simulator, script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "TIMEOUT_SECONDS", 0)
    monkeypatch.setenv("EVOLUTION_API_URL", str(sim.http.base_url).rstrip("/"))
    monkeypatch.setenv("EVOLUTION_API_KEY", "outra")

    with pytest.raises(SystemExit) as refused:
        script.connect(INSTANCE)

    said = str(refused.value)
    assert "EVOLUTION_API_KEY" in said
    assert "401" in said
    assert "kubectl rollout restart deployment/127.0.0.1" in said
    assert "outra" not in said
