"""Spans: who did what for which message, and for how long.

Few and explicit, in our own adapters: instrumentation of httpx would see the gate before a call as
part of it, knows nothing of retries and deadlines, and writes URLs and error texts. Names and
attributes follow OpenTelemetry's semantic conventions; what is ours begins with `julia.`. An error
is its type, never its message, which may quote what a doctor wrote.

Without an exporter (`tracing_export`) nothing is recorded, and ids flow all the same: the log lines
of one message share them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import INVALID_SPAN, Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from julia_common.errors import Refused
from julia_common.telemetry.redaction import Redactor

type Attribute = str | bool | int | float | list[str]

_SCOPE: Final = "julia"
_TRACEPARENT: Final = "traceparent"
_KEPT_TEXTS: Final = 1024
"""Most attributes say one of a few words, and looking for numbers costs more than a span."""

_PROPAGATOR: Final = TraceContextTextMapPropagator()


class Span:
    """A piece of work while it is under way."""

    def __init__(self, span: trace.Span, mask: Callable[[Attribute], Attribute]) -> None:
        self._span = span
        self._mask = mask

    def tell(self, attributes: Mapping[str, Attribute | None]) -> None:
        """Add what has become known; None is left out, and what may be personal is masked."""
        if self._span.is_recording():
            self._span.set_attributes(
                {name: self._mask(value) for name, value in attributes.items() if value is not None}
            )

    def note(self, event: str) -> None:
        """Mark this moment."""
        self._span.add_event(event)

    def follow(self, traceparents: Iterable[str | None]) -> None:
        """Link what else this work comes from."""
        for link in _links(traceparents):
            self._span.add_link(link.context)

    def failed(self, kind: str) -> None:
        """Mark the work as failed; `kind` is a word out of few."""
        self.tell({"error.type": kind})
        self._span.set_status(Status(StatusCode.ERROR))


class _Spans:
    """Makes the spans of the process; one for all, as its clock is."""

    def __init__(self) -> None:
        off = TracerProvider(
            sampler=ALWAYS_OFF, resource=Resource.get_empty(), shutdown_on_exit=False
        )
        self.use(off, Redactor())

    def use(self, provider: trace.TracerProvider, redactor: Redactor) -> None:
        self.tracer = provider.get_tracer(_SCOPE)
        text = lru_cache(_KEPT_TEXTS)(redactor.text)

        def mask(value: Attribute) -> Attribute:
            masked: Attribute = text(value) if isinstance(value, str) else redactor.value(value)
            return masked

        self.mask = mask


_spans: Final = _Spans()
_NO_SPAN: Final = Span(INVALID_SPAN, lambda value: value)


def use(provider: trace.TracerProvider, redactor: Redactor) -> None:
    """Make spans by this provider from now on, and mask what they tell by this redactor."""
    _spans.use(provider, redactor)


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, Attribute | None] | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    follows: Iterable[str | None] = (),
    began_ns: int | None = None,
) -> Iterator[Span]:
    """Run the block as one span; in a trace of its own where there is none to belong to.

    `parent` is the current context unless it is given, `follows` are the traceparents of what else
    led here, `began_ns` (Unix time) is when the work began, if that was before the block.
    """
    with _spans.tracer.start_as_current_span(
        name,
        parent,
        kind,
        links=_links(follows),
        start_time=began_ns,
        record_exception=False,  # its message and its traceback quote
        set_status_on_exception=False,
    ) as recorded:
        current = Span(recorded, _spans.mask)
        if attributes:
            current.tell(attributes)
        try:
            yield current
        except Refused:
            raise  # an answer, no failure
        except BaseException as error:
            current.failed(type(error).__qualname__)
            raise


@contextmanager
def call(name: str, attributes: Mapping[str, Attribute | None]) -> Iterator[Span]:
    """Run the block as a call of a neighbour, for what is being traced.

    Outside any trace there is no span: polls and probes belong to nobody's message.
    """
    if not trace.get_current_span().get_span_context().is_valid:
        yield _NO_SPAN
        return
    with span(name, attributes, kind=SpanKind.CLIENT) as current:
        yield current


def traceparent() -> str | None:
    """The current span as W3C `traceparent`, or None outside a trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(_TRACEPARENT)


def context_of(traceparent: str | None) -> Context | None:
    """The context that `traceparent` tells of; None: it tells of none."""
    if traceparent is None:
        return None
    context = _PROPAGATOR.extract({_TRACEPARENT: traceparent}, Context())
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def outside() -> Context:
    """A context outside any trace: a span whose parent it is begins one."""
    return trace.set_span_in_context(INVALID_SPAN, get_current())


def trace_id() -> str | None:
    """The current trace id in hex, or None outside a trace."""
    span_context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span_context.trace_id) if span_context.is_valid else None


def _links(traceparents: Iterable[str | None]) -> list[Link]:
    contexts = (context_of(traceparent) for traceparent in traceparents)
    return [
        Link(trace.get_current_span(context).get_span_context())
        for context in contexts
        if context is not None
    ]
