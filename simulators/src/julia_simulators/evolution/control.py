"""The control API under `/_sim`: play doctors and people, script faults, read the records.

`docs/reference/evolution-simulator.md` lists every request with an example.
"""

import json
import re
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from julia_simulators.evolution import contents, phone
from julia_simulators.evolution.contents import Content, Draft, Kind, Quote
from julia_simulators.evolution.faults import (
    PRESETS,
    CallFault,
    Match,
    Rule,
    WebhookFault,
    default_route,
    describe,
)
from julia_simulators.evolution.network import LOGGED_OUT, Circumstances, Network
from julia_simulators.evolution.records import Record
from julia_simulators.evolution.state import Doctor, Instance, LidForm, World, to_note

_KEEP_ALIVE_S = 15.0
_LONGEST_WAIT_S = 60.0
_LAST_RECORDS = 10_000
_BROADCASTS = {
    "group": {"remoteJid": "120363025246125486@g.us"},
    "status": {"remoteJid": "status@broadcast"},
    "newsletter": {"remoteJid": "120363144038483540@newsletter"},
}

type Handler = Callable[[Network, Request], Awaitable[Response]]


class ControlError(Exception):
    """A request to the control API that cannot be done."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep the words for the caller."""
        super().__init__(message)
        self.status = status


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DoctorBody(_Body):
    """Somebody joins WhatsApp."""

    number: str = Field(pattern=r"^\+?[\d\s()-]{8,25}$")
    name: str = Field(min_length=1)
    jid_without_ninth_digit: bool = False
    lid_form: LidForm = LidForm.NONE
    on_whatsapp: bool = True


class DoctorsBody(_Body):
    """Many join at once."""

    doctors: list[DoctorBody] = Field(min_length=1)


class QuoteBody(_Body):
    """The message that is answered to."""

    key_id: str
    text: str = ""
    from_julia: bool = True


class ReactionBody(_Body):
    """The message that is reacted to."""

    key_id: str
    from_julia: bool = True


class PlanBody(_Body):
    """What becomes of the webhook of one message."""

    drop: bool = False
    copies: int = Field(default=1, ge=1, le=100)
    delay_s: float = Field(default=0.0, ge=0)


class MessageBody(_Body):
    """What a doctor sends. `message` and `message_type` send any shape as it is."""

    instance: str | None = None
    kind: Kind = Kind.TEXT
    text: str = ""
    quoted: QuoteBody | None = None
    reacts_to: ReactionBody | None = None
    ephemeral: bool = False
    view_once: bool = False
    mimetype: str | None = None
    file_name: str | None = None
    seconds: int = 7
    base64: str | None = None
    announced_bytes: int | None = Field(default=None, ge=0)
    message: dict[str, Any] | None = None
    message_type: str | None = None
    key_id: str | None = None
    timestamp: int | None = None
    long_timestamp: bool = False
    chat: Literal["private", "group", "status", "newsletter"] = "private"
    webhook: PlanBody = PlanBody()

    @field_validator("base64")
    @classmethod
    def _is_base64(cls, value: str | None) -> str | None:
        if value is not None:
            b64decode(value, validate=True)
        return value


class AddressedMessageBody(MessageBody):
    """One message of a batch, with its doctor."""

    doctor: str


class BatchBody(_Body):
    """Messages in the order in which the doctors send them."""

    messages: list[AddressedMessageBody] = Field(min_length=1)


class EditBody(_Body):
    """A message changed afterwards."""

    key_id: str
    text: str
    instance: str | None = None


class KeyBody(_Body):
    """A message deleted for everyone."""

    key_id: str
    instance: str | None = None


class InstanceBody(_Body):
    """Which number; the first one when absent."""

    instance: str | None = None


class PhoneBody(_Body):
    """What a person types on the company's phone."""

    text: str = Field(min_length=1)
    key_id: str | None = None
    instance: str | None = None


class ConnectionBody(_Body):
    """What happens to the connection of a number."""

    action: Literal["drop", "reconnect", "log_out", "refuse"]
    repeats: int = Field(default=1, ge=1, le=1000)
    reason: int = LOGGED_OUT


class HistoryBody(_Body):
    """A flood of old messages; the newest is `newest_age_s` old, the others a minute apart."""

    count: int = Field(default=50, ge=1, le=5000)
    newest_age_s: int = Field(default=2 * 24 * 3600, ge=0)
    doctors: list[str] | None = None


class EventBody(_Body):
    """Any webhook event, as it is."""

    event: str
    data: Any


class MatchBody(_Body):
    """Which calls or webhooks a fault is for."""

    route: str | None = None
    event: str | None = None
    instance: str | None = None
    doctor: str | None = None
    text_contains: str | None = None


class FaultBody(_Body):
    """A fault: a preset, fields that replace the preset's, and how often it strikes."""

    preset: str
    change: dict[str, Any] = Field(default_factory=dict)
    match: MatchBody = MatchBody()
    times: int | None = Field(default=1, ge=1)


class KeysBody(_Body):
    """The global keys that are accepted from now on."""

    accepted: list[str] = Field(min_length=1)


def routes(network: Network) -> list[Route]:
    """Return the control API's routes."""
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/health", _health),
        ("GET", "/_sim/summary", _summary),
        ("GET", "/_sim/tuning", _get_tuning),
        ("PATCH", "/_sim/tuning", _change_tuning),
        ("PUT", "/_sim/keys", _accept_keys),
        ("GET", "/_sim/doctors", _list_doctors),
        ("POST", "/_sim/doctors", _add_doctors),
        ("POST", "/_sim/messages", _batch),
        ("POST", "/_sim/doctors/{number}/messages", _doctor_writes),
        ("POST", "/_sim/doctors/{number}/edits", _doctor_edits),
        ("POST", "/_sim/doctors/{number}/deletions", _doctor_deletes),
        ("POST", "/_sim/doctors/{number}/reads", _doctor_reads),
        ("POST", "/_sim/doctors/{number}/phone", _phone_writes),
        ("POST", "/_sim/instances/{name}/connection", _connection),
        ("POST", "/_sim/instances/{name}/history", _history),
        ("POST", "/_sim/instances/{name}/events", _event),
        ("GET", "/_sim/media/{key_id}", _media),
        ("GET", "/_sim/faults", _list_faults),
        ("POST", "/_sim/faults", _add_fault),
        ("DELETE", "/_sim/faults", _clear_faults),
        ("DELETE", "/_sim/faults/{id:int}", _clear_faults),
        ("GET", "/_sim/records", _records),
        ("GET", "/_sim/webhooks", _webhooks),
        ("GET", "/_sim/stream", _stream),
    )
    return [
        Route(path, _answering(handler, network), methods=[method])
        for method, path, handler in table
    ]


def _answering(handler: Handler, network: Network) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await handler(network, request)
        except ValidationError as error:
            details = [
                {"field": ".".join(map(str, item["loc"])), "problem": item["msg"]}
                for item in error.errors()
            ]
            return JSONResponse({"error": "the body does not fit", "details": details}, 400)
        except ControlError as error:
            return JSONResponse({"error": str(error)}, error.status)

    return answer


async def _health(_: Network, __: Request) -> Response:
    """Tell the local stack that the simulator is up; the real server has no such path."""
    return JSONResponse({"status": "ok"})


# Keys


async def _accept_keys(network: Network, request: Request) -> Response:
    body = KeysBody.model_validate_json(await request.body())
    network.keys = frozenset(body.accepted)
    return JSONResponse({"accepted": len(network.keys)})


# Doctors and people


async def _list_doctors(network: Network, _: Request) -> Response:
    return JSONResponse({"doctors": [_shown(network, row) for row in _doctors(network.world)]})


async def _add_doctors(network: Network, request: Request) -> Response:
    raw = await request.body()
    many = b'"doctors"' in raw
    wanted = (
        DoctorsBody.model_validate_json(raw).doctors
        if many
        else [DoctorBody.model_validate_json(raw)]
    )
    added = [_doctor_of(body) for body in wanted]
    for doctor in added:
        network.add_doctor(doctor)
    shown = [_shown(network, doctor) for doctor in added]
    return JSONResponse({"doctors": shown} if many else shown[0], 201)


async def _doctor_writes(network: Network, request: Request) -> Response:
    body = MessageBody.model_validate_json(await request.body())
    return JSONResponse(_write(network, _doctor(network, request), body), 201)


async def _batch(network: Network, request: Request) -> Response:
    body = BatchBody.model_validate_json(await request.body())
    records = []
    for message in body.messages:
        doctor = network.world.doctor_at(message.doctor)
        if doctor is None:
            raise ControlError(f"no doctor {message.doctor}: create them first", 404)
        records.append(_write(network, doctor, message))
    return JSONResponse({"messages": records}, 201)


async def _doctor_edits(network: Network, request: Request) -> Response:
    body = EditBody.model_validate_json(await request.body())
    instance = _instance(network.world, body.instance)
    doctor = _doctor(network, request)
    return JSONResponse(network.doctor_edits(instance, doctor, body.key_id, body.text), 201)


async def _doctor_deletes(network: Network, request: Request) -> Response:
    body = KeyBody.model_validate_json(await request.body())
    instance = _instance(network.world, body.instance)
    return JSONResponse(
        network.doctor_deletes(instance, _doctor(network, request), body.key_id), 201
    )


async def _doctor_reads(network: Network, request: Request) -> Response:
    body = InstanceBody.model_validate_json(await request.body() or b"{}")
    instance = _instance(network.world, body.instance)
    return JSONResponse({"read": network.doctor_reads(instance, _doctor(network, request))})


async def _phone_writes(network: Network, request: Request) -> Response:
    body = PhoneBody.model_validate_json(await request.body())
    record = network.phone_writes(
        _instance(network.world, body.instance),
        _doctor(network, request),
        contents.compose(Draft(text=body.text)),
        key_id=body.key_id,
    )
    return JSONResponse(record, 201)


# The number's connection, floods and raw events


async def _connection(network: Network, request: Request) -> Response:
    body = ConnectionBody.model_validate_json(await request.body())
    instance = _instance(network.world, request.path_params["name"])
    match body.action:
        case "drop":
            network.drop(instance, repeats=body.repeats)
        case "reconnect":
            network.reconnect(instance)
        case "log_out":
            network.log_out(instance, body.reason)
        case "refuse":
            network.refuse(instance)
    return JSONResponse({"instance": instance.name, "state": instance.state})


async def _history(network: Network, request: Request) -> Response:
    body = HistoryBody.model_validate_json(await request.body() or b"{}")
    instance = _instance(network.world, request.path_params["name"])
    numbers = body.doctors or list(network.world.doctors)
    if not numbers:
        raise ControlError("nobody to have a history with: create a doctor first")
    newest = int(time.time()) - body.newest_age_s
    for index in range(body.count):
        doctor = network.world.doctor_at(numbers[index % len(numbers)])
        if doctor is None:
            raise ControlError(f"no doctor {numbers[index % len(numbers)]}", 404)
        network.doctor_writes(
            instance,
            doctor,
            contents.compose(Draft(text=f"Mensagem antiga {index + 1}")),
            Circumstances(timestamp=newest - 60 * index, history=True),
        )
    return JSONResponse({"sent": body.count}, 201)


async def _event(network: Network, request: Request) -> Response:
    body = EventBody.model_validate_json(await request.body())
    instance = _instance(network.world, request.path_params["name"])
    deliveries = network.webhooks.emit(instance, body.event, body.data)
    return JSONResponse({"deliveries": len(deliveries)}, 201)


# What the page shows of files

_SHOWN = re.compile(r"image/(png|jpeg|gif|webp)|audio/[\w.+-]+|application/pdf")


async def _media(network: Network, request: Request) -> Response:
    instance = _instance(network.world, request.query_params.get("instance"))
    content = network.media(instance, request.path_params["key_id"])
    if content is None or content.media_base64 is None or content.file is None:
        raise ControlError("no media with this id: bytes are not kept over a restart", 404)
    mimetype = content.file["mimetype"].partition(";")[0]
    return Response(
        b64decode(content.media_base64),
        # Anybody may have sent it: nothing of it may run on this page.
        media_type=mimetype if _SHOWN.fullmatch(mimetype) else "application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
    )


# Faults and tuning


async def _list_faults(network: Network, _: Request) -> Response:
    return JSONResponse(
        {"faults": [describe(rule) for rule in network.faults.rules], "presets": sorted(PRESETS)}
    )


async def _add_fault(network: Network, request: Request) -> Response:
    body = FaultBody.model_validate_json(await request.body())
    preset = PRESETS.get(body.preset)
    if preset is None:
        raise ControlError(f"no preset {body.preset}: one of {', '.join(sorted(PRESETS))}")
    match = body.match.model_dump()
    if match["doctor"]:
        match["doctor"] = phone.canonical(match["doctor"])
    if isinstance(preset, CallFault) and match["route"] is None:
        match["route"] = default_route(body.preset)
    try:
        fault: CallFault | WebhookFault = replace(preset, **body.change)
    except TypeError as error:
        known = ", ".join(sorted(vars(preset)))
        raise ControlError(f"{body.preset} can change only: {known}") from error
    rule = network.faults.add(Rule(fault, Match(**match), left=body.times, preset=body.preset))
    return JSONResponse(describe(rule), 201)


async def _clear_faults(network: Network, request: Request) -> Response:
    network.faults.clear(request.path_params.get("id"))
    return await _list_faults(network, request)


async def _get_tuning(network: Network, _: Request) -> Response:
    return JSONResponse(network.tuning.model_dump())


async def _change_tuning(network: Network, request: Request) -> Response:
    try:
        change = json.loads(await request.body())
    except ValueError as error:
        raise ControlError("the body is no JSON") from error
    checked = type(network.tuning).model_validate({**network.tuning.model_dump(), **change})
    for name in change:
        setattr(network.tuning, name, getattr(checked, name))
    return await _get_tuning(network, request)


# Records


async def _summary(network: Network, _: Request) -> Response:
    journal = network.journal
    return JSONResponse(
        {
            "last": journal.last,
            "doctors": len(network.world.doctors),
            "inbound": journal.count("inbound"),
            "deliveries": journal.count("delivery"),
            "forbidden": journal.count("forbidden"),
            "webhooks_on_their_way": network.webhooks.on_their_way,
            "instances": [
                {
                    "name": instance.name,
                    "state": instance.state,
                    "webhook": bool(instance.webhook and instance.webhook.enabled),
                }
                for instance in network.world.instances.values()
            ],
        }
    )


async def _records(network: Network, request: Request) -> Response:
    after = _integer(request, "after", 0)
    limit = _integer(request, "limit", _LAST_RECORDS)
    wait_s = min(_integer(request, "wait_s", 0), _LONGEST_WAIT_S)
    kinds, doctor = _filters(request)
    deadline = time.monotonic() + wait_s
    seen = after
    while True:
        found = network.journal.since(after, kinds=kinds, doctor=doctor, limit=limit)
        remaining = deadline - time.monotonic()
        if found or remaining <= 0:
            break
        seen = network.journal.last
        await network.journal.wait(seen, remaining)
    last = found[-1]["seq"] if found else max(after, network.journal.last)
    return JSONResponse({"records": found, "last": last})


async def _webhooks(network: Network, request: Request) -> Response:
    """Fold the records of each webhook into one row with all its attempts."""
    wanted = request.query_params.get("state")
    rows: dict[str, dict[str, Any]] = {}
    for record in network.journal.since(kinds=frozenset({"webhook"})):
        row = rows.setdefault(
            record["webhook_id"],
            {
                "webhook_id": record["webhook_id"],
                "event": record["event"],
                "instance": record["instance"],
                "doctor": record.get("doctor"),
                "key_id": record["key_id"],
                "queued_at": record["at"],
                "attempts": [],
            },
        )
        row["state"] = record["state"]
        if "attempt" in record:
            row["attempts"].append({name: record[name] for name in ("at", "status", "error", "ms")})
    found = [row for row in rows.values() if wanted in (None, row["state"])]
    return JSONResponse({"webhooks": found})


async def _stream(network: Network, request: Request) -> Response:
    """Server-sent events: every record from `after` on, or from the last one the client saw."""
    resumed = request.headers.get("last-event-id", "")
    after = int(resumed) if resumed.isdigit() else _integer(request, "after", network.journal.last)
    kinds, doctor = _filters(request)

    async def events() -> AsyncIterator[str]:
        seen = after
        yield ": connected\n\n"
        while not network.journal.ended:
            for record in network.journal.since(seen, kinds=kinds, doctor=doctor):
                yield _event_text(record)
            seen = network.journal.last
            if not await network.journal.wait(seen, _KEEP_ALIVE_S):
                yield ": still here\n\n"

    return StreamingResponse(
        events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


# Helpers


def _write(network: Network, doctor: Doctor, body: MessageBody) -> Record:
    instance = _instance(network.world, body.instance)
    plan = body.webhook
    return network.doctor_writes(
        instance,
        doctor,
        _content(instance, doctor, body),
        Circumstances(
            key_id=body.key_id,
            timestamp=body.timestamp,
            long_timestamp=body.long_timestamp,
            address=_address(doctor, body.chat),
            plan=WebhookFault(drop=plan.drop, copies=plan.copies, delay_s=plan.delay_s),
        ),
    )


def _content(instance: Instance, doctor: Doctor, body: MessageBody) -> Content:
    if body.message is not None:
        kind = body.message_type or next(iter(body.message), "conversation")
        return Content(body.message, kind, body.text)

    def author(from_julia: bool) -> str:  # noqa: FBT001 - one plain question
        return instance.own_jid if from_julia else doctor.jid

    quoted, reacts_to = body.quoted, body.reacts_to
    draft = Draft(
        kind=body.kind,
        text=body.text,
        quote=Quote(quoted.key_id, quoted.text, author(quoted.from_julia)) if quoted else None,
        reacts_to={
            "id": reacts_to.key_id,
            "remoteJid": doctor.jid,
            "fromMe": reacts_to.from_julia,
        }
        if reacts_to
        else None,
        mimetype=body.mimetype,
        file_name=body.file_name,
        seconds=body.seconds,
        base64=body.base64,
        announced_bytes=body.announced_bytes,
    )
    content = contents.compose(draft)
    if body.view_once:
        content = contents.view_once(content)
    return contents.ephemeral(content) if body.ephemeral else content


def _address(doctor: Doctor, chat: str) -> dict[str, Any] | None:
    address = _BROADCASTS.get(chat)
    return {**address, "participant": doctor.jid} if address else None


def _doctor_of(body: DoctorBody) -> Doctor:
    number = phone.canonical(body.number)
    return Doctor(
        number=number,
        name=body.name,
        jid=phone.phone_jid(
            phone.without_ninth(number) if body.jid_without_ninth_digit else number
        ),
        lid=f"1{number[::-1]}{phone.LID_SUFFIX}",
        lid_form=body.lid_form,
        on_whatsapp=body.on_whatsapp,
    )


def _doctors(world: World) -> list[Doctor]:
    return list(world.doctors.values())


def _shown(network: Network, doctor: Doctor) -> dict[str, Any]:
    """Return the doctor with the last text of the chat, for the list on the page."""
    chat = network.journal.since(
        doctor=doctor.number, kinds=frozenset({"inbound", "delivery", "phone"})
    )
    last = chat[-1] if chat else None
    return {
        **to_note(doctor),
        "last_text": last and last["text"],
        "last_at": last and last["at"],
    }


def _doctor(network: Network, request: Request) -> Doctor:
    number = request.path_params["number"]
    doctor = network.world.doctor_at(number)
    if doctor is None:
        raise ControlError(f"no doctor {number}: create them with POST /_sim/doctors", 404)
    return doctor


def _instance(world: World, name: str | None) -> Instance:
    found = world.instances.get(name) if name else next(iter(world.instances.values()), None)
    if found is None:
        known = ", ".join(world.instances)
        raise ControlError(f"no instance {name}: one of {known}", 404)
    return found


def _filters(request: Request) -> tuple[frozenset[str], str | None]:
    kinds = request.query_params.get("kinds", "")
    doctor = request.query_params.get("doctor")
    return (
        frozenset(kind for kind in kinds.split(",") if kind),
        phone.canonical(doctor) if doctor else None,
    )


def _integer(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isdigit():
        raise ControlError(f"{name} must be a whole number, not {value}")
    return int(value)


def _event_text(record: Record) -> str:
    return f"id: {record['seq']}\ndata: {json.dumps(record, ensure_ascii=False)}\n\n"
