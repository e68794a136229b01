"""CloudEvents 1.0 in binary mode: attributes in the headers, the JSON body by itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pydantic import ValidationError

from julia_common.contracts.messages import MESSAGE_TYPES, Message
from julia_common.errors import Permanent
from julia_common.telemetry import tracing

SPEC_VERSION = "1.0"
_PREFIX = "cloudEvents_"
_TRACEPARENT = "traceparent"

_WHEN_WE_SAW_IT = {"received_at", "requested_at"}


class Undecodable(Permanent):
    """The message is not one of ours. The text names fields and rules, never values."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes beside a body."""

    id: str
    type: str
    source: str


def event_id(message: Message) -> str:
    """The same for the same event, however often a provider repeats it.

    The times at which we saw it do not count.
    """
    body = message.model_dump_json(exclude=_WHEN_WE_SAW_IT)
    return hashlib.sha256(f"{message.TYPE}\n{body}".encode()).hexdigest()


def encode(message: Message, *, source: str, key: str | None = None) -> aio_pika.Message:
    """Wrap a message for publishing, with the current trace beside it.

    `key` becomes the CloudEvents `partitionkey`: an opaque id that groups what belongs together,
    never a phone number.
    """
    headers = attributes(message.TYPE, event_id(message), source=source)
    if key is not None:
        headers[f"{_PREFIX}partitionkey"] = key
    return wrap(message.model_dump_json().encode(), headers, content_type="application/json")


def attributes(event_type: str, identifier: str, *, source: str) -> dict[str, str]:
    """The CloudEvents headers that every message carries."""
    return {
        f"{_PREFIX}specversion": SPEC_VERSION,
        f"{_PREFIX}id": identifier,
        f"{_PREFIX}source": source,
        f"{_PREFIX}type": event_type,
        f"{_PREFIX}time": datetime.now(UTC).isoformat(),
    }


def wrap(body: bytes, headers: Mapping[str, str], *, content_type: str) -> aio_pika.Message:
    """Make a persistent message of a body and its headers, and of the current trace.

    The AMQP `message_id` is left to aiormq, which pairs returned messages with their publishers by
    it and so needs it to be unique: the event's own id repeats when a provider repeats itself.
    """
    traceparent = tracing.traceparent()
    trace = {} if traceparent is None else {_TRACEPARENT: traceparent}
    return aio_pika.Message(
        body,
        headers={**headers, **trace},
        content_type=content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


def envelope_of(incoming: AbstractIncomingMessage) -> Envelope:
    """Read the attributes; what is missing is empty, and the type falls back to the routing key."""
    return Envelope(
        id=_header(incoming, f"{_PREFIX}id"),
        type=_header(incoming, f"{_PREFIX}type") or incoming.routing_key or "",
        source=_header(incoming, f"{_PREFIX}source"),
    )


def traceparent_of(incoming: AbstractIncomingMessage) -> str | None:
    """The span that published the message."""
    return _header(incoming, _TRACEPARENT) or None


def decode(incoming: AbstractIncomingMessage) -> Message:
    """Turn a delivery into its typed model, or raise `Undecodable`."""
    kind = envelope_of(incoming).type
    model = MESSAGE_TYPES.get(kind)
    if model is None:
        message = "its type is not known to this version"
        raise Undecodable(message)
    try:
        return model.model_validate_json(incoming.body)  # type: ignore[return-value] # see MESSAGE_TYPES
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['type']}"
            for problem in error.errors(include_url=False, include_context=False)[:5]
        )
        message = f"its body does not fit {kind}: {problems}"
        raise Undecodable(message) from None


def _header(incoming: AbstractIncomingMessage, name: str) -> str:
    value = incoming.headers.get(name)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else ""
