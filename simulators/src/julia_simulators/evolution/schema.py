"""Request schemas of Evolution, checked with the words of the `jsonschema` package it uses."""

from typing import Any

type Schema = dict[str, Any]
type Complaint = tuple[str, str, Schema]
"""Where, what is wrong, and the part of the schema that says so."""

EVENTS = (
    "MESSAGES_SET",
    "MESSAGES_UPSERT",
    "MESSAGES_EDITED",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "SEND_MESSAGE_UPDATE",
    "CONTACTS_SET",
    "CONTACTS_UPSERT",
    "CONTACTS_UPDATE",
    "PRESENCE_UPDATE",
    "CHATS_SET",
    "CHATS_UPSERT",
    "CHATS_UPDATE",
    "CHATS_DELETE",
    "GROUPS_UPSERT",
    "GROUP_UPDATE",
    "GROUP_PARTICIPANTS_UPDATE",
    "CONNECTION_UPDATE",
    "QRCODE_UPDATED",
    "LABELS_EDIT",
    "LABELS_ASSOCIATION",
    "CALL",
    "TYPEBOT_START",
    "TYPEBOT_CHANGE_STATUS",
    "APPLICATION_STARTUP",
    "REMOVE_INSTANCE",
    "LOGOUT_INSTANCE",
    "INSTANCE_CREATE",
    "INSTANCE_DELETE",
    "STATUS_INSTANCE",
)

_NUMBER: Schema = {"type": "string", "description": "Invalid format"}
_DELAY: Schema = {"type": "integer", "description": "Enter a value in milliseconds"}
_BOOLEAN: Schema = {"type": "boolean", "enum": [True, False]}
_STRING: Schema = {"type": "string"}


def _not_empty(name: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": f'The "{name}" cannot be empty'}


_KEY: Schema = {
    "type": "object",
    "properties": {
        "id": _not_empty("id"),
        "remoteJid": _not_empty("remoteJid"),
        "fromMe": _BOOLEAN,
    },
    "required": ["id", "remoteJid", "fromMe"],
}
_QUOTED: Schema = {
    "properties": {
        "key": {"type": "object", "properties": {"id": _not_empty("id")}, "required": ["id"]},
        "message": {"type": "object"},
    }
}

SEND_TEXT: Schema = {
    "type": "object",
    "properties": {
        "number": _NUMBER,
        "text": _STRING,
        "linkPreview": {"type": "boolean"},
        "delay": _DELAY,
        "quoted": _QUOTED,
        "mentionsEveryOne": _BOOLEAN,
        "mentioned": {"type": "array", "minItems": 1, "items": _STRING},
    },
    "required": ["number", "text"],
}
SEND_MEDIA: Schema = {
    "type": "object",
    "properties": {
        "number": _NUMBER,
        "mediatype": {"type": "string", "enum": ["image", "document", "video", "audio"]},
        "mimetype": _STRING,
        "media": _STRING,
        "fileName": _STRING,
        "caption": _STRING,
        "delay": _DELAY,
        "quoted": _QUOTED,
    },
    "required": ["number", "mediatype"],
}
SEND_REACTION: Schema = {
    "type": "object",
    "properties": {"key": _KEY, "reaction": _STRING},
    "required": ["key", "reaction"],
}
SEND_PRESENCE: Schema = {
    "type": "object",
    "properties": {
        "number": _NUMBER,
        "delay": {"type": "number"},
        "presence": {
            "type": "string",
            "enum": ["unavailable", "available", "composing", "recording", "paused"],
        },
    },
    "required": ["number", "presence", "delay"],
}
MARK_READ: Schema = {
    "type": "object",
    "properties": {"readMessages": {"type": "array", "minItems": 1, "items": _KEY}},
    "required": ["readMessages"],
}
WHATSAPP_NUMBERS: Schema = {
    "type": "object",
    "properties": {
        "numbers": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "type": "string",
                "description": '"numbers" must be an array of numeric strings',
            },
        }
    },
}
DELETE_MESSAGE: Schema = {**_KEY, "properties": {**_KEY["properties"], "participant": _STRING}}
FIND_MESSAGES: Schema = {
    "type": "object",
    "properties": {"where": {"type": "object"}, "limit": {"type": "integer"}},
}
GET_BASE64: Schema = {"type": "object"}
SET_WEBHOOK: Schema = {
    "type": "object",
    "properties": {
        "webhook": {
            "type": "object",
            "properties": {
                "enabled": {"type": "boolean"},
                "url": _STRING,
                "headers": {"type": "object"},
                "byEvents": {"type": "boolean"},
                "base64": {"type": "boolean"},
                "events": {
                    "type": "array",
                    "minItems": 0,
                    "items": {"type": "string", "enum": list(EVENTS)},
                },
            },
            "required": ["enabled", "url"],
        }
    },
    "required": ["webhook"],
}
CREATE_INSTANCE: Schema = {
    "type": "object",
    "properties": {
        "instanceName": _STRING,
        "integration": {
            "type": "string",
            "enum": ["WHATSAPP-BAILEYS", "WHATSAPP-BUSINESS", "EVOLUTION"],
        },
        "token": _STRING,
        "qrcode": {"type": "boolean"},
    },
    "required": ["instanceName", "integration"],
}


def problems(value: Any, schema: Schema) -> list[str]:
    """Return what is wrong with the body, in Evolution's words; empty when nothing is."""
    return [
        rule.get("description") or f"{path} {complaint}".replace("instance.", "", 1)
        for path, complaint, rule in _check("instance", value, schema)
    ]


def _check(path: str, value: Any, schema: Schema) -> list[Complaint]:
    found: list[Complaint] = []
    expected = schema.get("type")
    if expected and not _is_type(value, expected):
        found.append((path, f"is not of a type(s) {expected}", schema))
    match value:
        case dict():
            found += _check_object(path, value, schema)
        case list():
            found += _check_array(path, value, schema)
        case str() if len(value) < schema.get("minLength", 0):
            found.append((path, f"does not meet minimum length of {schema['minLength']}", schema))
    allowed = schema.get("enum")
    if allowed and value not in allowed:
        names = ",".join(str(name) for name in allowed)
        found.append((path, f"is not one of enum values: {names}", schema))
    return found


def _check_object(path: str, value: dict[str, Any], schema: Schema) -> list[Complaint]:
    found: list[Complaint] = []
    for name, rule in schema.get("properties", {}).items():
        if name in value:
            found += _check(f"{path}.{name}", value[name], rule)
    found += [
        (path, f'requires property "{name}"', schema)
        for name in schema.get("required", ())
        if name not in value
    ]
    return found


def _check_array(path: str, value: list[Any], schema: Schema) -> list[Complaint]:
    found: list[Complaint] = []
    if len(value) < schema.get("minItems", 0):
        found.append((path, f"does not meet minimum length of {schema['minItems']}", schema))
    for index, item in enumerate(value):
        found += _check(f"{path}[{index}]", item, schema.get("items", {}))
    if schema.get("uniqueItems") and _has_duplicates(value):
        found.append((path, "contains duplicate item", schema))
    return found


def _is_type(value: Any, expected: str) -> bool:
    match expected:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _has_duplicates(values: list[Any]) -> bool:
    return any(value in values[:index] for index, value in enumerate(values))
