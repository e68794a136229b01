"""What people do in Slack: the simulator's requests are Slack's, and ingest reads them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.contract.slack.conftest import Clock
from tests.contract.slack.schemas import Answer, BlockActions, EventCallback, SlashCommand

from julia_common.contracts.messages import SlackRequest
from julia_common.errors import Permanent, Retryable
from julia_common.slack import Actions, Button, Confirm, Section, SlackAnswer, SlackMessage
from julia_common.slack.responses import SlackResponses
from julia_ingest.domain.slack import Signature, Signing, Verdict, read_request
from julia_simulators.evolution.testing import serving
from julia_simulators.slack.state import WEBHOOK_PATH, World

ANA, BRUNO = "U0ANA", "U0BRUNO"
ORIGIN = "http://hooks.slack.test"
BUTTONS = Actions(
    (
        Button("Sim", "comando_confirmar", "v1", style="danger"),
        Button(
            "Com pergunta", "envio_liberar", "v2", confirm=Confirm("Certeza?", "x", "Sim", "Não")
        ),
    )
)


@dataclass
class App:
    """Our side: keeps what comes, and answers what it is told to."""

    status: int = 200
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        self.requests.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)

    def read(self, at: Clock) -> list[SlackRequest]:
        """Everything, as ingest reads it; nothing of it may be refused."""
        now = datetime.fromtimestamp(at(), UTC)
        found = []
        for headers, body in self.requests:
            signature = Signature(
                headers["x-slack-request-timestamp"], headers["x-slack-signature"]
            )
            verdict = Signing([SecretStr(World().signing_secret)]).judge(signature, body, now=now)
            assert verdict is Verdict.TRUSTED
            read = read_request(body, headers["content-type"], received_at=now)
            assert isinstance(read, SlackRequest)
            found.append(read)
        return found


@pytest.fixture
async def app(world: World) -> AsyncIterator[App]:
    app = App()
    with serving(Starlette(routes=[Route("/slack", app.receive, methods=["POST"])])) as url:
        world.request_url = f"{url}/slack"
        yield app


@pytest.fixture
def responses(simulator: httpx.AsyncClient) -> SlackResponses:
    return SlackResponses(simulator, ORIGIN)


async def act(simulator: httpx.AsyncClient, what: str, **body: object) -> dict[str, object]:
    answer = await simulator.post(f"/_sim/{what}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


async def test_a_command_is_as_slack_documents_it(
    simulator: httpx.AsyncClient, app: App, clock: Clock
) -> None:
    assert (await act(simulator, "commands", user=ANA, text="status"))["error"] is None

    [(headers, body)] = app.requests
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    SlashCommand.model_validate(dict(parse_qsl(body.decode(), keep_blank_values=True)))
    [read] = app.read(clock)
    assert (read.kind, read.user, read.text) == ("comando", ANA, "status")


async def test_a_mention_is_as_slack_documents_it(
    simulator: httpx.AsyncClient, app: App, clock: Clock
) -> None:
    await act(simulator, "mentions", user=BRUNO, text="pausar A & B")

    [(_, body)] = app.requests
    EventCallback.model_validate(json.loads(body))
    [read] = app.read(clock)
    assert (read.kind, read.user) == ("mencao", BRUNO)
    assert read.text == "<@U0JULIA> pausar A &amp; B"
    assert read.response_url is None


async def test_a_direct_message_is_as_slack_documents_it(
    simulator: httpx.AsyncClient, world: World, app: App, clock: Clock
) -> None:
    await act(simulator, "direct", user=BRUNO, text="pausar A & B")

    [(_, body)] = app.requests
    EventCallback.model_validate(json.loads(body))
    [read] = app.read(clock)
    assert (read.kind, read.user) == ("mencao", BRUNO)
    assert read.text == "pausar A &amp; B"
    assert world.messages[-1].only_for == BRUNO


async def test_a_press_is_as_slack_documents_it(
    simulator: httpx.AsyncClient, world: World, app: App, clock: Clock
) -> None:
    message = world.post(SlackMessage("x", (Section("x"), BUTTONS)).payload())
    await act(simulator, "presses", user=ANA, message=message.n, action_id="envio_liberar")

    [(_, body)] = app.requests
    BlockActions.model_validate(json.loads(dict(parse_qsl(body.decode()))["payload"]))
    [read] = app.read(clock)
    assert read.button is not None
    assert (read.button.action_id, read.button.value) == ("envio_liberar", "v2")


async def test_buttons_are_what_slack_takes(simulator: httpx.AsyncClient) -> None:
    body = SlackMessage("x", (Section("x"), BUTTONS)).payload()
    answer = await simulator.post(f"{ORIGIN}{WEBHOOK_PATH}", json=body)

    assert answer.text == "ok"


@pytest.mark.parametrize(
    "element",
    [
        {"text": {"type": "plain_text", "text": "x" * 76}},
        {"value": "x" * 2001},
        {"action_id": "x" * 256},
        {"style": "banana"},
        {"confirm": {"title": {"type": "plain_text", "text": "x" * 101}}},
        {"text": {"type": "mrkdwn", "text": "x"}},
    ],
)
async def test_a_button_that_slack_refuses_is_refused(
    simulator: httpx.AsyncClient, element: dict[str, object]
) -> None:
    good = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}}
    block = {"type": "actions", "elements": [{**good, **element}]}
    answer = await simulator.post(f"{ORIGIN}{WEBHOOK_PATH}", json={"text": "x", "blocks": [block]})

    assert (answer.status_code, answer.text) == (400, "invalid_blocks")


async def test_an_event_that_is_not_acknowledged_is_delivered_again_with_its_id(
    simulator: httpx.AsyncClient, app: App, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("julia_simulators.slack.people.RETRY_SECONDS", 0)
    app.status = 503
    told = await act(simulator, "mentions", user=ANA, text="status")

    assert told == {"status": 503, "error": "dispatch_failed"}
    assert len({read.key for read in app.read(clock)}) == 1
    numbers = [headers.get("x-slack-retry-num") for headers, _ in app.requests]
    assert numbers == [None, "1", "2", "3"]


async def test_a_command_that_is_not_acknowledged_has_failed(
    simulator: httpx.AsyncClient, world: World, app: App
) -> None:
    app.status = 500
    await act(simulator, "commands", user=ANA, text="status")

    assert len(app.requests) == 1
    assert "dispatch_failed" in world.messages[-1].text
    assert world.messages[-1].only_for == ANA


async def test_an_answer_is_seen_by_who_asked(
    simulator: httpx.AsyncClient, world: World, app: App, clock: Clock, responses: SlackResponses
) -> None:
    await act(simulator, "commands", user=ANA, text="status")
    [read] = app.read(clock)
    answer = SlackAnswer(SlackMessage("tudo bem", (Section("tudo bem"),)))
    Answer.model_validate(answer.payload())

    await responses.answer(read.response_url or "", answer.payload())

    assert (world.messages[-1].text, world.messages[-1].only_for) == ("tudo bem", ANA)


async def test_an_answer_to_a_button_may_take_its_messages_place(
    simulator: httpx.AsyncClient, world: World, app: App, clock: Clock, responses: SlackResponses
) -> None:
    message = world.post(SlackMessage("certeza?", (BUTTONS,)).payload())
    await act(simulator, "presses", user=ANA, message=message.n, action_id="comando_confirmar")
    [read] = app.read(clock)
    url = read.response_url or ""

    await responses.answer(url, SlackAnswer(SlackMessage("feito"), replace=True).payload())
    await responses.answer(url, SlackAnswer(SlackMessage("a todos"), everybody=True).payload())

    assert [(each.n, each.text) for each in world.messages] == [(1, "feito"), (2, "a todos")]
    assert world.messages[-1].only_for is None


async def test_an_address_takes_five_answers_within_half_an_hour(
    simulator: httpx.AsyncClient, app: App, clock: Clock, responses: SlackResponses
) -> None:
    await act(simulator, "commands", user=ANA, text="status")
    await act(simulator, "commands", user=ANA, text="status")
    first, second = (read.response_url or "" for read in app.read(clock))
    payload = SlackAnswer(SlackMessage("x")).payload()
    for _ in range(5):
        await responses.answer(first, payload)

    with pytest.raises(Permanent, match="used_url"):
        await responses.answer(first, payload)
    clock.at += 1801
    with pytest.raises(Permanent, match="expired_url"):
        await responses.answer(second, payload)


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("server_error", None), ("rate_limited", 7), ("not_ok", None), ("hang", None)],
)
async def test_slack_in_trouble_is_asked_again_later(
    simulator: httpx.AsyncClient,
    app: App,
    clock: Clock,
    responses: SlackResponses,
    kind: str,
    wait: float | None,
) -> None:
    await act(simulator, "commands", user=ANA, text="status")
    [read] = app.read(clock)
    seconds = wait or 0.01
    await simulator.post("/_sim/faults", json={"kind": kind, "to": "response", "seconds": seconds})
    payload = SlackAnswer(SlackMessage("x")).payload()

    with pytest.raises(Retryable) as caught:
        await responses.answer(read.response_url or "", payload)
    await responses.answer(read.response_url or "", payload)

    assert caught.value.retry_after == wait
    assert "/actions/" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://hooks.slack.test.evil.example/a", "https://hooks.slack.test/a", "file:///etc/passwd"],
)
async def test_nothing_is_posted_to_an_address_that_is_not_slacks(
    responses: SlackResponses, url: str
) -> None:
    with pytest.raises(Permanent, match="not of"):
        await responses.answer(url, {"text": "x"})


def test_our_longest_answer_is_what_slack_takes() -> None:
    long = SlackAnswer(SlackMessage("x" * 9000, tuple(Section("y" * 4000) for _ in range(60))))

    Answer.model_validate(long.payload())
