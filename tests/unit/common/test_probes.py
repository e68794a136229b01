"""Liveness is about ourselves, readiness about what we own."""

import asyncio
import time

import httpx
import pytest
from starlette.applications import Starlette

from julia_common import probes
from julia_common.errors import Misdeployed, Retryable
from julia_common.probes import Check, Probes


def client(probe: Probes) -> httpx.AsyncClient:
    app = Starlette(routes=probe.routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def passes() -> None:
    return None


async def fails() -> None:
    raise Retryable("RabbitMQ cannot be reached at 10.0.0.1")


async def is_set_up_wrongly() -> None:
    raise Misdeployed("schema api is not exposed; expose it")


@pytest.mark.parametrize(
    ("checks", "status", "body"),
    [
        ({}, 200, {"status": "ready", "checks": {}}),
        ({"broker": passes}, 200, {"status": "ready", "checks": {"broker": "ok"}}),
        (
            {"broker": fails, "db": passes},
            503,
            {"status": "not ready", "checks": {"broker": "Retryable", "db": "ok"}},
        ),
        (
            {"db": is_set_up_wrongly},
            503,
            {"status": "not ready", "checks": {"db": "schema api is not exposed; expose it"}},
        ),
    ],
)
async def test_readiness_names_what_is_missing(
    checks: dict[str, Check], status: int, body: dict[str, object]
) -> None:
    async with client(Probes(checks)) as http:
        answer = await http.get("/readyz")

    assert (answer.status_code, answer.json()) == (status, body)


async def test_a_check_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "CHECK_TIMEOUT_SECONDS", 0.01)
    async with client(Probes({"db": asyncio.Event().wait})) as http:
        answer = await http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"db": "timeout"}


async def test_a_draining_process_is_alive_and_not_ready() -> None:
    probe = Probes({"broker": passes})
    probe.drain()
    async with client(probe) as http:
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.get("/livez")).status_code == 200


async def test_a_blocked_event_loop_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probes({"broker": fails})
    async with client(probe) as http:
        assert (await http.get("/livez")).status_code == 200
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + probes.STUCK_AFTER_SECONDS)
        assert (await http.get("/livez")).status_code == 503


async def test_the_heartbeat_keeps_a_process_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "HEARTBEAT_SECONDS", 0.001)
    probe = Probes({})
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + probes.STUCK_AFTER_SECONDS)
    beating = asyncio.create_task(probe.beat())
    await asyncio.sleep(0.01)
    async with client(probe) as http:
        assert (await http.get("/livez")).status_code == 200
    beating.cancel()


async def test_metrics_are_served_as_text() -> None:
    async with client(Probes({})) as http:
        answer = await http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "python_info" in answer.text
