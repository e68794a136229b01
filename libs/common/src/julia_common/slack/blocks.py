"""A message as Slack draws it, kept within Slack's limits.

A block that is too long is cut, a message that is too long loses its last blocks and says so:
Slack would refuse the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from julia_common.slack.mrkdwn import clip

MAX_TEXT: Final = 4_000
MAX_BLOCKS: Final = 50
MAX_SECTION: Final = 3_000
MAX_FIELDS: Final = 10
MAX_FIELD: Final = 2_000
MAX_HEADER: Final = 150
MAX_ELEMENTS: Final = 10
MAX_BUTTONS: Final = 25
MAX_BUTTON: Final = 75
MAX_VALUE: Final = 2_000
MAX_CONFIRM_TITLE: Final = 100
MAX_CONFIRM_TEXT: Final = 300
MAX_CONFIRM_BUTTON: Final = 30
MAX_ALL: Final = 12_500
"""Of about 13,000 characters that all blocks may have together."""

_CUT_OFF: Final = "Mensagem cortada: era longa demais para o Slack."


@dataclass(frozen=True, slots=True)
class Header:
    """A large plain title, at most 150 characters."""

    text: str

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        return {"type": "header", "text": _plain(self.text, MAX_HEADER)}


@dataclass(frozen=True, slots=True)
class Section:
    """A paragraph of mrkdwn, at most 3,000 characters."""

    text: str

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        return {"type": "section", "text": _mrkdwn(self.text, MAX_SECTION)}


@dataclass(frozen=True, slots=True)
class Fields:
    """Short texts of mrkdwn in two columns, at most ten."""

    items: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        fields = [_mrkdwn(item, MAX_FIELD) for item in self.items[:MAX_FIELDS]]
        return {"type": "section", "fields": fields}


@dataclass(frozen=True, slots=True)
class Context:
    """Small print in mrkdwn, at most ten pieces."""

    items: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        elements = [_mrkdwn(item, MAX_SECTION) for item in self.items[:MAX_ELEMENTS]]
        return {"type": "context", "elements": elements}


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across."""

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        return {"type": "divider"}


@dataclass(frozen=True, slots=True)
class Confirm:
    """What Slack asks before a press of a button counts, all plain."""

    title: str
    text: str
    yes: str
    no: str

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        return {
            "title": _plain(self.title, MAX_CONFIRM_TITLE),
            "text": _plain(self.text, MAX_CONFIRM_TEXT),
            "confirm": _plain(self.yes, MAX_CONFIRM_BUTTON),
            "deny": _plain(self.no, MAX_CONFIRM_BUTTON),
        }


@dataclass(frozen=True, slots=True)
class Button:
    """A plain text of at most 75 characters; pressed, Slack sends us `action` and `value`."""

    text: str
    action: str
    value: str
    style: Literal["primary", "danger"] | None = None
    confirm: Confirm | None = None

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words. Raises `ValueError` for a value that Slack would refuse."""
        if len(self.value) > MAX_VALUE:
            message = f"the value of button {self.action} is longer than {MAX_VALUE} characters"
            raise ValueError(message)
        button: dict[str, Any] = {
            "type": "button",
            "text": _plain(self.text, MAX_BUTTON),
            "action_id": self.action,
            "value": self.value,
        }
        if self.style is not None:
            button["style"] = self.style
        if self.confirm is not None:
            button["confirm"] = self.confirm.as_json()
        return button


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons in a row, at most 25, each with an `action` of its own."""

    buttons: tuple[Button, ...]

    def as_json(self) -> dict[str, Any]:
        """In Block Kit's words."""
        elements = [button.as_json() for button in self.buttons[:MAX_BUTTONS]]
        return {"type": "actions", "elements": elements}


type Block = Header | Section | Fields | Context | Divider | Actions


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """`text` is what a notification shows, in mrkdwn; `blocks` is what the channel shows."""

    text: str
    blocks: tuple[Block, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The body of the webhook's request."""
        body: dict[str, Any] = {"text": clip(self.text, MAX_TEXT), "unfurl_links": False}
        if self.blocks:
            body["blocks"] = _within_limits(self.blocks)
        return body

    def plain(self) -> "SlackMessage":
        """The same without blocks, for the case that Slack does not like them."""
        return SlackMessage(self.text)


def _mrkdwn(text: str, limit: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": clip(text, limit)}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": clip(text, limit), "emoji": True}


def _within_limits(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    cut = Context((_CUT_OFF,)).as_json()
    room = MAX_ALL - len(_CUT_OFF)
    kept: list[dict[str, Any]] = []
    drawn = [block.as_json() for block in blocks]
    for number, block in enumerate(drawn, 1):
        room -= _characters(block)
        if room < 0 or (number == MAX_BLOCKS and len(drawn) > MAX_BLOCKS):
            return [*kept, cut]
        kept.append(block)
    return kept


def _characters(block: dict[str, Any]) -> int:
    texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    # A button's text is an object of its own.
    shown = [text["text"] for text in texts if text is not None]
    return sum(len(text if isinstance(text, str) else text["text"]) for text in shown)
