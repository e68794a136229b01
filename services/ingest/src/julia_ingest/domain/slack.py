"""Slack's requests: whether Slack sent them, and what somebody asks for in them.

Facts: https://api.slack.com/authentication/verifying-requests-from-slack and the pages of slash
commands, `block_actions` payloads and the Events API. All three come to one address.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs

from pydantic import SecretStr, ValidationError

from julia_common.contracts.messages import SlackButton, SlackRequest
from julia_common.secrets.rotating import accepted_values

WINDOW_SECONDS: Final = 300
"""How far a request's time may be from ours, either way: what is older may be played back."""

MAX_TEXT: Final = 4_000
"""Of what is written; no command is longer."""

_VERSION: Final = "v0"
_FORM: Final = "application/x-www-form-urlencoded"
_UNIX_TIME: Final = re.compile(r"[0-9]{1,12}")


class Verdict(StrEnum):
    """What a signature is worth; the refusals are a metric label."""

    TRUSTED = "trusted"
    UNCONFIGURED = "unconfigured"
    MISSING = "missing"
    STALE = "stale"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Signature:
    """The headers `x-slack-request-timestamp` and `x-slack-signature`."""

    timestamp: str | None
    value: str | None


class Signing:
    """Checks signatures against the secrets that are valid now, in constant time.

    A secret that was replaced a while ago is still valid (`julia_common.secrets`).
    """

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        """Take the signing secrets (while rotating: two); those that are empty are none."""
        self._secrets = secrets

    def judge_headers(self, signature: Signature, *, now: datetime) -> Verdict:
        """What can be said before the body is read: `TRUSTED` means "not refused yet"."""
        if not self._valid():
            return Verdict.UNCONFIGURED
        if signature.timestamp is None or signature.value is None:
            return Verdict.MISSING
        if not _UNIX_TIME.fullmatch(signature.timestamp):
            return Verdict.STALE
        age = abs(now.timestamp() - int(signature.timestamp))
        return Verdict.TRUSTED if age <= WINDOW_SECONDS else Verdict.STALE

    def judge(self, signature: Signature, body: bytes, *, now: datetime) -> Verdict:
        """Say whether Slack signed this body, lately."""
        verdict = self.judge_headers(signature, now=now)
        if verdict is not Verdict.TRUSTED:
            return verdict
        presented = (signature.value or "").encode("utf-8", "surrogatepass")
        expected = [sign(secret, signature.timestamp or "", body) for secret in self._valid()]
        # Every secret is tried, so that the time taken does not tell which one was close.
        matches = [hmac.compare_digest(presented, value.encode()) for value in expected]
        return Verdict.TRUSTED if any(matches) else Verdict.WRONG

    def _valid(self) -> list[str]:
        return [value for secret in self._secrets for value in accepted_values(secret)]


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `x-slack-signature`."""
    base = f"{_VERSION}:{timestamp}:".encode() + body
    return f"{_VERSION}={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Slack asks whether this address is ours; the answer is the challenge itself."""

    value: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Understood, and nothing for us: why, in a word."""

    reason: str


class UnreadableRequest(Exception):
    """Slack signed it, and it is nothing that we know how to read."""


type Read = SlackRequest | Challenge | Nothing


def read_request(body: bytes, content_type: str, *, received_at: datetime) -> Read:
    """Read an authentic request. Raises `UnreadableRequest`."""
    try:
        if content_type.partition(";")[0].strip().lower() != _FORM:
            return _event(_object(json.loads(body)), received_at)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if "ssl_check" in form:
            return Nothing("ssl_check")
        if "payload" in form:
            return _interaction(_object(json.loads(form["payload"])), received_at)
        return _command(form, received_at)
    except (ValueError, KeyError, TypeError, ValidationError):
        # The error quotes the body, so it is not kept as a cause.
        raise UnreadableRequest from None


def _command(form: Mapping[str, str], received_at: datetime) -> SlackRequest:
    return SlackRequest(
        key=f"comando:{form['trigger_id']}",
        kind="comando",
        user=form["user_id"],
        text=_text(form.get("text", ""))[:MAX_TEXT],
        response_url=form["response_url"],
        received_at=received_at,
    )


def _interaction(payload: Mapping[str, object], received_at: datetime) -> Read:
    if payload.get("type") != "block_actions":
        return Nothing("interaction")
    actions = payload["actions"]
    if not isinstance(actions, list) or not actions:
        return Nothing("interaction")
    pressed = _object(actions[0])
    if pressed.get("type") != "button":
        return Nothing("interaction")
    return SlackRequest(
        # A person may press two buttons of one message within one `trigger_id`'s life.
        key=f"botao:{payload['trigger_id']}:{pressed['action_id']}:{pressed.get('action_ts', '')}",
        kind="botao",
        user=_text(_object(payload["user"])["id"]),
        button=SlackButton(
            action_id=_text(pressed["action_id"]), value=_text(pressed.get("value", ""))
        ),
        response_url=_text(payload["response_url"]) if "response_url" in payload else None,
        received_at=received_at,
    )


def _event(document: Mapping[str, object], received_at: datetime) -> Read:
    if document.get("type") == "url_verification":
        return Challenge(_text(document["challenge"]))
    if document.get("type") != "event_callback":
        return Nothing("event")
    event = _object(document["event"])
    if not _is_said_to_us(event):
        return Nothing("event")
    return SlackRequest(
        key=f"evento:{_text(document['event_id'])}",
        kind="mencao",
        user=_text(event["user"]),
        text=_text(event["text"])[:MAX_TEXT],
        received_at=received_at,
    )


def _is_said_to_us(event: Mapping[str, object]) -> bool:
    """Whether a person mentions us, or writes to us alone.

    A direct message with a `subtype` is an edit, a deletion, or nothing that anybody wrote. One in
    which we are mentioned is no `app_mention` besides.
    """
    if "bot_id" in event:
        return False
    if event.get("type") == "message":
        return event.get("channel_type") == "im" and "subtype" not in event
    return event.get("type") == "app_mention"


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.replace("\0", "")  # which the database could not store
