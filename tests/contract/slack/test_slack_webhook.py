"""What Julia relies on in Slack's incoming webhooks, asked of the simulator or the real thing."""

import asyncio

import httpx
import pytest
from tests.contract.slack.conftest import REAL_URL, SIMULATED_URL, Clock
from tests.contract.slack.recorded import REFUSED, TAKEN, Exchange

from julia_simulators.slack.state import World

simulated_only = pytest.mark.skipif(REAL_URL is not None, reason="plays faults of the simulator")


async def ask(webhook: tuple[httpx.AsyncClient, str], payload: object) -> httpx.Response:
    http, url = webhook
    if REAL_URL is not None:
        await asyncio.sleep(1.1)  # the channel's limit
    return await http.post(url, json=payload)


@pytest.mark.parametrize("exchange", [*TAKEN, *REFUSED], ids=lambda exchange: exchange.name)
async def test_the_webhook_answers_as_recorded(webhook, exchange: Exchange) -> None:
    answer = await ask(webhook, exchange.payload)

    assert (answer.status_code, answer.text) == (exchange.status, exchange.body)


async def test_what_is_no_json_is_refused(webhook) -> None:
    http, url = webhook
    answer = await http.post(url, content=b"{", headers={"content-type": "application/json"})

    assert (answer.status_code, answer.text) == (400, "invalid_payload")


async def test_an_unknown_webhook_is_refused(webhook) -> None:
    http, url = webhook
    answer = await http.post(f"{url.rpartition('/')[0]}/errado", json={"text": "x"})

    assert answer.status_code in {403, 404}
    assert answer.text in {"invalid_token", "no_service"}


@simulated_only
async def test_a_form_with_the_payload_is_taken_too(simulator, world: World) -> None:
    answer = await simulator.post(SIMULATED_URL, data={"payload": '{"text": "olá"}'})

    assert answer.text == "ok"
    assert [message.text for message in world.messages] == ["olá"]


@simulated_only
async def test_more_than_a_short_burst_is_asked_to_wait(
    simulator, world: World, clock: Clock
) -> None:
    burst = [await simulator.post(SIMULATED_URL, json={"text": "x"}) for _ in range(4)]
    clock.at += 1
    later = await simulator.post(SIMULATED_URL, json={"text": "x"})

    assert [answer.status_code for answer in burst] == [200, 200, 200, 429]
    assert burst[3].headers["retry-after"] == "1"
    assert later.status_code == 200
    assert world.posted == 4


@simulated_only
@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("rate_limited", 429, "rate_limited"),
        ("server_error", 500, "rollup_error"),
        ("hang", 500, "rollup_error"),
        ("invalid_token", 403, "invalid_token"),
        ("no_service", 404, "no_service"),
        ("channel_is_archived", 410, "channel_is_archived"),
    ],
)
async def test_a_fault_strikes_once_and_posts_nothing(simulator, world, kind, status, body) -> None:
    await simulator.post("/_sim/faults", json={"kind": kind, "seconds": 0.01})

    answer = await simulator.post(SIMULATED_URL, json={"text": "um"})
    after = await simulator.post(SIMULATED_URL, json={"text": "dois"})

    assert (answer.status_code, answer.text) == (status, body)
    assert after.status_code == 200
    assert [message.text for message in world.messages] == ["dois"]
    about = (await simulator.get("/_sim")).json()
    assert about["refused"] == {body: 1}


@simulated_only
async def test_what_was_posted_can_be_read_from_where_one_left_off(simulator) -> None:
    for text in ("um", "dois", "três"):
        await simulator.post(SIMULATED_URL, json={"text": text})

    answer = (await simulator.get("/_sim/messages", params={"after": 1})).json()

    assert [message["text"] for message in answer["messages"]] == ["dois", "três"]
    assert answer["last"] == 3


@simulated_only
async def test_a_fault_that_nobody_knows_is_refused(simulator) -> None:
    answer = await simulator.post("/_sim/faults", json={"kind": "banana"})

    assert answer.status_code == 422
