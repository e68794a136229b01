"""Webhooks to a running ingest, read back from the real broker's queues."""

import asyncio
import contextlib
import gzip
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import jwt
import pytest
from aio_pika.abc import AbstractIncomingMessage
from pydantic import SecretStr

from julia_common.messaging.quarantine import unseal
from julia_common.whatsapp.testing import INSTANCE, KEY_ID, LID_JID, PHONE_JID, record

pytestmark = pytest.mark.integration

type Upsert = Callable[..., bytes]

PATH = "/webhook/evolution"


class Broker(Protocol):
    async def drain(self, queue: str) -> list[AbstractIncomingMessage]: ...


class Ingest(Protocol):
    url: str
    port: int
    log: str


def event(name: str, data: object) -> bytes:
    return json.dumps({"event": name, "instance": INSTANCE, "data": data}).encode()


@asynccontextmanager
async def rising(client: httpx.AsyncClient, line_start: str, by: float) -> AsyncIterator[None]:
    """Assert that the metric rises by `by` inside the block."""
    before = await metric(client, line_start)
    yield
    assert await metric(client, line_start) - before == by


async def metric(client: httpx.AsyncClient, line_start: str) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(line_start))


async def test_doctors_message_reaches_the_brains_queue(
    client: httpx.AsyncClient, broker: Broker, upsert: Upsert
) -> None:
    async with rising(client, 'julia_mensagens_recebidas_total{tipo="texto"}', by=1):
        answer = await client.post(PATH, content=upsert(KEY_ID, "Oi, tem plantão?"))
    assert answer.status_code == 202
    (message,) = await broker.drain("brain.inbound")
    body = json.loads(message.body)
    assert message.routing_key == "whatsapp.message.received.v1"
    assert (body["key_id"], body["content"]["text"]) == (KEY_ID, "Oi, tem plantão?")
    assert message.delivery_mode == 2
    headers = {name: str(value) for name, value in message.headers.items()}
    assert headers["cloudEvents_type"] == "whatsapp.message.received.v1"
    assert re.fullmatch("[0-9a-f]{32}", headers["cloudEvents_partitionkey"])
    assert headers["traceparent"]


async def test_events_about_our_own_messages_travel_apart_from_the_doctors(
    client: httpx.AsyncClient, broker: Broker
) -> None:
    ours = record({"conversation": "Temos sim"}, key={"fromMe": True, "remoteJid": LID_JID})
    for name, data in [
        ("send.message", ours),
        ("messages.update", {"keyId": KEY_ID, "fromMe": True, "status": "READ"}),
        ("connection.update", {"instance": INSTANCE, "state": "open", "statusReason": 200}),
    ]:
        assert (await client.post(PATH, content=event(name, data))).status_code == 202
    assert [message.routing_key for message in await broker.drain("brain.control")] == [
        "whatsapp.message.sent.v1",
        "whatsapp.message.acked.v1",
        "whatsapp.connection.changed.v1",
    ]
    assert await broker.drain("brain.inbound") == []


async def test_webhook_delivered_ten_times_at_once_keeps_one_identity(
    client: httpx.AsyncClient, broker: Broker, upsert: Upsert
) -> None:
    async with asyncio.TaskGroup() as group:
        answers = [group.create_task(client.post(PATH, content=upsert(KEY_ID))) for _ in range(10)]
    assert {answer.result().status_code for answer in answers} == {202}
    messages = await broker.drain("brain.inbound")
    assert len(messages) == 10
    assert len({str(message.headers["cloudEvents_id"]) for message in messages}) == 1


def body_with(data: object) -> bytes:
    """Write JSON with lone surrogates and NULs as escapes, as JSON.stringify does."""
    return json.dumps(
        {"event": "messages.upsert", "instance": INSTANCE, "data": data, "apikey": "APIKEY"}
    ).encode()


UNREADABLE = {
    "no JSON": b'{"event": "messages.upsert", "apikey": "APIKEY", ',
    "empty": b"",
    "no UTF-8": b'{"apikey": "APIKEY", "a": "\xff"}',
    "raw NUL": b'{"apikey": "APIKEY", "a": "\x00"}',
    "a list": b"[]",
    "a number": b"7",
    "no instance": b'{"event": "messages.upsert", "data": {}, "apikey": "APIKEY"}',
    "unknown event": b'{"event": "a.b", "instance": "i", "data": {}, "apikey": "APIKEY"}',
    "missing key.id": body_with(record({"conversation": "x"}, key={"id": None})),
    "wrong types": body_with(record({"conversation": {"a": 1}}, key={"fromMe": "no"})),
    "data is text": body_with("oi"),
    "data is null": body_with(None),
    "5000 objects deep": b'{"apikey": "APIKEY", "data": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    "5000 lists deep": b'{"apikey": "APIKEY", "data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "nobody's address": body_with(record({"conversation": "x"}, key={"remoteJid": "x@y"})),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_unreadable_body_is_sealed_into_the_quarantine_without_its_apikey(
    client: httpx.AsyncClient, broker: Broker, quarantine_key: str, body: bytes
) -> None:
    async with rising(client, "julia_ingest_quarantined_total", by=1):
        answer = await client.post(PATH, content=body)
    assert (answer.status_code, answer.json()["quarentena"]) == (202, 1)
    (kept,) = await broker.drain("ingest.quarantine")
    assert b"conversation" not in kept.body
    assert b"APIKEY" not in unseal(kept.body, SecretStr(quarantine_key))
    assert await broker.drain("brain.inbound") == []


async def test_nul_and_lone_surrogates_are_repaired_and_delivered(
    client: httpx.AsyncClient, broker: Broker
) -> None:
    data = record({"conversation": "a\x00b \ud83d"}, pushName="\udc00")
    async with rising(client, "julia_ingest_repaired_strings_total", by=2):
        answer = await client.post(PATH, content=body_with(data))
    assert (answer.status_code, answer.json()["publicadas"]) == (202, 1)
    (message,) = await broker.drain("brain.inbound")
    assert json.loads(message.body)["content"]["text"] == "ab \ufffd"


CONTENTS = {
    "emoji only": ({"conversation": "👍"}, "texto"),
    "empty": ({"conversation": ""}, "texto"),
    "sticker": ({"stickerMessage": {"mimetype": "image/webp"}}, "figurinha"),
    "audio": ({"audioMessage": {"seconds": 2, "ptt": True}}, "audio"),
    "reaction": ({"reactionMessage": {"key": {"id": "X"}, "text": "❤️"}}, "reacao"),
    "poll": ({"pollCreationMessage": {"name": "?", "options": []}}, "enquete"),
}


@pytest.mark.parametrize(("message", "kind"), CONTENTS.values(), ids=CONTENTS.keys())
async def test_every_kind_of_content_arrives(
    client: httpx.AsyncClient, broker: Broker, message: object, kind: str
) -> None:
    answer = await client.post(PATH, content=event("messages.upsert", record(message)))
    assert answer.status_code == 202
    (arrived,) = await broker.drain("brain.inbound")
    assert json.loads(arrived.body)["content"]["kind"] == kind


async def test_edit_and_deletion_arrive(client: httpx.AsyncClient, broker: Broker) -> None:
    key = {"id": KEY_ID, "remoteJid": PHONE_JID, "fromMe": True}
    edit = {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "domingo"}}
    deletion = {"remoteJid": PHONE_JID, "id": KEY_ID, "fromMe": False, "status": "DELETED"}
    assert (await client.post(PATH, content=event("messages.edited", edit))).status_code == 202
    assert (await client.post(PATH, content=event("messages.delete", deletion))).status_code == 202
    changes = [json.loads(message.body) for message in await broker.drain("brain.inbound")]
    assert [(change["change"], change["text"]) for change in changes] == [
        ("edit", "domingo"),
        ("revoke", None),
    ]


@pytest.mark.parametrize(
    ("jid", "reason"),
    [
        ("120363041234567890@g.us", "group"),
        ("status@broadcast", "status"),
        ("1680000000@broadcast", "broadcast"),
        ("120363143634035041@newsletter", "newsletter"),
    ],
)
async def test_chats_that_are_no_person_are_counted_and_ignored(
    client: httpx.AsyncClient, broker: Broker, jid: str, reason: str
) -> None:
    data = record({"conversation": "oi"}, key={"remoteJid": jid, "participant": PHONE_JID})
    async with (
        rising(client, f'julia_ingest_ignored_total{{reason="{reason}"}}', by=1),
        rising(client, "julia_mensagens_recebidas_total", by=0),
    ):
        answer = await client.post(PATH, content=event("messages.upsert", data))
    assert (answer.status_code, answer.json()["ignoradas"]) == (202, 1)
    assert await broker.drain("brain.inbound") == []


def bearer(key: str, age: timedelta) -> str:
    issued = datetime.now(UTC) - age
    claims = {
        "iat": int(issued.timestamp()),
        "exp": int((issued + timedelta(minutes=10)).timestamp()),
        "app": "evolution",
        "action": "webhook",
    }
    return f"Bearer {jwt.encode(claims, key, 'HS256')}"


async def test_forged_expired_and_rotated_credentials(
    ingest: Ingest, upsert: Upsert, secrets: dict[str, str]
) -> None:
    forged_key = "a-key-that-was-made-up-for-this-one-test"
    good = [
        {"x-webhook-secret": secrets["current"]},
        {"x-webhook-secret": secrets["previous"]},
        {"authorization": bearer(secrets["jwt"], timedelta())},
        {"authorization": bearer(secrets["jwt"], timedelta(minutes=35))},
    ]
    bad = [
        {},
        {"x-webhook-secret": secrets["current"][:-1]},
        {"x-webhook-secret": ""},
        {"authorization": bearer(forged_key, timedelta())},
        {"authorization": bearer(secrets["jwt"], timedelta(minutes=45))},
    ]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=ingest.url, trust_env=False, timeout=30)
        )
        for reason, times in {"missing": 1, "wrong_secret": 2, "wrong_token": 2}.items():
            line = f'julia_ingest_unauthorized_total{{origem="evolution",reason="{reason}"}}'
            await stack.enter_async_context(rising(client, line, by=times))
        for headers in good:
            answer = await client.post(PATH, content=upsert(KEY_ID), headers=headers)
            assert answer.status_code == 202, headers.keys()
        for headers in bad:
            answer = await client.post(PATH, content=upsert(KEY_ID), headers=headers)
            assert answer.status_code == 401, headers.keys()


async def test_oversized_compressed_and_endless_bodies_harm_nobody_else(
    client: httpx.AsyncClient,
    ingest: Ingest,
    broker: Broker,
    upsert: Upsert,
    secrets: dict[str, str],
) -> None:
    # A sender that never ends its headers, and one that never ends its body.
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: julia-api\r\nx-webhook-secret: {secrets['current']}\r\n"
    ).encode()
    headers_reader, headers_only = await asyncio.open_connection("127.0.0.1", ingest.port)
    headers_only.write(head)
    body_reader, body_only = await asyncio.open_connection("127.0.0.1", ingest.port)
    body_only.write(head + b"content-length: 1000\r\n\r\n{")

    large = await client.post(PATH, content=b" " * 20_000_000)
    bomb = await client.post(
        PATH,
        content=gzip.compress(b" " * 20_000_000),
        headers={"content-encoding": "gzip"},
    )
    fine = await client.post(PATH, content=upsert(KEY_ID))
    assert (large.status_code, bomb.status_code, fine.status_code) == (413, 415, 202)

    async with asyncio.timeout(60):
        status_line = await body_reader.readline()
        assert b" 408 " in status_line
        await body_reader.read()
        with contextlib.suppress(ConnectionResetError):
            assert await headers_reader.read() == b""
    headers_only.close()
    body_only.close()
    assert len(await broker.drain("brain.inbound")) == 1


CANARIES = {
    "phone": "5511912345678",
    "formatted phone": "+55 11 91234-5678",
    "name": "Zuleika Canarinho",
    "text": "segredo-canario-do-texto",
    "apikey": "APIKEY-canary-4711",
    "secret": "the-webhook-secret-of-the-tests",
}


def canary_bodies() -> list[bytes]:
    jid = f"{CANARIES['phone']}@s.whatsapp.net"
    text = f"{CANARIES['text']} {CANARIES['formatted phone']}"
    messages: list[dict[str, Any]] = [
        {"conversation": text},
        {"imageMessage": {"caption": text}},
        {"contactMessage": {"displayName": CANARIES["name"], "vcard": f"TEL:{text}"}},
        {"conversation": {"wrong": text}},
        {"protocolMessage": {"type": text, "key": {"remoteJid": jid}}},
        {
            "protocolMessage": {
                "type": 14,
                "key": {"id": "E", "remoteJid": jid},
                "editedMessage": {"conversation": text},
            }
        },
    ]
    records = [
        record(message, key={"remoteJid": jid, "fromMe": from_me}, pushName=CANARIES["name"])
        for message in messages
        for from_me in (False, True)
    ]
    envelopes: list[dict[str, Any]] = [
        *({"event": "messages.upsert", "data": data} for data in records),
        {"event": "messages.upsert", "data": records},
        {"event": "send.message", "data": records[0]},
        {"event": "messages.update", "data": {"keyId": "A", "remoteJid": jid, "status": text}},
        {"event": "connection.update", "data": {"state": text, "wuid": jid}},
        {"event": "contacts.upsert", "data": [{"remoteJid": jid, "pushName": CANARIES["name"]}]},
        {"event": text, "data": records[0]},
    ]
    common = {"instance": INSTANCE, "sender": jid, "apikey": CANARIES["apikey"]}
    bodies = [json.dumps(envelope | common).encode() for envelope in envelopes]
    return [*bodies, bodies[0][:-1], bodies[0].replace(b'"Oi"', b"\xff")]


async def test_canaries_appear_in_no_log_no_metric_no_answer_and_no_dead_letter(
    client: httpx.AsyncClient, ingest: Ingest, broker: Broker
) -> None:
    answers = [await client.post(PATH, content=body) for body in canary_bodies()]
    answers += [
        await client.post(f"{PATH}/{CANARIES['text']}", content=canary_bodies()[0]),
        await client.post(PATH, content=b"x", headers={"content-encoding": CANARIES["text"]}),
        await client.post(PATH, content=b"x", headers={"x-webhook-secret": CANARIES["phone"]}),
    ]
    assert {answer.status_code for answer in answers} == {202, 401, 415}
    metrics = await client.get("/metrics")
    health = [await client.get(path) for path in ("/health", "/health/rate", "/health/circuit")]
    kept = await broker.drain("ingest.quarantine")
    arrived = await broker.drain("brain.inbound") + await broker.drain("brain.control")
    assert kept
    assert any(CANARIES["text"].encode() in message.body for message in arrived)
    places = {
        "log": ingest.log,
        "metrics": metrics.text,
        "answers": "".join(answer.text + str(answer.headers) for answer in [*answers, *health]),
        "quarantine": "".join(f"{message.body!r}" for message in kept),
        "headers on the broker": "".join(str(message.headers) for message in arrived),
    }
    assert places["log"].count("\n") > len(answers)
    found = [
        (place, name)
        for place, written in places.items()
        for name, canary in CANARIES.items()
        if canary in written
    ]
    assert found == []
