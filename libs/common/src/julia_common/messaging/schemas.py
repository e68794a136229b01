"""JSON Schemas and the AsyncAPI document, made from the models and the topology."""

from typing import Any

from pydantic import TypeAdapter

from julia_common.contracts.messages import MESSAGE_TYPES

type Json = dict[str, Any]


def json_schemas() -> dict[str, Json]:
    """One JSON Schema per message type, by type."""
    return {
        kind: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{kind}.json",
            **TypeAdapter(model).json_schema(),
        }
        for kind, model in MESSAGE_TYPES.items()
    }
