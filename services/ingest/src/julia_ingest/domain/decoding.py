"""Bytes to JSON, for bodies that may be anything."""

import json
import re
from typing import NoReturn

from julia_common.whatsapp import UnreadableError, UnreadableReason

MAX_DEPTH = 64
"""Evolution's deepest bodies (quotes inside quotes inside wrappers) stay below twenty."""

_OPENING = b"[{"
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


def decode(body: bytes) -> object:
    """Parse the body. Raises `UnreadableError` for what is no JSON or is nested too deeply."""
    if _too_deep(body):
        # Before the parser sees it: the parser and all that walks its result recurse.
        raise UnreadableError(UnreadableReason.DEPTH)
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except ValueError:
        # Also what is no UTF-8. The error quotes the body, so it is not kept as a cause.
        raise UnreadableError(UnreadableReason.JSON) from None


def _too_deep(body: bytes) -> bool:
    if sum(body.count(bracket) for bracket in (b"[", b"{")) <= MAX_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        bracket = body[token.start()]
        if bracket in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif bracket != ord('"'):
            depth -= 1
    return False


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)
