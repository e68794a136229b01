"""Who and what the simulated WhatsApp knows: doctors, numbers, stored messages."""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from julia_simulators.evolution import phone


class LidForm(StrEnum):
    """How the server's version writes the address of a person who hides the number."""

    NONE = "none"
    """The person shows the number."""
    BARE = "bare"
    """Up to 2.2.3, and later ones without an alternative: the LID alone."""
    SENDER_PN = "sender_pn"
    """2.3.1 to 2.3.4: phone in `remoteJid` and `senderPn`, LID in `previousRemoteJid`."""
    ALT = "alt"
    """2.3.5 and 2.3.6: LID in `remoteJid`, phone in `remoteJidAlt`."""
    OVERWRITTEN = "overwritten"
    """2.3.7: `remoteJid` overwritten by `remoteJidAlt`; the LID is gone."""
    ALT_IS_LID = "alt_is_lid"
    """`remoteJidAlt` is a LID too: no phone anywhere."""


@dataclass(frozen=True)
class Doctor:
    """A person on WhatsApp. `number` is canonical; `jid` is the one that WhatsApp chooses."""

    number: str
    name: str
    jid: str
    lid: str
    lid_form: LidForm = LidForm.NONE
    on_whatsapp: bool = True

    def key(self) -> dict[str, Any]:
        """Return the part of a message key that addresses this person."""
        match self.lid_form:
            case LidForm.NONE:
                return {"remoteJid": self.jid}
            case LidForm.BARE:
                return {"remoteJid": self.lid, "addressingMode": "lid"}
            case LidForm.SENDER_PN:
                return {
                    "remoteJid": self.jid,
                    "senderPn": self.jid,
                    "previousRemoteJid": self.lid,
                }
            case LidForm.ALT:
                return {
                    "remoteJid": self.lid,
                    "remoteJidAlt": self.jid,
                    "addressingMode": "lid",
                }
            case LidForm.OVERWRITTEN:
                return {
                    "remoteJid": self.jid,
                    "remoteJidAlt": self.jid,
                    "addressingMode": "lid",
                }
            case LidForm.ALT_IS_LID:
                return {
                    "remoteJid": self.lid,
                    "remoteJidAlt": self.lid,
                    "addressingMode": "lid",
                }

    @property
    def ack_jid(self) -> str:
        """The address in acks, which may be the LID."""
        return str(self.key()["remoteJid"])


class ConnectionState(StrEnum):
    """The three states that `connectionState` ever answers."""

    OPEN = "open"
    CONNECTING = "connecting"
    CLOSE = "close"


@dataclass(frozen=True)
class WebhookConfig:
    """One row of Evolution's webhook table."""

    url: str
    enabled: bool
    events: tuple[str, ...]
    by_events: bool = False
    base64: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Instance:
    """One WhatsApp number served by Evolution."""

    name: str
    own_jid: str
    integration: str = "WHATSAPP-BAILEYS"
    state: ConnectionState = ConnectionState.OPEN
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = field(default_factory=lambda: secrets.token_hex(18).upper())
    webhook: WebhookConfig | None = None

    @property
    def connected(self) -> bool:
        """Whether a send could reach WhatsApp."""
        return self.state is ConnectionState.OPEN


class MessageStore:
    """The rows of Evolution's message table; `findMessages` reads them."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._by_key: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, instance_id: str, row: dict[str, Any]) -> None:
        """Add a row; there is no duplicate filter."""
        self._rows.setdefault(instance_id, []).append(row)
        self._by_key[instance_id, row["key"]["id"]] = row

    def get(self, instance_id: str, key_id: str) -> dict[str, Any] | None:
        """Return the newest row of that message id."""
        return self._by_key.get((instance_id, key_id))

    def rows(self, instance_id: str) -> Iterable[dict[str, Any]]:
        """Return all rows of the number, in the order of arrival."""
        return self._rows.get(instance_id, [])


class World:
    """Everybody and everything, by name."""

    def __init__(self) -> None:
        """Start empty."""
        self.instances: dict[str, Instance] = {}
        self.doctors: dict[str, Doctor] = {}
        self.messages = MessageStore()
        self._by_lid: dict[str, Doctor] = {}

    def add_doctor(self, doctor: Doctor) -> None:
        """Add a person, or replace the one of the same number."""
        self.doctors[doctor.number] = doctor
        self._by_lid[doctor.lid] = doctor

    def doctor_at(self, address: str) -> Doctor | None:
        """Find a person by number (with or without the ninth digit), JID or LID."""
        if phone.is_lid(address):
            return self._by_lid.get(address)
        return self.doctors.get(phone.canonical(address))


def to_note(row: Doctor | Instance) -> dict[str, Any]:
    """Return a dataclass as JSON values."""
    return asdict(row)


def doctor_from_note(note: dict[str, Any]) -> Doctor:
    """Read a doctor back."""
    return Doctor(**{**note, "lid_form": LidForm(note["lid_form"])})


def instance_from_note(note: dict[str, Any]) -> Instance:
    """Read a number back."""
    webhook = note["webhook"]
    return Instance(
        **{
            **note,
            "state": ConnectionState(note["state"]),
            "webhook": webhook and WebhookConfig(**{**webhook, "events": tuple(webhook["events"])}),
        }
    )
