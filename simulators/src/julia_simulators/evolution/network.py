"""The WhatsApp behind Evolution: what doctors, the company's phone and the connection do."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any

from julia_simulators.evolution import shapes
from julia_simulators.evolution.contents import Content, as_long
from julia_simulators.evolution.faults import CallFault, Faults, WebhookFault
from julia_simulators.evolution.records import Journal, Record
from julia_simulators.evolution.shapes import ApiError, Json
from julia_simulators.evolution.state import (
    ConnectionState,
    Doctor,
    Instance,
    World,
    doctor_from_note,
    instance_from_note,
    to_note,
)
from julia_simulators.evolution.tuning import Tuning
from julia_simulators.evolution.webhooks import Webhooks

OWN_PUSH_NAME = "Você"
LOGGED_OUT = 401
_STREAM_ERROR = 428


@dataclass(frozen=True)
class Circumstances:
    """What is out of the ordinary about a message that a doctor sends."""

    key_id: str | None = None
    timestamp: int | None = None
    """WhatsApp's time of the message, in seconds; now when absent."""
    long_timestamp: bool = False
    address: Json | None = None
    """Where it is sent instead of the doctor's own chat: a group, a broadcast."""
    history: bool = False
    """Part of a flood of old messages; only the record says so."""
    plan: WebhookFault | None = None


@dataclass(frozen=True)
class Arrival:
    """A message that is on its way to Evolution."""

    doctor: str | None
    row: Json
    media_base64: str | None
    plan: WebhookFault | None


@dataclass(frozen=True)
class Outgoing:
    """A message that Julia sends through the API."""

    content: Content
    jid: str
    doctor: Doctor | None
    route: str
    started_at: float


@dataclass
class Network:
    """Carries messages between doctors and Evolution, and tells its webhooks."""

    world: World
    journal: Journal
    faults: Faults
    tuning: Tuning
    webhooks: Webhooks
    keys: frozenset[str]
    """The global keys that are accepted."""
    _backlog: dict[str, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _media: dict[tuple[str, str], Content] = field(default_factory=dict)

    # What doctors do

    def doctor_writes(
        self,
        instance: Instance,
        doctor: Doctor,
        content: Content,
        how: Circumstances | None = None,
    ) -> Record:
        """Send a message from the doctor's phone.

        While the number is away from WhatsApp the message waits there, and comes with its old
        timestamp afterwards.
        """
        how = how or Circumstances()
        key = {
            **(how.address or doctor.key()),
            "fromMe": False,
            "id": how.key_id or shapes.new_key_id(),
        }
        sent_at = int(time.time()) if how.timestamp is None else how.timestamp
        record = self.journal.append(
            "inbound",
            doctor=doctor.number,
            instance=instance.name,
            key_id=key["id"],
            **content.facts(),
            timestamp=sent_at,
            history=how.history,
            private=how.address is None,
            waiting=not instance.connected,
        )
        row = shapes.message_row(
            instance,
            key,
            content,
            push_name=doctor.name,
            timestamp=sent_at,
            status="DELIVERY_ACK",
            source="android",
        )
        if how.long_timestamp:
            row["messageTimestamp"] = as_long(sent_at)
        if content.media_base64:
            self._media[instance.id, key["id"]] = content
        self._arrive(instance, Arrival(doctor.number, row, content.media_base64, how.plan))
        return record

    def doctor_edits(self, instance: Instance, doctor: Doctor, key_id: str, text: str) -> Record:
        """Change a message that the doctor sent before."""
        key = {**doctor.key(), "fromMe": False, "id": key_id}
        record = self.journal.append(
            "edit", doctor=doctor.number, instance=instance.name, key_id=key_id, text=text
        )
        self._soon(self._tell_edit(instance, doctor, shapes.edited(key, text, _now_ms())))
        return record

    def doctor_deletes(self, instance: Instance, doctor: Doctor, key_id: str) -> Record:
        """Delete for everyone a message that the doctor sent before."""
        key = {**doctor.key(), "fromMe": False, "id": key_id}
        record = self.journal.append(
            "deletion", doctor=doctor.number, instance=instance.name, key_id=key_id
        )
        self._soon(self._tell_deletion(instance, doctor, key))
        return record

    def doctor_reads(self, instance: Instance, doctor: Doctor) -> list[str]:
        """Open the chat: every message from the company that was unread is acked READ."""
        unread: dict[str, None] = {}
        for record in self.journal.since(doctor=doctor.number):
            if record.get("instance") != instance.name:
                continue
            if record["kind"] in {"delivery", "phone"}:
                unread[record["key_id"]] = None
            elif record["kind"] == "ack" and record["status"] == "READ":
                unread.pop(record["key_id"], None)
        for key_id in unread:
            self.acknowledge(instance, doctor, key_id, "READ")
        return list(unread)

    # What people do on the company's phone

    def phone_writes(
        self, instance: Instance, doctor: Doctor, content: Content, *, key_id: str | None = None
    ) -> Record:
        """Send a message that a person typed on the company's own phone."""
        key = {**doctor.key(), "fromMe": True, "id": key_id or shapes.new_key_id()}
        record = self.journal.append(
            "phone",
            doctor=doctor.number,
            instance=instance.name,
            key_id=key["id"],
            **content.facts(),
        )
        row = shapes.message_row(
            instance,
            key,
            content,
            push_name=OWN_PUSH_NAME,
            timestamp=int(time.time()),
            status="SERVER_ACK",
            source="android",
        )
        self._arrive(instance, Arrival(doctor.number, row, content.media_base64, None))
        return record

    # What Evolution does for Julia

    async def send(self, instance: Instance, outgoing: Outgoing, fault: CallFault) -> Json:
        """Carry a message to the doctor and return the answer 201, or fail as scripted."""
        key: Json = {"remoteJid": outgoing.jid, "fromMe": True, "id": shapes.new_key_id()}
        row = shapes.message_row(
            instance,
            key,
            outgoing.content,
            push_name=OWN_PUSH_NAME,
            timestamp=int(time.time()),
            status="PENDING",
            source="unknown",
        )
        number = outgoing.doctor.number if outgoing.doctor else None
        accepted = fault.deliver or fault.status is None
        if fault.deliver:
            self.journal.append(
                "delivery",
                doctor=number,
                instance=instance.name,
                key_id=key["id"],
                **outgoing.content.facts(),
                route=outgoing.route,
                started_at=outgoing.started_at,
            )
            if outgoing.content.media_base64:
                self._media[instance.id, key["id"]] = outgoing.content
            if outgoing.doctor and fault.acks != "never":
                self._soon(self._acknowledge_all(instance, outgoing.doctor, key["id"], fault))
        if accepted:
            if fault.store and self.tuning.save_messages:
                self._save(instance, row)
            await self._echo(instance, row, number, fault)
        await asyncio.sleep(fault.hold_s)
        if fault.status is not None:
            raise scripted_error(fault)
        return row

    def forget_for_everyone(self, instance: Instance, key: Json, doctor: Doctor | None) -> Json:
        """Delete a message of ours on the doctor's phone; return the row as it was."""
        row = self.world.messages.get(instance.id, key["id"])
        if row is None:
            raise shapes.bad_request("Message not found")
        number = doctor.number if doctor else None
        self.journal.append(
            "deletion_by_us", doctor=number, instance=instance.name, key_id=key["id"]
        )
        data = shapes.deleted_by_us(instance, row["id"], row["key"])
        self.webhooks.emit(instance, "messages.delete", data, doctor=number, key_id=key["id"])
        return row

    def acknowledge(self, instance: Instance, doctor: Doctor, key_id: str, status: str) -> None:
        """Report what became of a message of ours, if Evolution can know it."""
        row = self.world.messages.get(instance.id, key_id)
        lost = row is None and self.tuning.save_messages
        self.journal.append(
            "ack",
            doctor=doctor.number,
            instance=instance.name,
            key_id=key_id,
            status=status,
            lost=lost,
        )
        if lost:
            return
        if row:
            row["MessageUpdate"].append({"status": status})
        data = shapes.ack(
            instance,
            key_id=key_id,
            jid=doctor.ack_jid,
            status=status,
            row_id=row["id"] if row else None,
        )
        self.webhooks.emit(instance, "messages.update", data, doctor=doctor.number, key_id=key_id)

    def media(self, instance: Instance, key_id: str) -> Content | None:
        """Return the content of a message with a file, sent or received."""
        return self._media.get((instance.id, key_id))

    # What the connection does

    def drop(self, instance: Instance, *, repeats: int = 1) -> None:
        """Lose the network: only `connecting` is told, as often as Evolution tries again."""
        self._connection(instance, ConnectionState.CONNECTING)
        for _ in range(repeats):
            self._tell_connection(instance, ConnectionState.CONNECTING, _STREAM_ERROR)

    def log_out(self, instance: Instance, reason: int = LOGGED_OUT) -> None:
        """Lose the session (401, 402, 403, 406): the only case that tells `close`."""
        self._connection(instance, ConnectionState.CLOSE)
        self._tell_connection(instance, ConnectionState.CLOSE, reason)
        self.webhooks.emit(
            instance,
            "status.instance",
            {
                "instance": instance.name,
                "status": "closed",
                "disconnectionReasonCode": reason,
            },
        )

    def refuse(self, instance: Instance) -> None:
        """Reach the limit of QR codes shown."""
        self._connection(instance, ConnectionState.CLOSE)
        self._tell_connection(instance, "refused", 500)

    def reconnect(self, instance: Instance) -> None:
        """Come back: `open` is told, then what waited at WhatsApp arrives."""
        self._connection(instance, ConnectionState.OPEN)
        self._tell_connection(instance, ConnectionState.OPEN)
        self.journal.note("arrived", {"instance": instance.name})
        for arrival in self._backlog.pop(instance.name, []):
            self._arrive(instance, arrival)

    # State across restarts

    def add_doctor(self, doctor: Doctor) -> None:
        """Let a person join WhatsApp."""
        self.world.add_doctor(doctor)
        self.journal.note("doctor", to_note(doctor))

    def add_instance(self, instance: Instance) -> None:
        """Let Evolution serve a number."""
        self.world.instances[instance.name] = instance
        self.keep_instance(instance)

    def keep_instance(self, instance: Instance) -> None:
        """Remember the number's settings as they are now."""
        self.journal.note("instance", to_note(instance))

    def restore(self) -> None:
        """Take up what the journal kept of an earlier process."""
        for name, value in self.journal.notes:
            match name:
                case "doctor":
                    self.world.add_doctor(doctor_from_note(value))
                case "instance":
                    self.world.instances[value["name"]] = instance_from_note(value)
                case "row":
                    self.world.messages.add(value["instanceId"], value)
                case "waiting":
                    arrival = value["arrival"]
                    plan = arrival["plan"] and WebhookFault(**arrival["plan"])
                    self._backlog[value["instance"]].append(Arrival(**{**arrival, "plan": plan}))
                case "arrived":
                    self._backlog.pop(value["instance"], None)
        self.journal.notes.clear()

    def start(self) -> None:
        """Connect the numbers that were connecting, as Evolution does after a restart."""
        for instance in self.world.instances.values():
            if instance.state is ConnectionState.CONNECTING:
                self.reconnect(instance)

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Inside

    def _arrive(self, instance: Instance, arrival: Arrival) -> None:
        if not instance.connected:
            self._backlog[instance.name].append(arrival)
            self.journal.note("waiting", {"instance": instance.name, "arrival": asdict(arrival)})
            return
        if self.tuning.save_messages:
            self._save(instance, arrival.row)
        self._soon(self._tell_upsert(instance, arrival))

    def _save(self, instance: Instance, row: Json) -> None:
        kept = shapes.stored(row)
        self.world.messages.add(instance.id, kept)
        self.journal.note("row", kept)

    async def _tell_upsert(self, instance: Instance, arrival: Arrival) -> None:
        row = arrival.row
        if arrival.media_base64 and instance.webhook and instance.webhook.base64:
            row = {**row, "message": {**row["message"], "base64": arrival.media_base64}}
        async with self._turns[instance.name]:
            self.webhooks.emit(
                instance,
                "messages.upsert",
                row,
                doctor=arrival.doctor,
                key_id=row["key"]["id"],
                plan=arrival.plan,
            )

    async def _tell_edit(self, instance: Instance, doctor: Doctor, data: Json) -> None:
        """Evolution awaits this webhook: what comes in meanwhile waits, retries included."""
        async with self._turns[instance.name]:
            deliveries = self.webhooks.emit(
                instance,
                "messages.edited",
                data,
                doctor=doctor.number,
                key_id=data["key"]["id"],
            )
            await asyncio.gather(*deliveries)

    async def _tell_deletion(self, instance: Instance, doctor: Doctor, key: Json) -> None:
        await self._tell_edit(instance, doctor, shapes.revoked(key, _now_ms()))
        self.webhooks.emit(
            instance,
            "messages.delete",
            shapes.deleted_by_sender(key),
            doctor=doctor.number,
            key_id=key["id"],
        )

    async def _echo(
        self, instance: Instance, row: Json, doctor: str | None, fault: CallFault
    ) -> None:
        key_id = row["key"]["id"]
        match fault.echo:
            case "never":
                self.journal.append(
                    "echo_withheld", doctor=doctor, instance=instance.name, key_id=key_id
                )
            case "delayed":
                plan = WebhookFault(delay_s=fault.echo_delay_s)
                self.webhooks.emit(
                    instance, "send.message", row, doctor=doctor, key_id=key_id, plan=plan
                )
            case "normal" | "before_answer":
                deliveries = self.webhooks.emit(
                    instance, "send.message", row, doctor=doctor, key_id=key_id
                )
                if fault.echo == "before_answer":
                    await asyncio.gather(*deliveries)

    async def _acknowledge_all(
        self, instance: Instance, doctor: Doctor, key_id: str, fault: CallFault
    ) -> None:
        statuses: list[str] = list(self.tuning.acks)
        if fault.acks == "early_lost" and statuses:
            first = statuses.pop(0)
            self.journal.append(
                "ack",
                doctor=doctor.number,
                instance=instance.name,
                key_id=key_id,
                status=first,
                lost=True,
            )
        for status in statuses:
            await asyncio.sleep(self.tuning.ack_delay_s)
            self.acknowledge(instance, doctor, key_id, status)

    def _connection(self, instance: Instance, state: ConnectionState) -> None:
        instance.state = state
        self.keep_instance(instance)
        self.journal.append("connection", instance=instance.name, state=state)

    def _tell_connection(self, instance: Instance, state: str, reason: int | None = None) -> None:
        data = shapes.connection(instance, state, reason)
        self.webhooks.emit(instance, "connection.update", data)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def scripted_error(fault: CallFault) -> ApiError:
    """Return the failure that a fault asks for, in the shape that Evolution gives its status."""
    status = fault.status or 500
    message = fault.message or "simulated failure"
    if status == 401 or status >= 500:  # noqa: PLR2004 - HTTP statuses
        names = {401: "Unauthorized", 502: "Bad Gateway", 503: "Service Unavailable"}
        return ApiError(status, names.get(status, "Internal Server Error"), message)
    names = {429: "Too Many Requests"}
    return ApiError(status, names.get(status, "Bad Request"), [message])


def _now_ms() -> int:
    return round(time.time() * 1000)
