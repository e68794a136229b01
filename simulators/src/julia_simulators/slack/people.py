"""What people do in Slack: commands, mentions, direct messages, buttons, delivered to us signed.

The requests have the fields that Slack documents, with made-up values where we read nothing.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from julia_simulators.slack.state import BOT, PEOPLE, Posted, World

COMMAND: Final = "/julia"
WAIT_SECONDS: Final = 3.0
"""What Slack waits for an acknowledgement."""
EVENT_ATTEMPTS: Final = 4
"""An event is delivered again up to three times; commands and buttons never."""
RETRY_SECONDS: Final = 1.0
"""Slack's real ones are at once, a minute and five minutes."""

_TEAM: Final = {"id": "T0SIMULADO", "domain": "simulado"}
_CHANNEL: Final = "C0GESTAO"
_APP: Final = "A0JULIA"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What the app answered: an HTTP status, or Slack's word for why there was none."""

    status: int | None
    error: str | None
    body: dict[str, Any] | None

    @property
    def is_ok(self) -> bool:
        """Whether Slack takes it for an acknowledgement."""
        return self.error is None


async def command(world: World, user: str, text: str) -> Acknowledged:
    """A slash command: only who gave it sees that, and the answers."""
    world.post({"text": f"{COMMAND} {text}"}, author=PEOPLE[user], only_for=user)
    body = urlencode(
        {
            "token": "obsoleto",
            "team_id": _TEAM["id"],
            "team_domain": _TEAM["domain"],
            "channel_id": _CHANNEL,
            "channel_name": world.channel,
            "user_id": user,
            "user_name": PEOPLE[user].split()[0].lower(),
            "command": COMMAND,
            "text": text,
            "api_app_id": _APP,
            "is_enterprise_install": "false",
            "response_url": world.response_url(user, message=None),
            "trigger_id": _trigger(),
        }
    )
    answer = await _delivered(world, body.encode(), "application/x-www-form-urlencoded")
    if not answer.is_ok:
        world.post({"text": f"{COMMAND} falhou com o erro “{answer.error}”"}, author="Slackbot",
                   only_for=user)  # fmt: skip
    elif answer.body is not None and answer.body.get("text"):
        world.post(answer.body, only_for=user)
    return answer


async def mention(world: World, user: str, text: str) -> Acknowledged:
    """A message that mentions the app; everybody sees it."""
    world.post({"text": f"<@{BOT}|Júlia> {_escaped(text)}"}, author=PEOPLE[user])
    event = {
        "type": "app_mention",
        "user": user,
        "text": f"<@{BOT}> {_escaped(text)}",
        "channel": _CHANNEL,
    }
    return await _happened(world, event)


async def direct(world: World, user: str, text: str) -> Acknowledged:
    """A direct message to the app; nobody else sees it."""
    world.post({"text": f"Mensagem direta: {_escaped(text)}"}, author=PEOPLE[user], only_for=user)
    event = {
        "type": "message",
        "channel": f"D{user[1:]}",
        "user": user,
        "text": _escaped(text),
        "channel_type": "im",
    }
    return await _happened(world, event)


async def _happened(world: World, event: dict[str, Any]) -> Acknowledged:
    """Deliver an event until it is acknowledged."""
    at = f"{world.clock():.6f}"
    callback = {
        "token": "obsoleto",
        "team_id": _TEAM["id"],
        "api_app_id": _APP,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(world.clock()),
        "authorizations": [
            {"enterprise_id": None, "team_id": _TEAM["id"], "user_id": BOT, "is_bot": True}
        ],
        "event": {**event, "ts": at, "event_ts": at},
    }
    body = json.dumps(callback).encode()
    for attempt in range(EVENT_ATTEMPTS):
        answer = await _delivered(world, body, "application/json", retry=attempt)
        if answer.is_ok:
            break
        await asyncio.sleep(RETRY_SECONDS)
    return answer


async def press(world: World, user: str, message: Posted, action_id: str) -> Acknowledged | None:
    """A press of a button; None when the message has no such button."""
    pressed = _button(message, action_id)
    if pressed is None:
        return None
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": PEOPLE[user].split()[0].lower(), "team_id": _TEAM["id"]},
        "api_app_id": _APP,
        "token": "obsoleto",
        "container": {
            "type": "message",
            "message_ts": f"{message.at:.6f}",
            "channel_id": _CHANNEL,
            "is_ephemeral": message.only_for is not None,
        },
        "trigger_id": _trigger(),
        "team": _TEAM,
        "channel": {"id": _CHANNEL, "name": world.channel},
        "response_url": world.response_url(user, message=message.n),
        "actions": [
            {
                "type": "button",
                "action_id": action_id,
                "block_id": pressed.get("block_id", secrets.token_hex(2)),
                "text": pressed["text"],
                "value": pressed.get("value", ""),
                "action_ts": f"{world.clock():.6f}",
            }
        ],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return await _delivered(world, body, "application/x-www-form-urlencoded")


async def _delivered(
    world: World, body: bytes, content_type: str, *, retry: int = 0
) -> Acknowledged:
    answer = await _posted(world, body, content_type, retry)
    if world.is_delivered_twice():
        return await _posted(world, body, content_type, retry + 1)
    return answer


async def _posted(world: World, body: bytes, content_type: str, retry: int) -> Acknowledged:
    if world.request_url is None:
        return Acknowledged(None, "dispatch_failed", None)
    timestamp = str(int(world.clock()))
    base = f"v0:{timestamp}:".encode() + body
    digest = hmac.new(world.signing_secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "content-type": content_type,
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": f"v0={digest}",
    }
    if retry:
        headers |= {"x-slack-retry-num": str(retry), "x-slack-retry-reason": "http_timeout"}
    try:
        async with httpx.AsyncClient(timeout=WAIT_SECONDS, trust_env=False) as http:
            response = await http.post(world.request_url, content=body, headers=headers)
    except httpx.TimeoutException:
        return Acknowledged(None, "operation_timeout", None)
    except httpx.HTTPError:
        return Acknowledged(None, "dispatch_failed", None)
    if not response.is_success:
        return Acknowledged(response.status_code, "dispatch_failed", None)
    try:
        said = json.loads(response.text or "null")
    except ValueError:
        said = {"text": response.text}
    return Acknowledged(response.status_code, None, said if isinstance(said, dict) else None)


def _button(message: Posted, action_id: str) -> dict[str, Any] | None:
    for block in message.blocks:
        if block.get("type") == "actions":
            for element in block["elements"]:
                if element.get("action_id") == action_id:
                    return {**element, "block_id": block.get("block_id", "b")}
    return None


def _trigger() -> str:
    return f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
