"""The envelope around every event of Evolution."""

import re
from dataclasses import dataclass

from julia_common.whatsapp import UnreadableError, UnreadableReason
from julia_common.whatsapp.wire import as_object, as_text

_SEPARATORS = re.compile(r"[-_/]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One webhook: which event of which instance. `own_jid` is our number's address, if known."""

    event: str
    instance: str
    data: object
    own_jid: str | None


def read_envelope(document: object, *, path_event: str) -> Envelope:
    """Read the envelope of a decoded and cleaned body.

    The event's name stands in the body; that in the path (`/messages-upsert`, where hooks are set
    per event) counts only when the body names none. Raises `UnreadableError`.
    """
    envelope = as_object(document)
    event = as_text(envelope.get("event")) or path_event
    instance = as_text(envelope.get("instance"))
    if not event or instance is None:
        raise UnreadableError(UnreadableReason.ENVELOPE)
    return Envelope(
        event=event_name(event),
        instance=instance,
        data=envelope.get("data"),
        own_jid=as_text(envelope.get("sender")),
    )


def event_name(written: str) -> str:
    """Return the event's name in its one form (`messages.upsert`), however it was written."""
    return _SEPARATORS.sub(".", written.strip("/")).lower()
