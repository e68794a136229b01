"""What Slack refuses in a message, and in which word."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

MAX_BLOCKS: Final = 50
MAX_ATTACHMENTS: Final = 100
MAX_ALL: Final = 13_000
MAX_BODY_BYTES: Final = 1024 * 1024
_FIELDS: Final = 10
_ELEMENTS: Final = 10
_BUTTONS: Final = 25
_TEXT_LIMITS: Final = {"header": 150, "section": 3_000, "field": 2_000, "element": 3_000}
_BUTTON_TEXT: Final = 75
_ID: Final = 255
_VALUE: Final = 2_000
_STYLES: Final = (None, "primary", "danger")
_CONFIRM_LIMITS: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_MARKS: Final = ("mrkdwn", "plain_text")


class RefusedError(Exception):
    """Slack's word for what is wrong."""


def read(body: bytes, content_type: str) -> dict[str, Any]:
    """The payload of a request, as JSON or as the form field `payload`; raise `RefusedError`."""
    if len(body) > MAX_BODY_BYTES:
        raise RefusedError("invalid_payload")
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            body = parse_qs(body.decode())["payload"][0].encode()
        payload = json.loads(body)
    except (ValueError, KeyError) as error:
        raise RefusedError("invalid_payload") from error
    if not isinstance(payload, dict):
        raise RefusedError("invalid_payload")
    return payload


def check(payload: dict[str, Any]) -> None:
    """Raise `RefusedError` for what Slack does not take."""
    attachments = _listed(payload, "attachments", "invalid_attachments")
    blocks = _listed(payload, "blocks", "invalid_blocks")
    if not (payload.get("text") or blocks or attachments):
        raise RefusedError("no_text")
    if len(attachments) > MAX_ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    if len(blocks) > MAX_BLOCKS or not all(map(_is_valid, blocks)):
        raise RefusedError("invalid_blocks")
    if sum(map(_characters, blocks)) > MAX_ALL:
        raise RefusedError("msg_blocks_too_long")


def _listed(payload: dict[str, Any], name: str, refusal: str) -> list[Any]:
    value = payload.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RefusedError(refusal)
    return value


def _is_valid(block: dict[str, Any]) -> bool:
    is_valid = _CHECKS.get(str(block.get("type")))
    return is_valid is not None and is_valid(block) and len(str(block.get("block_id", ""))) <= _ID


def _is_section(block: dict[str, Any]) -> bool:
    text, fields = block.get("text"), block.get("fields")
    if text is None and fields is None:
        return False
    if text is not None and not _is_text(text, "section"):
        return False
    return fields is None or (
        isinstance(fields, list)
        and 0 < len(fields) <= _FIELDS
        and all(_is_text(field, "field") for field in fields)
    )


def _is_row(block: dict[str, Any], limit: int, is_valid: Callable[[Any], bool]) -> bool:
    elements = block.get("elements")
    return (
        isinstance(elements, list) and 0 < len(elements) <= limit and all(map(is_valid, elements))
    )


def _is_element(element: Any) -> bool:
    return _is_text(element, "element")


def _is_button(element: Any) -> bool:
    return (
        isinstance(element, dict)
        and element.get("type") == "button"
        and _is_text(element.get("text"), "section", marks=("plain_text",))
        and len(element["text"]["text"]) <= _BUTTON_TEXT
        and len(str(element.get("action_id", ""))) <= _ID
        and len(str(element.get("value", ""))) <= _VALUE
        and element.get("style") in _STYLES
        and ("confirm" not in element or _is_confirm(element["confirm"]))
    )


def _is_confirm(confirm: Any) -> bool:
    return isinstance(confirm, dict) and all(
        _is_text(confirm.get(name), "section", marks=("plain_text",))
        and len(confirm[name]["text"]) <= limit
        for name, limit in _CONFIRM_LIMITS.items()
    )


def _is_buttons(block: dict[str, Any]) -> bool:
    if not _is_row(block, _BUTTONS, _is_button):
        return False
    ids = [element["action_id"] for element in block["elements"] if "action_id" in element]
    return len(set(ids)) == len(ids)


def _is_text(text: Any, place: str, marks: tuple[str, ...] = _MARKS) -> bool:
    return (
        isinstance(text, dict)
        and text.get("type") in marks
        and isinstance(text.get("text"), str)
        and 0 < len(text["text"]) <= _TEXT_LIMITS[place]
    )


_CHECKS: Final[dict[str, Callable[[dict[str, Any]], bool]]] = {
    "divider": lambda _: True,
    "header": lambda block: _is_text(block.get("text"), "header", marks=("plain_text",)),
    "section": _is_section,
    "context": lambda block: _is_row(block, _ELEMENTS, _is_element),
    "actions": _is_buttons,
}


def _characters(block: dict[str, Any]) -> int:
    texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    return sum(len(text["text"]) for text in texts if isinstance(text, dict) and "text" in text)
