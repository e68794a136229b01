"""The adapter against the simulator: what is posted, and which error says what to do."""

import json

import httpx
import pytest
from pydantic import SecretStr
from tests.contract.slack.conftest import SIMULATED_URL, Clock

from julia_common.errors import Permanent, Retryable
from julia_common.secrets import RotatingSecret
from julia_common.slack import (
    Context,
    Divider,
    Fields,
    Header,
    Section,
    SlackMessage,
    SlackWebhook,
    WebhookRefused,
)
from julia_simulators.slack.state import World

MESSAGE = SlackMessage("um aviso")


class SlackClock:
    """The adapter's clock, which is also the simulator's."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def monotonic(self) -> float:
        return self.clock.at

    async def sleep(self, seconds: float) -> None:
        self.clock.at += seconds


@pytest.fixture
def slack(simulator: httpx.AsyncClient, clock: Clock) -> SlackWebhook:
    return SlackWebhook(simulator, SecretStr(SIMULATED_URL), SlackClock(clock))


async def test_a_message_arrives_with_its_blocks(slack, world: World) -> None:
    await slack.post(
        SlackMessage(
            "resumo",
            (
                Header("Título"),
                Section("*forte*"),
                Fields(("*A*\n1", "*B*\n2")),
                Divider(),
                Context(("miúdo",)),
            ),
        )
    )

    [posted] = world.messages
    assert posted.text == "resumo"
    assert [block["type"] for block in posted.blocks] == [
        "header",
        "section",
        "section",
        "divider",
        "context",
    ]


async def test_twenty_messages_pass_without_one_that_is_too_much(slack, world: World) -> None:
    for _ in range(20):
        await slack.post(MESSAGE)

    assert (world.posted, world.refused) == (20, {})


async def test_whatever_is_too_long_is_cut_so_that_slack_takes_it(slack, world: World) -> None:
    blocks = (
        Header("t" * 400),
        Fields(tuple("c" * 3_000 for _ in range(12))),
        *(Section("s" * 4_000) for _ in range(60)),
    )

    await slack.post(SlackMessage("x" * 9_000, blocks))

    [posted] = world.messages
    assert "cortada" in posted.blocks[-1]["elements"][0]["text"]


async def test_sixty_short_blocks_become_fifty(slack, world: World) -> None:
    await slack.post(SlackMessage("x", tuple(Section(str(n)) for n in range(60))))

    [posted] = world.messages
    assert len(posted.blocks) == 50
    assert posted.blocks[48]["text"]["text"] == "48"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", Retryable),
        ("hang", Retryable),
        ("not_ok", Retryable),
        ("rate_limited", Retryable),
        ("invalid_token", WebhookRefused),
        ("no_service", WebhookRefused),
        ("channel_is_archived", WebhookRefused),
    ],
)
async def test_each_answer_becomes_the_error_that_says_what_to_do(
    simulator, slack, world: World, kind, error
) -> None:
    await simulator.post("/_sim/faults", json={"kind": kind, "seconds": 0.01})

    with pytest.raises(error) as caught:
        await slack.post(MESSAGE)
    await slack.post(MESSAGE)

    assert "segredo" not in str(caught.value)
    assert world.posted == 1


async def test_slack_says_how_long_to_wait(simulator, slack) -> None:
    await simulator.post("/_sim/faults", json={"kind": "rate_limited", "seconds": 42})

    with pytest.raises(Retryable) as caught:
        await slack.post(MESSAGE)

    assert caught.value.retry_after == 42


async def test_a_message_that_slack_does_not_like_may_go_without_its_blocks(
    simulator, slack, world: World
) -> None:
    await simulator.post("/_sim/faults", json={"kind": "invalid_blocks", "times": None})
    message = SlackMessage("um aviso", (Section("x"),))

    with pytest.raises(Permanent, match="invalid_blocks"):
        await slack.post(message)
    await slack.post(message.plain())

    assert [posted.text for posted in world.messages] == ["um aviso"]


async def test_while_the_webhook_is_rotated_the_other_address_is_tried(
    simulator: httpx.AsyncClient, world: World, clock: Clock
) -> None:
    url = RotatingSecret(SIMULATED_URL)
    url.take(f"{SIMULATED_URL}-of-nobody")
    await SlackWebhook(simulator, url, SlackClock(clock)).post(MESSAGE)

    assert [posted.text for posted in world.messages] == ["um aviso"]
    assert url.is_refused


async def test_an_error_on_the_way_says_nothing_of_the_secret_address(clock: Clock) -> None:
    async def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}")

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken)) as http:
        slack = SlackWebhook(http, SecretStr(SIMULATED_URL), SlackClock(clock))
        with pytest.raises(Retryable) as caught:
            await slack.post(MESSAGE)

    assert "segredo" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_the_body_is_what_slack_documents(clock: Clock) -> None:
    bodies: list[dict[str, object]] = []

    async def ok(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, text="ok")

    async with httpx.AsyncClient(transport=httpx.MockTransport(ok)) as http:
        await SlackWebhook(http, SecretStr(SIMULATED_URL), SlackClock(clock)).post(MESSAGE)

    assert bodies == [{"text": "um aviso", "unfurl_links": False}]
