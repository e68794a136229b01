"""The server-sent events of a streamed answer."""

import json
from collections.abc import Iterator
from typing import Any

_PIECE_CHARACTERS = 24


def events(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event of a whole message, in order."""
    output_tokens = message["usage"]["output_tokens"]
    start = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {**message["usage"], "output_tokens": 1},
    }
    yield "message_start", {"message": start}
    yield "ping", {}
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block)
    yield (
        "message_delta",
        {
            "delta": {
                "stop_reason": message["stop_reason"],
                "stop_sequence": message["stop_sequence"],
                "stop_details": message["stop_details"],
            },
            "usage": {"output_tokens": output_tokens},
        },
    )
    yield "message_stop", {}


def _block_events(index: int, block: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if block["type"] == "tool_use":
        empty = {**block, "input": {}}
        delta, key, text = "input_json_delta", "partial_json", json.dumps(block["input"])
    else:
        empty = {**block, "text": ""}
        delta, key, text = "text_delta", "text", block["text"]
    yield "content_block_start", {"index": index, "content_block": empty}
    for at in range(0, len(text), _PIECE_CHARACTERS):
        piece = text[at : at + _PIECE_CHARACTERS]
        yield "content_block_delta", {"index": index, "delta": {"type": delta, key: piece}}
    yield "content_block_stop", {"index": index}


def encode(name: str, data: dict[str, Any]) -> bytes:
    """One event on the wire; the SDK skips events without an `event:` line."""
    payload = json.dumps({"type": name, **data}, ensure_ascii=False)
    return f"event: {name}\ndata: {payload}\n\n".encode()
