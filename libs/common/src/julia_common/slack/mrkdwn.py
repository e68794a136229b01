"""Slack's text format. What is not ours (names, places, reasons) goes through `escape` first."""

import re
from typing import Final

_CUT_ENTITY: Final = re.compile(r"&[a-z]{0,3}$")
_ELLIPSIS: Final = "…"


def escape(text: str) -> str:
    """The text as itself: it mentions nobody and links nowhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bold(text: str) -> str:
    """Escaped and bold, on one line; asterisks of its own would end it, so they are left out."""
    return f"*{escape(_one_line(text.replace('*', '')))}*"


def code(text: str) -> str:
    """Escaped, to be copied by a person as it stands."""
    return f"```{escape(text.replace('```', ''))}```"


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut off."""
    if len(text) <= limit:
        return text
    return _CUT_ENTITY.sub("", text[: limit - len(_ELLIPSIS)]) + _ELLIPSIS


def _one_line(text: str) -> str:
    return " ".join(text.split())
