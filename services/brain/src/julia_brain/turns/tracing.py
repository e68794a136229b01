"""A turn in the trace of the first message that it answers, linked to the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from julia_common.database import TurnBegun
from julia_common.telemetry import tracing


@contextmanager
def turn_span(begun: TurnBegun, conversa_id: str, *, began_ns: int) -> Iterator[tracing.Span]:
    """The span of a turn that has just been begun by a call made at `began_ns` (Unix time).

    A span has one parent: the turn of a burst of messages belongs to the first of them and follows
    from the rest.
    """
    first, *others = _traceparents(begun) or (None,)
    with tracing.span(
        "turn",
        {
            "julia.conversa_id": conversa_id,
            "julia.turno_id": begun.turno_id,
            "julia.tentativa": begun.tentativa,
            "julia.mensagens": len(begun.pending),
        },
        parent=tracing.context_of(first),
        follows=others,
        began_ns=began_ns,
    ) as span:
        span.note("begun")
        yield span


def read_anew(span: tracing.Span, before: TurnBegun, now: TurnBegun) -> None:
    """Link what was written after the draft that it voided."""
    known = _traceparents(before)
    span.follow(one for one in _traceparents(now) if one not in known)
    span.tell({"julia.mensagens": len(now.pending)})


def _traceparents(begun: TurnBegun) -> tuple[str, ...]:
    return tuple(message.traceparent for message in begun.pending if message.traceparent)
