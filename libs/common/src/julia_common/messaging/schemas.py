"""JSON Schemas and the AsyncAPI document, made from the models and the topology."""

from typing import Any

from pydantic import TypeAdapter

from julia_common.contracts.messages import MESSAGE_TYPES
from julia_common.messaging import topology
from julia_common.messaging.envelope import SPEC_VERSION

type Json = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, Json]:
    """One JSON Schema per message type, by type."""
    return {
        kind: {"$schema": _DIALECT, "$id": f"{kind}.json", **TypeAdapter(model).json_schema()}
        for kind, model in MESSAGE_TYPES.items()
    }


def asyncapi() -> Json:
    """The AsyncAPI 3 document: what travels on which routing key, and which queue takes it.

    The payloads are references to the JSON Schemas in `schemas/` beside it.
    """
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Julia's messages",
            "version": "1.0.0",
            "description": (
                "CloudEvents 1.0 in binary mode on RabbitMQ: attributes and traceparent in the "
                "headers, JSON bodies. Changes are additive; a breaking one is a new type (.v2)."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {key: _channel(key) for key in _keys()},
        "operations": _operations(),
        "components": {
            "messages": {key: _message(key) for key in _keys()},
            "schemas": {"CloudEventsHeaders": _headers()},
        },
    }


def _keys() -> list[str]:
    return [*MESSAGE_TYPES, topology.QUARANTINE_KEY]


def _channel(key: str) -> Json:
    return {
        "address": key,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": topology.EXCHANGE,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                },
            }
        },
    }


def _operations() -> Json:
    """One operation per binding of a queue; dots are not allowed in the names."""
    return {
        f"{spec.name}-{key}".replace(".", "-"): {
            "action": "receive",
            "summary": f"Queue {spec.name}",
            "channel": {"$ref": f"#/channels/{key}"},
            "bindings": {"amqp": {"ack": True}},
        }
        for spec in topology.QUEUES
        for key in spec.binds
    }


def _message(key: str) -> Json:
    model = MESSAGE_TYPES.get(key)
    sealed = "A webhook body that could not be read, encrypted (Fernet)."
    return {
        "name": key,
        "summary": (model.__doc__ or "").partition("\n")[0] if model else sealed,
        "contentType": "application/json" if model else "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/CloudEventsHeaders"},
        "payload": {"$ref": f"./schemas/{key}.json"} if model else {"type": "string"},
    }


def _headers() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": [
            f"cloudEvents_{name}" for name in ("specversion", "id", "source", "type", "time")
        ],
        "properties": {
            "cloudEvents_specversion": {"const": SPEC_VERSION},
            "cloudEvents_id": {**text, "description": "The same for every copy of one event"},
            "cloudEvents_source": {**text, "description": "The service, as a path: /julia-api"},
            "cloudEvents_type": {**text, "description": "The routing key"},
            "cloudEvents_time": {**text, "format": "date-time"},
            "cloudEvents_partitionkey": {
                **text,
                "description": "Opaque; what shares it belongs together",
            },
            "traceparent": {**text, "description": "W3C trace context"},
        },
    }
