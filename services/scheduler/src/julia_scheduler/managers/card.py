"""One notice in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from julia_common.database import Notice
from julia_common.slack import Actions, escape


@dataclass(frozen=True, slots=True)
class Card:
    """A notice as it is read: a plain title, a text in mrkdwn, and buttons or SQL to decide by.

    `chat`: the conversation that it is about, by Chatwoot's id, to be linked.
    """

    title: str
    text: str
    statement: str = ""
    chat: int | None = None
    buttons: Actions | None = None


def said(notice: Notice, field: str) -> str:
    """Words of ours that the notice brings, with no full stop of their own."""
    return sentence(notice.dados.get(field))


def sentence(words: object) -> str:
    """Words of ours as the end of a sentence that brings its own full stop, in mrkdwn."""
    return escape(str(words or "sem motivo informado").rstrip("."))


def mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    """What a field of a notice holds if that is an object, else nothing."""
    return value if isinstance(value, dict) else {}
