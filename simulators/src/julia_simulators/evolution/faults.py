"""Scripted faults: rules that break the next calls or webhooks that they match."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

_FOREVER = None

type Echo = Literal["normal", "before_answer", "delayed", "never"]
type Acks = Literal["normal", "never", "early_lost"]


@dataclass(frozen=True)
class CallFault:
    """What goes wrong with one call to Evolution's API, step by step."""

    wait_s: float = 0.0
    """Silence before anything happens."""
    disconnected: bool = False
    """The socket is found closed, and the call fails as Evolution fails then."""
    deliver: bool = True
    """Whether the effect takes place (a message reaches the doctor)."""
    store: bool = True
    """Whether `findMessages` will know the message."""
    echo: Echo = "normal"
    """When the event `send.message` comes; normally at the moment of the 201."""
    echo_delay_s: float = 5.0
    acks: Acks = "normal"
    """`early_lost`: the first ack comes before the row is stored, and is therefore lost."""
    hold_s: float = 0.0
    """Silence after the effect, before the answer."""
    status: int | None = None
    """The status answered instead of the normal one."""
    message: str | None = None
    media_bytes: int | None = None
    """`getBase64FromMediaMessage` answers so many bytes, whatever was announced."""
    media_mimetype: str | None = None
    """`getBase64FromMediaMessage` names this type, whatever was announced."""


@dataclass(frozen=True)
class WebhookFault:
    """What goes wrong with one webhook."""

    drop: bool = False
    copies: int = 1
    """Deliveries of the same event, all at once, each retried on its own."""
    delay_s: float = 0.0


PRESETS: dict[str, CallFault | WebhookFault] = {
    "timeout_before_delivery": CallFault(
        deliver=False, hold_s=60, status=400, message="Error: Timed Out"
    ),
    "timeout_after_delivery": CallFault(hold_s=60),
    "error_after_delivery": CallFault(status=400, message="Error: Timed Out"),
    "error_without_delivery": CallFault(deliver=False, status=500, message="simulated failure"),
    "disconnected": CallFault(disconnected=True),
    "accepted_but_never_delivered": CallFault(deliver=False, acks="never"),
    "echo_never": CallFault(echo="never"),
    "echo_before_answer": CallFault(echo="before_answer"),
    "echo_delayed": CallFault(echo="delayed"),
    "acks_never": CallFault(acks="never"),
    "early_ack_lost": CallFault(acks="early_lost"),
    "slow": CallFault(wait_s=3),
    "media_gone": CallFault(deliver=False, status=400, message="Message not found"),
    "media_too_large": CallFault(media_bytes=40 * 1024 * 1024),
    "media_of_another_type": CallFault(media_mimetype="application/zip"),
    "webhook_dropped": WebhookFault(drop=True),
    "webhook_duplicated": WebhookFault(copies=10),
    "webhook_delayed": WebhookFault(delay_s=5),
}


_MEDIA_ROUTE = "getBase64FromMediaMessage"


def default_route(preset: str) -> str:
    """The route that a fault of calls is for when nobody says which."""
    return _MEDIA_ROUTE if preset.startswith("media_") else "sendText"


@dataclass(frozen=True)
class Match:
    """Which calls or webhooks a rule is for; a field that is None matches everything."""

    route: str | None = None
    event: str | None = None
    instance: str | None = None
    doctor: str | None = None
    text_contains: str | None = None

    def fits(self, facts: dict[str, str | None]) -> bool:
        """Compare with what is known of the call or webhook."""
        return all(
            wanted is None or wanted == facts.get(name)
            for name, wanted in (
                ("route", self.route),
                ("event", self.event),
                ("instance", self.instance),
                ("doctor", self.doctor),
            )
        ) and (self.text_contains is None or self.text_contains in (facts.get("text") or ""))


_rule_ids = itertools.count(1)


@dataclass
class Rule:
    """A fault with its match; `left` counts down to 0, None means for ever."""

    fault: CallFault | WebhookFault
    match: Match = field(default_factory=Match)
    left: int | None = 1
    preset: str | None = None
    used: int = 0
    id: int = field(default_factory=lambda: next(_rule_ids))


class Faults:
    """The rules in force, oldest first; the first one that fits is used."""

    def __init__(self) -> None:
        """Start without faults."""
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force."""
        self.rules.append(rule)
        return rule

    def clear(self, rule_id: int | None = None) -> None:
        """Take one rule, or all, out of force."""
        self.rules = [rule for rule in self.rules if rule_id is not None and rule.id != rule_id]

    def for_call(self, **facts: str | None) -> CallFault | None:
        """Use up and return the fault of this API call, if it has one."""
        found = self._take(lambda rule: isinstance(rule.fault, CallFault), facts)
        return found if isinstance(found, CallFault) else None

    def for_webhook(self, **facts: str | None) -> WebhookFault | None:
        """Use up and return the fault of this webhook, if it has one."""
        found = self._take(lambda rule: isinstance(rule.fault, WebhookFault), facts)
        return found if isinstance(found, WebhookFault) else None

    def _take(
        self, of_kind: Callable[[Rule], bool], facts: dict[str, str | None]
    ) -> CallFault | WebhookFault | None:
        for rule in self.rules:
            if rule.left != 0 and of_kind(rule) and rule.match.fits(facts):
                rule.used += 1
                if rule.left is not _FOREVER:
                    rule.left -= 1
                return rule.fault
        return None


def describe(rule: Rule) -> dict[str, Any]:
    """Return the rule as the control API shows it."""
    return {
        "id": rule.id,
        "preset": rule.preset,
        "match": vars(rule.match),
        "fault": vars(rule.fault),
        "left": rule.left,
        "used": rule.used,
    }
