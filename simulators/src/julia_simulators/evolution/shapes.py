"""The JSON that Evolution writes: answers, errors, webhook bodies. Pure functions."""

import math
import secrets
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from julia_simulators.evolution.contents import Content, as_long
from julia_simulators.evolution.state import Doctor, Instance, WebhookConfig

_SAO_PAULO = timezone(timedelta(hours=-3))
_DELETED = "DELETED"

type Json = dict[str, Any]


class ApiError(Exception):
    """An answer that is not 2xx. `message`: a list for most, a string for 401 and 500."""

    def __init__(self, status: int, error: str, message: str | list[Any]) -> None:
        """Keep the three parts of the body."""
        super().__init__(f"{status} {error}")
        self.status = status
        self.body: Json = {"status": status, "error": error, "response": {"message": message}}


def bad_request(*message: Any) -> ApiError:
    """400: the words in a flat list; schema failures pass a list and so get a nested one."""
    return ApiError(400, "Bad Request", list(message))


def unauthorized() -> ApiError:
    """401: the message is a string."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def not_found(message: str) -> ApiError:
    """404: a flat list."""
    return ApiError(404, "Not Found", [message])


def internal_error(message: str) -> ApiError:
    """500: the message is a string."""
    return ApiError(500, "Internal Server Error", message)


def new_key_id() -> str:
    """Return a message id as WhatsApp clients make them."""
    return f"3EB0{secrets.token_hex(9).upper()}"


def not_on_whatsapp(number: str, jid: str) -> Json:
    """One entry of `whatsappNumbers` for a number without WhatsApp."""
    return {"jid": jid, "exists": False, "number": number}


def on_whatsapp(number: str, doctor: Doctor) -> Json:
    """One entry of `whatsappNumbers` for a person on WhatsApp."""
    return {
        "jid": doctor.jid,
        "exists": True,
        "number": number,
        "name": doctor.name,
        "lid": doctor.lid,
    }


def message_row(
    instance: Instance,
    key: Json,
    content: Content,
    *,
    push_name: str,
    timestamp: int,
    status: str,
    source: str,
) -> Json:
    """Return a message as an upsert, a `send.message` and a 201 show it."""
    return {
        "key": key,
        "pushName": push_name,
        "status": status,
        "message": content.message,
        "contextInfo": content.context_info,
        "messageType": content.message_type,
        "messageTimestamp": timestamp,
        "instanceId": instance.id,
        "source": source,
    }


def stored(row: Json) -> Json:
    """Return the row that `findMessages` will show of this message."""
    return {
        "id": f"c{secrets.token_hex(12)}",
        **{
            name: row[name]
            for name in (
                "key",
                "pushName",
                "messageType",
                "message",
                "messageTimestamp",
                "instanceId",
                "source",
                "contextInfo",
            )
        },
        "MessageUpdate": [],
    }


def ack(instance: Instance, *, key_id: str, jid: str, status: str, row_id: str | None) -> Json:
    """`messages.update`: what became of a message of ours."""
    data = {
        "keyId": key_id,
        "remoteJid": jid,
        "fromMe": True,
        "status": status,
        "instanceId": instance.id,
    }
    return {**data, "messageId": row_id} if row_id else data


def edited(key: Json, text: str, at_ms: int) -> Json:
    """`messages.edited`: the sender changed the text."""
    return {
        "key": key,
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": text},
        "timestampMs": as_long(at_ms),
    }


def revoked(key: Json, at_ms: int) -> Json:
    """`messages.edited` once more: the sender deleted the message for everyone."""
    return {"key": key, "type": "REVOKE", "timestampMs": as_long(at_ms)}


def deleted_by_sender(key: Json) -> Json:
    """`messages.delete` of a received message: the key lies flat."""
    return {
        "remoteJid": key["remoteJid"],
        "id": key["id"],
        "fromMe": key["fromMe"],
        "status": _DELETED,
    }


def deleted_by_us(instance: Instance, row_id: str, key: Json) -> Json:
    """`messages.delete` of our own message: the key is nested beside the row's id."""
    return {"id": row_id, "instanceId": instance.id, "key": key, "status": _DELETED}


def connection(instance: Instance, state: str, reason: int | None = None) -> Json:
    """`connection.update`; `statusReason` is 200 while nothing is wrong."""
    data: Json = {"instance": instance.name, "state": state, "statusReason": reason or 200}
    if state == "open":
        data["wuid"] = instance.own_jid
    return data


def webhook_body(
    instance: Instance, config: WebhookConfig, event: str, data: Any, server_url: str
) -> Json:
    """Return the body that every webhook shares. `date_time` is local time with a false `Z`."""
    local = datetime.now(UTC).astimezone(_SAO_PAULO).replace(tzinfo=None)
    return {
        "event": event,
        "instance": instance.name,
        "data": data,
        "destination": config.url,
        "date_time": f"{local.isoformat(timespec='milliseconds')}Z",
        "sender": instance.own_jid,
        "server_url": server_url,
        "apikey": instance.token,
    }


def webhook_row(instance: Instance, config: WebhookConfig) -> Json:
    """Return the row that `webhook/set` and `webhook/find` answer."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": config.id,
        "url": config.url,
        "headers": config.headers,
        "enabled": config.enabled,
        "events": list(config.events),
        "webhookByEvents": config.by_events,
        "webhookBase64": config.base64,
        "createdAt": now,
        "updatedAt": now,
        "instanceId": instance.id,
    }


def qr_code() -> Json:
    """Return a QR answer; its code leads nowhere."""
    code = f"2@{uuid.uuid4().hex}"
    return {"pairingCode": None, "code": code, "base64": "data:image/png;base64,", "count": 1}


def page_of_messages(rows: list[Json], page: int, size: int) -> Json:
    """Return the answer of `findMessages` for rows that are already filtered and sorted."""
    start = size * (page - 1)
    return {
        "messages": {
            "total": len(rows),
            "pages": math.ceil(len(rows) / size),
            "currentPage": page,
            "records": rows[start : start + size],
        }
    }
