"""How Evolution is asked, and what its failures become."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from julia_common.errors import Permanent, Retryable
from julia_common.evolution import EvolutionClient, NotSent, Sent, Uncertain

GTE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LTE = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> EvolutionClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://evolution")
    return EvolutionClient(http, timeout_seconds=1)


def raising(error: Exception) -> EvolutionClient:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return client(answer)


async def test_a_text_is_posted_without_delay_and_once() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"key": {"id": "3EB0", "remoteJid": "x@lid"}})

    outcome = await client(answer).send_text("julia prod/1", "5511999998888", "Oi")

    assert outcome == Sent("3EB0", "x@lid")
    (request,) = asked
    assert request.url.raw_path == b"/message/sendText/julia%20prod%2F1"
    assert json.loads(request.content) == {"number": "5511999998888", "text": "Oi"}


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("x")]
)
async def test_without_a_connection_nothing_was_sent(error: Exception) -> None:
    outcome = await raising(error).send_text("julia", "5511999998888", "Oi")

    assert isinstance(outcome, NotSent)
    assert not outcome.permanent


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("disconnected"),
    ],
)
async def test_after_a_connection_any_failure_is_uncertain(error: Exception) -> None:
    outcome = await raising(error).send_text("julia", "5511999998888", "Oi")

    assert isinstance(outcome, Uncertain)
    assert "5511999998888" not in outcome.reason


async def test_an_answer_that_is_no_json_is_uncertain() -> None:
    outcome = await client(lambda _: httpx.Response(201, text="<html>")).send_text("j", "1", "Oi")

    assert isinstance(outcome, Uncertain)


def record(number: int, *, from_me: bool = False) -> dict[str, object]:
    return {
        "key": {"id": f"K{number}", "remoteJid": "x@lid", "fromMe": from_me},
        "messageTimestamp": 1772452800 + number,
        "message": {"conversation": f"text {number}"},
    }


async def test_all_pages_are_read_and_repeated_records_count_once() -> None:
    asked: list[dict[str, object]] = []
    pages = [[record(3), record(2)], [record(2), record(1)], [{"key": {}}, record(0)]]

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body)
        records = pages[body["page"] - 1]
        return httpx.Response(200, json={"messages": {"pages": 3, "records": records}})

    found = await client(answer).find_messages("julia", GTE, LTE)

    assert [message.key_id for message in found] == ["K0", "K1", "K2", "K3"]
    assert [body["page"] for body in asked] == [1, 2, 3]
    assert {body["offset"] for body in asked} == {50}
    assert asked[0]["where"] == {
        "messageTimestamp": {
            "gte": "2026-03-02T12:00:00.000Z",
            "lte": "2026-03-02T13:00:00.000Z",
        }
    }


@pytest.mark.parametrize(
    ("from_me", "keys"), [(True, ["K2"]), (False, ["K1"]), (None, ["K1", "K2"])]
)
async def test_one_side_is_kept_even_where_evolution_ignores_the_filter(
    from_me: bool | None, keys: list[str]
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        records = [record(2, from_me=True), record(1)]
        return httpx.Response(200, json={"messages": {"pages": 1, "records": records}})

    found = await client(answer).find_messages("julia", GTE, LTE, from_me=from_me)

    assert [message.key_id for message in found] == keys


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, json={}),
        httpx.Response(400, json={"response": {"message": ["Error: Connection Closed"]}}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"messages": []}),
        httpx.Response(200, json={"messages": {"records": [], "pages": "many"}}),
    ],
)
async def test_nonsense_is_retryable(response: httpx.Response) -> None:
    with pytest.raises(Retryable):
        await client(lambda _: response).find_messages("julia", GTE, LTE)


@pytest.mark.parametrize("status", [401, 404])
async def test_a_wrong_key_or_instance_is_permanent(status: int) -> None:
    with pytest.raises(Permanent):
        await client(lambda _: httpx.Response(status, json={})).connection_state("julia")


async def test_a_lost_connection_is_retryable_for_what_may_be_repeated() -> None:
    with pytest.raises(Retryable):
        await raising(httpx.ReadError("reset")).connection_state("julia")


@pytest.mark.parametrize("state", ["open", "connecting", "close"])
async def test_the_connection_state_is_read(state: str) -> None:
    body = {"instance": {"instanceName": "julia", "state": state}}

    assert await client(lambda _: httpx.Response(200, json=body)).connection_state("j") == state


@pytest.mark.parametrize("body", [{}, {"instance": None}, {"instance": {"state": "connected"}}])
async def test_an_unknown_state_is_retryable(body: object) -> None:
    with pytest.raises(Retryable):
        await client(lambda _: httpx.Response(200, json=body)).connection_state("julia")


async def test_presence_and_read_marks_have_the_flat_form_that_evolution_wants() -> None:
    asked: list[dict[str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(201, json={})

    evolution = client(answer)
    await evolution.send_presence("julia", "5511999998888", "composing", hold_seconds=1.5)
    await evolution.mark_read("julia", "x@lid", ["A", "B"])

    assert asked == [
        {"number": "5511999998888", "presence": "composing", "delay": 1500},
        {
            "readMessages": [
                {"id": "A", "fromMe": False, "remoteJid": "x@lid"},
                {"id": "B", "fromMe": False, "remoteJid": "x@lid"},
            ]
        },
    ]
