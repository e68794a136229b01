"""Slack's requests at the edge: who may post, what is stored before anything is answered."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from julia_common.contracts.messages import Message, SlackRequest
from julia_common.errors import Retryable
from julia_common.probes import Probes
from julia_common.secrets import OVERLAP_SECONDS, RotatingSecret
from julia_common.serve import Service, application
from julia_common.testing import ManualClock
from julia_ingest import slack
from julia_ingest.body import Buffers
from julia_ingest.domain.slack import Signing, sign
from julia_ingest.domain.strangers import Strangers

pytestmark = pytest.mark.unit

SECRET = "the-signing-secret"
FORM = "application/x-www-form-urlencoded"
PHONE = "11988887777"
COMMAND = {
    "command": "/julia",
    "text": f"medico {PHONE}",
    "user_id": "U0ANA",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "response_url": "https://hooks.slack.com/commands/T0/1/abc",
}
MENTION = {
    "type": "event_callback",
    "event_id": "Ev0PV52K21",
    "event": {"type": "app_mention", "user": "U0ANA", "text": "<@U0JULIA> status", "ts": "1.2"},
}
DIRECT = {
    "type": "event_callback",
    "event_id": "Ev0PV52K22",
    "event": {
        "type": "message",
        "channel": "D0ANA",
        "channel_type": "im",
        "user": "U0ANA",
        "text": "status",
        "ts": "1.2",
    },
}
PRESS = {
    "type": "block_actions",
    "user": {"id": "U0ANA"},
    "trigger_id": "12.34.ab",
    "response_url": "https://hooks.slack.com/actions/T0/1/abc",
    "actions": [
        {"type": "button", "action_id": "envio_liberar", "value": "f1", "action_ts": "9.9"}
    ],
}


class Outlet:
    """A broker that takes all, or is away."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.away = False

    async def publish(self, message: Message, *, key: str) -> None:
        assert "U0ANA" not in key
        if self.away:
            text = "the broker is away"
            raise Retryable(text)
        self.published.append(message)

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        raise NotImplementedError


@dataclass
class Deps:
    signing: Signing
    strangers: Strangers = field(default_factory=lambda: Strangers(per_second=0, burst=3))
    outlet: Outlet = field(default_factory=Outlet)
    buffers: Buffers = field(default_factory=Buffers)
    clock: ManualClock = field(default_factory=ManualClock)


class Slack:
    """Posts as Slack does."""

    def __init__(self, http: httpx.AsyncClient, deps: Deps) -> None:
        self.http = http
        self.deps = deps

    async def post(
        self,
        body: bytes,
        content_type: str,
        *,
        secret: str = SECRET,
        aged: timedelta = timedelta(0),
    ) -> httpx.Response:
        timestamp = str(int((self.deps.clock.now() - aged).timestamp()))
        headers = {
            "content-type": content_type,
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": sign(secret, timestamp, body),
        }
        return await self.http.post("/webhook/slack", content=body, headers=headers)

    async def command(self, **how: object) -> httpx.Response:
        return await self.post(urlencode(COMMAND).encode(), FORM, **how)  # type: ignore[arg-type]

    async def event(self, event: object) -> httpx.Response:
        return await self.post(json.dumps(event).encode(), "application/json")

    async def interaction(self, payload: object) -> httpx.Response:
        return await self.post(urlencode({"payload": json.dumps(payload)}).encode(), FORM)

    @property
    def stored(self) -> list[SlackRequest]:
        return [
            message for message in self.deps.outlet.published if isinstance(message, SlackRequest)
        ]


async def opened(signing: Signing) -> AsyncIterator[Slack]:
    deps = Deps(signing)
    app = application(Service(routes=slack.routes()), Probes({}))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"deps": deps}}, receive, send)

    transport = httpx.ASGITransport(app=serve)
    async with httpx.AsyncClient(transport=transport, base_url="http://julia-api") as http:
        yield Slack(http, deps)


@pytest.fixture
async def at() -> AsyncIterator[Slack]:
    async for each in opened(Signing([SecretStr(SECRET), SecretStr("")])):
        yield each


async def test_a_command_is_on_the_broker_before_slack_is_answered(at: Slack) -> None:
    answer = await at.command()

    assert (answer.status_code, answer.content) == (200, b"")
    [stored] = at.stored
    assert stored.key == f"comando:{COMMAND['trigger_id']}"
    assert (stored.kind, stored.user, stored.text) == ("comando", "U0ANA", f"medico {PHONE}")
    assert stored.response_url == COMMAND["response_url"]


async def test_a_mention_has_the_key_of_its_event_however_often_it_is_delivered(at: Slack) -> None:
    for _ in range(3):
        assert (await at.event(MENTION)).status_code == 200

    assert {(stored.key, stored.kind) for stored in at.stored} == {("evento:Ev0PV52K21", "mencao")}


async def test_a_direct_message_is_taken_as_a_mention_is(at: Slack) -> None:
    for _ in range(3):
        assert (await at.event(DIRECT)).status_code == 200

    assert {(stored.key, stored.kind, stored.user, stored.text) for stored in at.stored} == {
        ("evento:Ev0PV52K22", "mencao", "U0ANA", "status")
    }


async def test_what_is_longer_than_any_command_is_cut_and_not_refused(at: Slack) -> None:
    event = {**MENTION, "event": {**MENTION["event"], "text": "status " + "x" * 39_000}}

    assert (await at.event(event)).status_code == 200
    assert len(at.stored[0].text) == 4_000


async def test_a_pressed_button_comes_with_its_value(at: Slack) -> None:
    await at.interaction(PRESS)

    [stored] = at.stored
    assert stored.button is not None
    assert (stored.button.action_id, stored.button.value) == ("envio_liberar", "f1")
    assert stored.kind == "botao"


async def test_another_press_of_the_same_button_is_another_request(at: Slack) -> None:
    await at.interaction(PRESS)
    await at.interaction({**PRESS, "trigger_id": "56.78.cd"})

    assert len({stored.key for stored in at.stored}) == 2


async def test_slack_may_ask_whether_the_address_is_ours(at: Slack) -> None:
    answer = await at.event({"type": "url_verification", "challenge": "3eZbrw1aB"})

    assert answer.text == "3eZbrw1aB"


@pytest.mark.parametrize(
    "event",
    [
        {**MENTION, "event": {"type": "message", "user": "U0ANA", "text": "oi"}},
        {**MENTION, "event": {**MENTION["event"], "bot_id": "B0"}},
        {**DIRECT, "event": {**DIRECT["event"], "bot_id": "B0"}},
        {**DIRECT, "event": {**DIRECT["event"], "subtype": "message_changed"}},
        {**DIRECT, "event": {**DIRECT["event"], "channel_type": "channel"}},
        {
            **DIRECT,
            "event": {"type": "message", "channel_type": "im", "subtype": "message_deleted"},
        },
        {"type": "app_rate_limited"},
    ],
    ids=[
        "another event",
        "a bot",
        "a bot's direct message",
        "an edit",
        "a channel's message",
        "a deletion",
        "another type",
    ],
)
async def test_what_nobody_asked_us_is_acknowledged_and_left(at: Slack, event: object) -> None:
    assert (await at.event(event)).status_code == 200
    assert at.stored == []


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_request_of_another_time_is_refused(at: Slack, minutes: int) -> None:
    answer = await at.command(aged=timedelta(minutes=minutes))

    assert answer.status_code == 401
    assert at.stored == []


async def test_a_request_within_the_window_is_taken(at: Slack) -> None:
    assert (await at.command(aged=timedelta(minutes=4, seconds=59))).status_code == 200


async def test_what_slack_did_not_sign_is_refused(at: Slack) -> None:
    assert (await at.command(secret="somebody-elses")).status_code == 401
    assert (await at.http.post("/webhook/slack", content=b"x")).status_code == 401
    assert at.stored == []


async def test_of_a_flood_of_strangers_most_are_told_to_come_later(
    at: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    flood = [await at.command(secret="somebody-elses") for _ in range(6)]
    genuine = await at.command()

    assert [answer.status_code for answer in flood] == [401] * 3 + [429] * 3
    assert genuine.status_code == 200
    assert sum("was refused" in record.getMessage() for record in caplog.records) == 3


async def test_a_changed_body_is_refused(at: Slack) -> None:
    timestamp = str(int(at.deps.clock.now().timestamp()))
    headers = {
        "content-type": FORM,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(SECRET, timestamp, b"text=status"),
    }
    answer = await at.http.post("/webhook/slack", content=b"text=pausar", headers=headers)

    assert answer.status_code == 401


async def test_without_a_signing_secret_nobody_is_let_in() -> None:
    async for each in opened(Signing([SecretStr(""), SecretStr("")])):
        answer = await each.command(secret="")

        assert answer.status_code == 503
        assert "SLACK_SIGNING_SECRET" in answer.text


async def test_while_the_secret_is_replaced_both_are_good() -> None:
    now = 0.0
    secret = RotatingSecret(SECRET, monotonic=lambda: now)
    async for each in opened(Signing([secret])):
        secret.take("the-new-one")

        assert (await each.command(secret=SECRET)).status_code == 200
        assert (await each.command(secret="the-new-one")).status_code == 200
        now = OVERLAP_SECONDS + 1
        assert (await each.command(secret=SECRET)).status_code == 401
        assert (await each.command(secret="the-new-one")).status_code == 200


async def test_the_previous_secret_is_good_as_long_as_it_is_set() -> None:
    async for each in opened(Signing([SecretStr("new"), SecretStr("old")])):
        assert (await each.command(secret="old")).status_code == 200


async def test_who_gave_a_command_that_could_not_be_stored_reads_that_nothing_was_done(
    at: Slack,
) -> None:
    at.deps.outlet.away = True

    answer = await at.command()

    assert answer.status_code == 200
    assert answer.json() == {"response_type": "ephemeral", "text": slack.NOT_STORED}


async def test_an_event_that_could_not_be_stored_is_to_be_delivered_again(at: Slack) -> None:
    at.deps.outlet.away = True

    assert (await at.event(MENTION)).status_code == 503


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"text=status", FORM),
        (b"payload=%7B", FORM),
        (b'{"type":"event_callback","event":{"type":"app_mention"}}', "application/json"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_not_quoted(
    at: Slack, body: bytes, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await at.post(body, content_type)

    assert answer.status_code == 422
    assert body.decode() not in caplog.text


async def test_a_number_that_is_asked_for_reaches_no_log(
    at: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await at.command()
        at.deps.outlet.away = True
        await at.command()

    assert caplog.records
    for record in caplog.records:
        assert PHONE not in json.dumps(vars(record), default=str)
