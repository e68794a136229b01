"""What operators see, with real Redis and RabbitMQ."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from julia_common.whatsapp.testing import INSTANCE

pytestmark = pytest.mark.integration


async def test_rate_and_circuits_are_read_from_redis(
    start_ingest: Callable[..., Any], sender_to: Callable[[str], httpx.AsyncClient], redis_url: str
) -> None:
    ingest = start_ingest(MAX_MSGS_POR_HORA="15", MAX_MSGS_POR_DIA="80")
    async with Redis.from_url(redis_url) as redis, sender_to(ingest.url) as client:
        for key, value in {
            "rate:global:hour": 9,
            "rate:global:day": 30,
            f"rate:{INSTANCE}:hour": 5,
            f"rate:{INSTANCE}:day": 20,
            "rate:julia:sul:hour": 4,
            "rate:julia:sul:day": 10,
        }.items():
            await redis.set(key, value, ex=3600)
        await redis.set("reset:rate:global:hour", 1, ex=1200)
        await redis.set("circuit:claude", json.dumps({"state": "open", "failures": 3}))
        await redis.set("circuit:broken", "{")

        rate = (await client.get("/health/rate")).json()
        assert rate["source"] == "redis"
        hour = rate["global"]["hour"]
        # Two numbers are sending: what all of them may send is twice what one may.
        assert (hour["used"], hour["limit"]) == (9, 30)
        assert 1100 < hour["reset"] <= 1200
        assert rate["global"]["day"]["reset"] is None  # of an older version that did not tell
        assert {
            name: {window: (facts["used"], facts["limit"]) for window, facts in windows.items()}
            for name, windows in rate["instances"].items()
        } == {
            INSTANCE: {"hour": (5, 15), "day": (20, 80)},
            "julia:sul": {"hour": (4, 15), "day": (10, 80)},
        }

        circuits = (await client.get("/health/circuit")).json()
        assert circuits["source"] == "redis"
        assert circuits["circuits"] == {
            "broken": {"state": "ilegivel"},
            "claude": {"state": "open", "failures": 3},
        }
        assert circuits["own"]["rabbitmq"]["state"] == "closed"

        await redis.delete("rate:global:hour")
        rate = (await client.get("/health/rate")).json()
        assert rate["global"]["hour"] == {"used": 0, "limit": 30, "reset": None}
        health = await client.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degradado")
        assert health.json()["dependencies"] == {
            "rabbitmq": {"status": "ok"},
            "redis": {"status": "ok"},
            "claude": {"status": "indisponivel"},
            "evolution": {"status": "desconhecido"},
            "supabase": {"status": "desconhecido"},
        }
        await redis.set("circuit:claude", json.dumps({"state": "closed", "failures": 0}))
        assert (await client.get("/health")).json()["status"] == "ok"


async def test_probes_and_health_follow_the_broker(
    start_ingest: Callable[..., Any],
    sender_to: Callable[[str], httpx.AsyncClient],
    link_to: Callable[..., Any],
    rabbitmq_url: str,
) -> None:
    at = httpx.URL(rabbitmq_url)
    async with link_to(at.host, at.port) as link:
        ingest = start_ingest(RABBITMQ_URL=str(at.copy_with(port=link.port)))
        async with sender_to(ingest.url) as client:
            assert (await client.get("/readyz")).status_code == 200
            assert (await client.get("/health")).status_code == 200
            await link.cut()
            async with asyncio.timeout(30):
                while (await client.get("/readyz")).status_code != 503:
                    await asyncio.sleep(0.1)
            health = await client.get("/health")
            assert (health.status_code, health.json()["status"]) == (503, "indisponivel")
            # Liveness never depends on a neighbour.
            assert (await client.get("/livez")).status_code == 200
            await link.open()
            async with asyncio.timeout(30):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.1)


async def test_a_restart_lets_the_neighbours_be_tried_but_not_a_banned_number(
    start_ingest: Callable[..., Any], sender_to: Callable[[str], httpx.AsyncClient], redis_url: str
) -> None:
    numbers = "circuit:evolution:julia-01"
    async with Redis.from_url(redis_url) as redis:
        now = (await redis.time())[0] * 1000
        since = 1_700_000_000
        opened = {"state": "open", "failures": 3, "id": "x", "at": since, "until": now + 600_000}
        for key in ("circuit:claude", "circuit:supabase", numbers):
            await redis.set(key, json.dumps(opened))

        async with sender_to(start_ingest().url) as client:
            circuits = (await client.get("/health/circuit")).json()["circuits"]

    assert list(circuits) == ["evolution:julia-01"]
    banned = circuits["evolution:julia-01"]
    assert banned["state"] == "open"
    assert 500 < banned["retry_in_seconds"] <= 600
    assert datetime.fromisoformat(banned["since"]).timestamp() == since
    next_try = datetime.fromisoformat(banned["next_try"]).timestamp()
    assert next_try == pytest.approx(now / 1000 + 600, abs=30)
