"""W3C trace context with opentelemetry-api alone: ids to follow a message by, no exporter.

When an SDK is installed and configured its spans take over; nothing here has to change.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.context import Context


def current_or_new() -> Context:
    """The current context, or one with a fresh trace id where no trace was begun."""
    current = context.get_current()
    if trace.get_current_span(current).get_span_context().is_valid:
        return current
    span_context = trace.SpanContext(
        trace_id=secrets.randbits(128) or 1,
        span_id=secrets.randbits(64) or 1,
        is_remote=False,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(span_context), current)


@contextmanager
def trace_context(incoming: Context | None = None) -> Iterator[None]:
    """Run the block in the trace of `incoming`, or in a new one where that holds none."""
    token = context.attach(incoming if incoming is not None else context.get_current())
    try:
        inner = context.attach(current_or_new())
        try:
            yield
        finally:
            context.detach(inner)
    finally:
        context.detach(token)


def trace_id() -> str | None:
    """The current trace id in hex, or None outside a trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span_context.trace_id) if span_context.is_valid else None
