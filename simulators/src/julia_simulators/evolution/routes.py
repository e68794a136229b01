"""The routes of Evolution API that Julia uses, and the order in which they check a request."""

import asyncio
import base64
import binascii
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from julia_simulators.evolution import phone, schema, shapes
from julia_simulators.evolution.contents import Content, Draft, Kind, Quote, compose
from julia_simulators.evolution.faults import CallFault
from julia_simulators.evolution.network import Network, Outgoing, scripted_error
from julia_simulators.evolution.shapes import ApiError, Json
from julia_simulators.evolution.state import ConnectionState, Doctor, Instance, WebhookConfig

_CHANNEL_WITHOUT_WHATSAPP = "EVOLUTION"
_NO_CLIENT = "Cannot read properties of undefined (reading 'onWhatsApp')"
_NUMBER_PREFIX = "55119999900"
_DEFAULT_PAGE_SIZE = 50
_HTTP_ERROR = 400
_NOTHING_WRONG = CallFault()


@dataclass(frozen=True)
class Call:
    """One request that passed all checks."""

    network: Network
    instance: Instance
    body: Json
    fault: CallFault
    started_at: float
    route: str

    def doctor(self) -> Doctor | None:
        """Return the person whom the body addresses."""
        return self.network.world.doctor_at(str(self.body.get("number", "")))


@dataclass(frozen=True)
class Endpoint:
    """One route: its name, method, status of success, body schema and handler."""

    name: str
    method: str
    path: str
    status: int
    handle: Callable[[Call], Awaitable[Any]]
    body: schema.Schema | None = None


# Sending


async def send_text(call: Call) -> Json:
    """`sendText`: `delay` shows the typing indicator and holds the call open that long."""
    quoted = call.body.get("quoted") or {}
    quote = None
    if key_id := quoted.get("key", {}).get("id"):
        text = (quoted.get("message") or {}).get("conversation", "")
        quote = Quote(key_id=key_id, text=text, author=call.instance.own_jid)
    return await _send(call, compose(Draft(text=call.body["text"], quote=quote)))


async def send_media(call: Call) -> Json:
    """`sendMedia`: a URL with a dotted host, or base64 (documents then need a name)."""
    media, kind = call.body.get("media", ""), call.body["mediatype"]
    is_base64 = _is_base64(media)
    if is_base64 and kind == "document" and not call.body.get("fileName"):
        raise shapes.bad_request("For base64 the file name must be informed.")
    if not is_base64 and not _is_url(media, needs_dot=True):
        raise shapes.bad_request("Owned media must be a url or base64")
    draft = Draft(
        kind=Kind(kind),
        text=call.body.get("caption", ""),
        mimetype=call.body.get("mimetype"),
        file_name=call.body.get("fileName"),
        **({"base64": media} if is_base64 else {}),
    )
    return await _send(call, compose(draft))


async def send_reaction(call: Call) -> Json:
    """`sendReaction`: one emoji, or an empty string to take it back."""
    reaction, key = call.body["reaction"], call.body["key"]
    if reaction and re.fullmatch(r"[\w\s()\"+-]+", reaction):
        raise shapes.bad_request("Reaction must be a single emoji or empty string")
    _refuse_without_whatsapp(call)
    _need_connection(call)
    doctor = call.network.world.doctor_at(key["remoteJid"])
    content = compose(Draft(kind=Kind.REACTION, text=reaction, reacts_to=key))
    return await _carry(call, content, key["remoteJid"], doctor)


async def _send(call: Call, content: Content) -> Json:
    if call.instance.integration == _CHANNEL_WITHOUT_WHATSAPP:
        number = call.body["number"]
        jid = number if "@" in number else phone.phone_jid(number)
        return await _carry(call, content, jid, call.doctor())
    _need_connection(call)
    doctor = call.doctor()
    if doctor is None or not doctor.on_whatsapp:
        raise shapes.bad_request(_unknown_number(call, call.body["number"]))
    if delay_ms := call.body.get("delay"):
        await _show_presence(call, doctor, "composing", delay_ms)
    jid = doctor.lid if phone.is_lid(call.body["number"]) else doctor.jid
    return await _carry(call, content, jid, doctor)


async def _carry(call: Call, content: Content, jid: str, doctor: Doctor | None) -> Json:
    outgoing = Outgoing(content, jid, doctor, call.route, call.started_at)
    return await call.network.send(call.instance, outgoing, call.fault)


# Chat


async def send_presence(call: Call) -> Json:
    """`sendPresence`: flat body; blocks for `delay`; its failures are 400."""
    _refuse_without_whatsapp(call)
    if not _reachable(call):
        raise shapes.bad_request(f"Error: {_connection_error(call.instance)}")
    doctor = call.doctor()
    if doctor is None or not doctor.on_whatsapp:
        _unknown_number(call, call.body["number"])
        raise shapes.bad_request("[object Object]")
    await _show_presence(call, doctor, call.body["presence"], call.body["delay"])
    return {"presence": call.body["presence"]}


async def mark_as_read(call: Call) -> Json:
    """`markMessageAsRead`: chats addressed by a LID are skipped silently."""
    _refuse_without_whatsapp(call)
    if not _reachable(call):
        raise shapes.internal_error("Error: Connection Closed")
    for key in call.body["readMessages"]:
        doctor = call.network.world.doctor_at(key["remoteJid"])
        if doctor and not phone.is_lid(key["remoteJid"]) and not key["fromMe"]:
            call.network.journal.append(
                "read", doctor=doctor.number, instance=call.instance.name, key_id=key["id"]
            )
    return {"message": "Read messages", "read": "success"}


async def get_base64(call: Call) -> Json:
    """`getBase64FromMediaMessage`: the bytes of a message that Evolution still knows."""
    key_id = ((call.body.get("message") or {}).get("key") or {}).get("id")
    if not key_id or call.network.world.messages.get(call.instance.id, key_id) is None:
        raise shapes.bad_request("Message not found")
    content = call.network.media(call.instance, key_id)
    if content is None or content.media_base64 is None:
        raise shapes.bad_request("The message is not of the media type")
    body = next(iter(_unwrapped(content.message).values()))
    fault = call.fault
    encoded = content.media_base64
    if fault.media_bytes is not None:
        encoded = base64.b64encode(bytes(fault.media_bytes)).decode()
    return {
        "mediaType": next(iter(_unwrapped(content.message))),
        "fileName": body.get("fileName", f"{key_id}.bin"),
        "caption": body.get("caption"),
        "size": {"fileLength": body["fileLength"]},
        "mimetype": fault.media_mimetype or body["mimetype"],
        "base64": encoded,
        "buffer": None,
    }


async def whatsapp_numbers(call: Call) -> list[Json]:
    """`whatsappNumbers`: who of these has WhatsApp, and under which JID."""
    _need_connection(call)
    found = []
    for number in call.body.get("numbers", []):
        doctor = call.network.world.doctor_at(number)
        if doctor and doctor.on_whatsapp:
            found.append(shapes.on_whatsapp(number, doctor))
        else:
            found.append(shapes.not_on_whatsapp(number, phone.phone_jid(number)))
    return found


async def find_messages(call: Call) -> Json:
    """`findMessages` with the quirks of 2.3.7 in its filters."""
    where = call.body.get("where") or {}
    key = where.get("key") or {}
    earliest, latest = _time_bounds(where.get("messageTimestamp") or {})

    def fits(row: Json) -> bool:
        return (
            all(where.get(name) in (None, row[name]) for name in ("id", "source", "messageType"))
            # A falsy filter is no filter: `fromMe: false` finds our own messages too.
            and all(
                not key.get(name) or key[name] == row["key"].get(name)
                for name in ("id", "remoteJid", "fromMe")
            )
            and earliest <= _seconds(row) <= latest
        )

    rows = [row for row in call.network.world.messages.rows(call.instance.id) if fits(row)]
    rows.sort(key=_seconds, reverse=True)
    return shapes.page_of_messages(
        rows, call.body.get("page") or 1, call.body.get("offset") or _DEFAULT_PAGE_SIZE
    )


async def delete_for_everyone(call: Call) -> Json:
    """`deleteMessageForEveryone`."""
    _need_connection(call)
    doctor = call.network.world.doctor_at(call.body["remoteJid"])
    return call.network.forget_for_everyone(call.instance, call.body, doctor)


# Instances and webhooks


async def set_webhook(call: Call) -> Json:
    """`webhook/set`: without `events` the real server stumbles; an empty list means all."""
    wanted = call.body["webhook"]
    if not _is_url(wanted["url"], needs_dot=False):
        raise shapes.bad_request('Invalid "url" property')
    call.instance.webhook = webhook_config(wanted)
    call.network.keep_instance(call.instance)
    return shapes.webhook_row(call.instance, call.instance.webhook)


async def find_webhook(call: Call) -> Json | None:
    """`webhook/find`: the row, or null."""
    config = call.instance.webhook
    return shapes.webhook_row(call.instance, config) if config else None


async def connection_state(call: Call) -> Json:
    """`connectionState`."""
    return {"instance": {"instanceName": call.instance.name, "state": call.instance.state}}


async def connect(call: Call) -> Json:
    """`connect`: a QR code to scan, unless the number is connected."""
    return await connection_state(call) if call.instance.connected else shapes.qr_code()


async def create_instance(call: Call) -> Json:
    """`instance/create`: the new number waits for its QR code to be scanned."""
    body, instances = call.body, call.network.world.instances
    if body["instanceName"] in instances:
        name = body["instanceName"]
        raise ApiError(403, "Forbidden", [f'This name "{name}" is already in use.'])
    without_whatsapp = body["integration"] == _CHANNEL_WITHOUT_WHATSAPP
    instance = new_instance(
        body["instanceName"],
        len(instances),
        state=ConnectionState.OPEN if without_whatsapp else ConnectionState.CONNECTING,
        integration=body["integration"],
    )
    if token := body.get("token"):
        instance.token = token
    if hook := body.get("webhook"):
        instance.webhook = webhook_config({"enabled": True, "events": [], **hook})
    call.network.add_instance(instance)
    answer: Json = {
        "instance": {
            "instanceName": instance.name,
            "instanceId": instance.id,
            "integration": instance.integration,
            "status": instance.state,
        },
        "hash": instance.token,
        "webhook": {},
        "settings": {},
    }
    return {**answer, "qrcode": shapes.qr_code()} if body.get("qrcode") else answer


ENDPOINTS = (
    Endpoint("sendText", "POST", "/message/sendText/{instance}", 201, send_text, schema.SEND_TEXT),
    Endpoint(
        "sendMedia", "POST", "/message/sendMedia/{instance}", 201, send_media, schema.SEND_MEDIA
    ),
    Endpoint(
        "sendReaction",
        "POST",
        "/message/sendReaction/{instance}",
        201,
        send_reaction,
        schema.SEND_REACTION,
    ),
    Endpoint(
        "sendPresence",
        "POST",
        "/chat/sendPresence/{instance}",
        201,
        send_presence,
        schema.SEND_PRESENCE,
    ),
    Endpoint(
        "markMessageAsRead",
        "POST",
        "/chat/markMessageAsRead/{instance}",
        201,
        mark_as_read,
        schema.MARK_READ,
    ),
    Endpoint(
        "getBase64FromMediaMessage",
        "POST",
        "/chat/getBase64FromMediaMessage/{instance}",
        201,
        get_base64,
        schema.GET_BASE64,
    ),
    Endpoint(
        "whatsappNumbers",
        "POST",
        "/chat/whatsappNumbers/{instance}",
        200,
        whatsapp_numbers,
        schema.WHATSAPP_NUMBERS,
    ),
    Endpoint(
        "findMessages",
        "POST",
        "/chat/findMessages/{instance}",
        200,
        find_messages,
        schema.FIND_MESSAGES,
    ),
    Endpoint(
        "deleteMessageForEveryone",
        "DELETE",
        "/chat/deleteMessageForEveryone/{instance}",
        201,
        delete_for_everyone,
        schema.DELETE_MESSAGE,
    ),
    Endpoint(
        "webhook/set", "POST", "/webhook/set/{instance}", 201, set_webhook, schema.SET_WEBHOOK
    ),
    Endpoint("webhook/find", "GET", "/webhook/find/{instance}", 200, find_webhook),
    Endpoint(
        "connectionState", "GET", "/instance/connectionState/{instance}", 200, connection_state
    ),
    Endpoint("connect", "GET", "/instance/connect/{instance}", 200, connect),
    Endpoint("create", "POST", "/instance/create", 201, create_instance, schema.CREATE_INSTANCE),
)


def routes(network: Network) -> list[Route]:
    """Return Evolution's routes, answering from this network."""
    return [
        Route(endpoint.path, _checked(endpoint, network), methods=[endpoint.method])
        for endpoint in ENDPOINTS
    ]


def unknown_route(network: Network, method: str, path: str) -> Response:
    """Answer a path or method that Evolution does not have, and record it as forbidden."""
    network.journal.append("forbidden", reason="unknown_route", method=method, path=path)
    return _error(shapes.not_found(f"Cannot {method} {path}"))


def new_instance(
    name: str,
    index: int,
    *,
    state: ConnectionState = ConnectionState.OPEN,
    integration: str = "WHATSAPP-BAILEYS",
) -> Instance:
    """Return a number of the company's, the `index`-th of this server."""
    return Instance(
        name=name,
        own_jid=phone.phone_jid(f"{_NUMBER_PREFIX}{index:02d}"),
        integration=integration,
        state=state,
    )


def webhook_config(wanted: Json) -> WebhookConfig:
    """Read the nested body of `webhook/set`."""
    if wanted["enabled"] and "events" not in wanted:
        raise shapes.internal_error("Cannot read properties of undefined (reading 'length')")
    return WebhookConfig(
        url=wanted["url"],
        enabled=wanted["enabled"],
        events=(tuple(wanted["events"]) or schema.EVENTS) if wanted["enabled"] else (),
        by_events=wanted.get("byEvents", False),
        base64=wanted.get("base64", False),
        headers=wanted.get("headers") or {},
    )


def _checked(endpoint: Endpoint, network: Network) -> Callable[[Request], Awaitable[Response]]:
    """Wrap the handler in the checks: JSON, then instance, then key, then body."""

    async def answer(request: Request) -> Response:
        started_at = time.time()
        name = request.path_params.get("instance", "")
        doctor: Doctor | None = None
        try:
            body = await _json_body(request)
            instance = _instance(network, endpoint, name)
            _check_key(network, request, instance, endpoint)
            if endpoint.body and (complaints := schema.problems(body, endpoint.body)):
                raise shapes.bad_request(complaints)
            doctor = _addressee(network, body)
            fault = network.faults.for_call(
                route=endpoint.name,
                instance=name,
                doctor=doctor.number if doctor else None,
                text=body.get("text"),
            )
            call = Call(network, instance, body, fault or _NOTHING_WRONG, started_at, endpoint.name)
            await asyncio.sleep(call.fault.wait_s)
            result = await _with_fault(endpoint, call)
        except ApiError as error:
            response: Response = _error(error)
        else:
            response = JSONResponse(result, endpoint.status)
        network.journal.append(
            "call",
            doctor=doctor.number if doctor else None,
            route=endpoint.name,
            instance=name,
            status=response.status_code,
            started_at=started_at,
        )
        return response

    return answer


async def _with_fault(endpoint: Endpoint, call: Call) -> Any:
    """Run the handler; sends know their faults themselves, other routes fail here."""
    if endpoint.name in {"sendText", "sendMedia", "sendReaction"}:
        return await endpoint.handle(call)
    fault = call.fault
    result = await endpoint.handle(call) if fault.deliver else None
    await asyncio.sleep(fault.hold_s)
    if fault.status is not None and fault.status >= _HTTP_ERROR:
        raise scripted_error(fault)
    return result


async def _json_body(request: Request) -> Json:
    """Parse as Express does, before any route is looked at."""
    raw = await request.body()
    if not raw or "json" not in request.headers.get("content-type", ""):
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        message = f"Unexpected token in JSON: {type(error).__name__}"
        raise ApiError(400, "Internal Server Error", message) from error
    return body if isinstance(body, dict) else {}


def _instance(network: Network, endpoint: Endpoint, name: str) -> Instance:
    if endpoint.name == "create":
        return Instance(name="", own_jid="")
    instance = network.world.instances.get(name)
    if instance is None:
        network.journal.append("forbidden", reason="unknown_instance", route=endpoint.name)
        raise shapes.not_found(f'The "{name}" instance does not exist')
    return instance


def _check_key(network: Network, request: Request, instance: Instance, endpoint: Endpoint) -> None:
    allowed = network.keys if endpoint.name == "create" else network.keys | {instance.token}
    if request.headers.get("apikey") not in allowed:
        network.journal.append("forbidden", reason="unauthorized", route=endpoint.name)
        raise shapes.unauthorized()


def _addressee(network: Network, body: Json) -> Doctor | None:
    key = body.get("key")
    address = body.get("number") or (key.get("remoteJid") if isinstance(key, dict) else None)
    return network.world.doctor_at(address) if isinstance(address, str) else None


def _unknown_number(call: Call, number: str) -> Json:
    call.network.journal.append(
        "forbidden", reason="unknown_number", route=call.route, instance=call.instance.name
    )
    return shapes.not_on_whatsapp(number, phone.phone_jid(number))


def _reachable(call: Call) -> bool:
    return call.instance.connected and not call.fault.disconnected


def _need_connection(call: Call) -> None:
    if not _reachable(call):
        raise shapes.internal_error(_connection_error(call.instance))


def _connection_error(instance: Instance) -> str:
    """Return the words of the failure; a number that is logged out has no client object."""
    return _NO_CLIENT if instance.state is ConnectionState.CLOSE else "Connection Closed"


def _refuse_without_whatsapp(call: Call) -> None:
    if call.instance.integration == _CHANNEL_WITHOUT_WHATSAPP:
        raise shapes.bad_request("Method not available on Evolution Channel")


async def _show_presence(call: Call, doctor: Doctor, presence: str, delay_ms: float) -> None:
    """Show the presence, hold the call for `delay_ms`, then show a pause."""
    journal, instance = call.network.journal, call.instance.name
    journal.append(
        "presence",
        doctor=doctor.number,
        instance=instance,
        presence=presence,
        delay_ms=delay_ms,
    )
    await asyncio.sleep(delay_ms / 1000)
    if presence != "paused":
        journal.append(
            "presence", doctor=doctor.number, instance=instance, presence="paused", delay_ms=0
        )


def _time_bounds(wanted: Json) -> tuple[float, float]:
    """Return the bounds in seconds; one bound alone is ignored."""
    if not (wanted.get("gte") and wanted.get("lte")):
        return float("-inf"), float("inf")
    try:
        earliest, latest = (
            datetime.fromisoformat(wanted[name]).timestamp() // 1 for name in ("gte", "lte")
        )
    except (TypeError, ValueError) as error:
        raise shapes.internal_error("Invalid `prisma.message.count()` invocation") from error
    return earliest, latest


def _seconds(row: Json) -> int:
    stamp = row["messageTimestamp"]
    return int(stamp["low"]) if isinstance(stamp, dict) else int(stamp)


def _unwrapped(message: Json) -> Json:
    inner = next(iter(message.values()))
    return inner["message"] if isinstance(inner, dict) and "message" in inner else message


def _is_base64(value: str) -> bool:
    try:
        return bool(value) and bool(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_url(value: str, *, needs_dot: bool) -> bool:
    parts = urlsplit(value)
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and bool(host) and ("." in host or not needs_dot)


def _error(error: ApiError) -> JSONResponse:
    return JSONResponse(error.body, error.status)
