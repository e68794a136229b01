"""The HTTP edge, asked directly as an ASGI application."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.types import ASGIApp, Receive, Scope, Send

from julia_common.chatwoot import sign
from julia_common.contracts.messages import Message, PersonWrote
from julia_common.errors import Retryable
from julia_common.probes import Probes
from julia_common.serve import Service, application
from julia_common.testing import ManualClock, MetricsChange
from julia_common.whatsapp.testing import INSTANCE, record
from julia_ingest import body, chatwoot, http
from julia_ingest.adapters.redis_view import RedisView
from julia_ingest.body import Buffers
from julia_ingest.domain.chatwoot_credentials import ChatwootAuthenticator
from julia_ingest.domain.credentials import Authenticator
from julia_ingest.domain.slack import Signing
from julia_ingest.domain.strangers import Strangers
from julia_ingest.health import Health
from julia_ingest.http import Deps

SECRET = "the-webhook-secret"
CHATWOOT_SECRET = "the-chatwoot-secret"
SIGNED = {"x-webhook-secret": SECRET}
UPSERT = json.dumps(
    {"event": "messages.upsert", "instance": INSTANCE, "data": record({"conversation": "oi"})}
).encode()


class FakeOutlet:
    """A broker that takes all, is away, or never confirms."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.paths: list[str] = []
        self.away = False
        self.silent = False

    async def publish(self, message: Message, *, key: str) -> None:
        assert key
        if self.away:
            text = "the broker is away"
            raise Retryable(text)
        if self.silent:
            await asyncio.Event().wait()
        self.published.append(message)

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        assert body
        assert reason
        self.paths.append(path)


@pytest.fixture
def outlet() -> FakeOutlet:
    return FakeOutlet()


@pytest.fixture
def buffers() -> Buffers:
    return Buffers()


async def _fine() -> None:
    return


@pytest.fixture
async def client(outlet: FakeOutlet, buffers: Buffers) -> AsyncIterator[httpx.AsyncClient]:
    deps = Deps(
        authenticator=Authenticator([SecretStr(SECRET)], jwt_key=SecretStr("")),
        strangers=Strangers(per_second=0, burst=2),
        signing=Signing([]),
        outlet=outlet,
        buffers=buffers,
        clock=ManualClock(),
        health=Health(
            view=RedisView(Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))),
            check_broker=_fine,
            own_circuits=list,
            instances=[INSTANCE],
            ceilings={"hour": 15, "day": 80},
        ),
        chatwoot=ChatwootAuthenticator(SecretStr(CHATWOOT_SECRET)),
        chatwoot_inbox_id=1,
    )
    service = Service(routes=[*http.routes(), *chatwoot.routes()], state={"deps": deps})
    transport = httpx.ASGITransport(app=with_state(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://julia-api") as ready:
        yield ready


def with_state(service: Service) -> ASGIApp:
    """Hand the state to every request, as uvicorn does with what the lifespan yields."""
    app = application(service, Probes({}))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(service.state)}, receive, send)

    return serve


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    "path",
    [
        "/webhook/evolution",
        "/webhook/evolution/",
        "/webhook/evolution/messages-upsert",
        "/webhook/evolution/some/thing/else",
    ],
)
async def test_every_path_below_the_webhook_is_taken(
    client: httpx.AsyncClient, outlet: FakeOutlet, path: str
) -> None:
    answer = await client.post(path, content=UPSERT, headers=SIGNED)
    assert answer.status_code == 202
    assert len(outlet.published) == 1


async def test_a_flood_of_strangers_is_told_to_come_later_without_a_line_and_delays_no_webhook(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    change = MetricsChange()

    answers = [await client.post("/webhook/evolution", content=UPSERT) for _ in range(5)]
    trusted = await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)

    assert [each.status_code for each in answers] == [401, 401, 429, 429, 429]
    assert {each.headers.get("retry-after") for each in answers[2:]} == {"5"}
    assert change.of("julia_ingest_webhook_requests_total", status="429") == 3
    assert change.of("julia_trabalhos_total", etapa="webhook") == 1
    assert trusted.status_code == 202
    assert sum(each.getMessage() == "Webhook recebido" for each in caplog.records) == 3


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing"),
        ({"x-webhook-secret": "x"}, "wrong_secret"),
        # Of whoever rotates the secret: nothing is lost, and no alert is told.
        ({"x-webhook-secret": "x", "x-julia-probe": "1"}, "probe"),
    ],
)
async def test_stranger_is_refused_and_counted_before_the_body_is_read(
    client: httpx.AsyncClient, outlet: FakeOutlet, headers: dict[str, str], reason: str
) -> None:
    async def body_nobody_reads() -> AsyncIterator[bytes]:
        pytest.fail("the body of a stranger was read")
        yield b""

    refused = {"origem": "evolution", "reason": reason}
    before = counted("julia_ingest_unauthorized_total", **refused)
    answer = await client.post("/webhook/evolution", content=body_nobody_reads(), headers=headers)
    assert answer.status_code == 401
    assert outlet.published == []
    assert counted("julia_ingest_unauthorized_total", **refused) == before + 1


@pytest.mark.parametrize("origin", ["evolution", "chatwoot"])
@pytest.mark.parametrize("reason", ["missing", "wrong_secret", "wrong_token"])
def test_what_is_refused_is_counted_from_zero(origin: str, reason: str) -> None:
    """Of a series that begins at 1 the alert would not see the increase."""
    refused = {"origem": origin, "reason": reason}
    assert REGISTRY.get_sample_value("julia_ingest_unauthorized_total", refused) is not None


async def test_broker_that_is_away_is_a_503_with_retry_after(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    outlet.away = True
    answer = await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_broker_that_never_confirms_is_a_503_with_retry_after(
    client: httpx.AsyncClient, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PUBLISH_SECONDS", 0.01)
    outlet.silent = True
    answer = await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
async def test_compressed_body_is_refused_unread(client: httpx.AsyncClient, encoding: str) -> None:
    answer = await client.post(
        "/webhook/evolution", content=UPSERT, headers=SIGNED | {"content-encoding": encoding}
    )
    assert answer.status_code == 415


async def test_too_large_body_is_refused_by_its_declared_length(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/webhook/evolution",
        content=UPSERT,
        headers=SIGNED | {"content-length": str(body.MAX_BYTES + 1)},
    )
    assert answer.status_code == 413


async def test_body_without_a_length_is_counted_while_it_comes(
    client: httpx.AsyncClient, buffers: Buffers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MAX_BYTES", 1000)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100

    async with asyncio.timeout(10):
        answer = await client.post("/webhook/evolution", content=endless(), headers=SIGNED)
    assert answer.status_code == 413
    with buffers.share() as share:
        share.take(body.MAX_BUFFERED_BYTES)


async def test_body_that_does_not_arrive_is_a_408(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "READ_SECONDS", 0.01)

    async def stuck() -> AsyncIterator[bytes]:
        yield UPSERT[:10]
        await asyncio.Event().wait()

    answer = await client.post("/webhook/evolution", content=stuck(), headers=SIGNED)
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


async def test_large_bodies_at_once_are_told_to_come_later(
    client: httpx.AsyncClient, buffers: Buffers, outlet: FakeOutlet
) -> None:
    with buffers.share() as others:
        others.take(body.MAX_BUFFERED_BYTES - 10)
        answer = await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    answer = await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    assert answer.status_code == 202
    assert len(outlet.published) == 1


async def test_quarantine_is_told_which_webhook_it_was_and_not_what_the_caller_put_into_the_url(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    answer = await client.post("/webhook/evolution/5531987650192", content=b"{", headers=SIGNED)
    assert (answer.status_code, answer.json()["quarentena"]) == (202, 1)
    assert outlet.paths == ["/webhook/evolution"]


async def test_rate_says_so_when_redis_is_away(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/health/rate")).json()
    assert answer["source"] == "indisponivel"
    nothing = {
        "hour": {"used": None, "limit": 15, "reset": None},
        "day": {"used": None, "limit": 80, "reset": None},
    }
    assert (answer["global"], answer["instances"]) == (nothing, {INSTANCE: nothing})


async def test_health_without_redis_is_degraded_but_still_accepts(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degradado",
        "dependencies": {
            "rabbitmq": {"status": "ok"},
            "redis": {"status": "indisponivel"},
            "supabase": {"status": "desconhecido"},
            "evolution": {"status": "desconhecido"},
            "claude": {"status": "desconhecido"},
        },
    }


async def test_webhooks_count_as_work_and_what_is_our_fault_as_errors(
    client: httpx.AsyncClient, outlet: FakeOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = MetricsChange()
    await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    await client.post("/webhook/evolution", content=b"{", headers=SIGNED)
    outlet.away = True
    await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    monkeypatch.setattr(http, "read_body", None)  # a defect
    with pytest.raises(TypeError):
        await client.post("/webhook/evolution", content=UPSERT, headers=SIGNED)
    await client.post("/webhook/evolution", content=UPSERT)  # nobody we know

    assert change.of("julia_trabalhos_total", etapa="webhook") == 4
    errors = {
        kind: change.of("julia_erros_total", etapa="webhook", tipo=kind)
        for kind in ("ilegivel", "indisponivel", "interno")
    }
    assert errors == {"ilegivel": 1, "indisponivel": 1, "interno": 1}
    assert change.of("julia_ingest_webhook_requests_total", status="500") == 1


PERSON = json.dumps(
    {
        "event": "message_created",
        "id": 91,
        "content": "Oi, aqui é a Bia",
        "content_attributes": {},
        "message_type": "outgoing",
        "private": False,
        "sender": {"id": 2, "name": "Bia", "type": "user"},
        "conversation": {"id": 17, "inbox_id": 1},
    }
).encode()


async def test_a_persons_words_are_published_under_their_delivery(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    at = str(int(ManualClock().now().timestamp()))
    signed = {
        "x-chatwoot-timestamp": at,
        "x-chatwoot-signature": sign(PERSON, at, CHATWOOT_SECRET),
        "x-chatwoot-delivery": "d-1",
    }

    answer = await client.post("/webhook/chatwoot", content=PERSON, headers=signed)

    assert answer.status_code == 202
    (message,) = outlet.published
    assert isinstance(message, PersonWrote)
    assert (message.delivery, message.text) == ("d-1", "Oi, aqui é a Bia")


async def test_chatwoots_webhook_needs_chatwoots_secret(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    presented: tuple[tuple[str, dict[str, str]], ...] = (
        ("", SIGNED),
        ("?token=other", {}),
        ("?token=third", {}),
    )
    answers = [
        await client.post(f"/webhook/chatwoot{query}", content=PERSON, headers=headers)
        for query, headers in presented
    ]

    # As at Evolution's webhook: of a flood most are told to come later.
    assert [each.status_code for each in answers] == [401, 401, 429]
    assert outlet.published == []


async def test_chatwoot_is_told_to_come_again_while_the_broker_is_away(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    outlet.away = True

    answer = await client.post(f"/webhook/chatwoot?token={CHATWOOT_SECRET}", content=PERSON)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_what_chatwoot_says_unreadably_is_quarantined(
    client: httpx.AsyncClient, outlet: FakeOutlet
) -> None:
    answer = await client.post(f"/webhook/chatwoot?token={CHATWOOT_SECRET}", content=b"{")

    assert answer.status_code == 202
    assert outlet.paths == ["/webhook/chatwoot"]
