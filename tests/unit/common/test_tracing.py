"""Spans: whose they are, what they say, and that nobody waits for a collector."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from julia_common.errors import Permanent, Refused
from julia_common.settings import CommonSettings
from julia_common.telemetry import tracing
from julia_common.telemetry.redaction import MASK, Redactor
from julia_common.telemetry.tracing_export import FLUSH_SECONDS, exporting
from julia_dev.collector import Collector, collecting

pytestmark = pytest.mark.usefixtures("spans_off_again")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as listening:
        yield listening


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exporter.get_finished_spans()
    return span


def settings(monkeypatch: pytest.MonkeyPatch, **otel: str) -> CommonSettings:
    for name, value in otel.items():
        monkeypatch.setenv(f"OTEL_{name}", value)
    return CommonSettings()


def test_ids_flow_although_nothing_is_recorded() -> None:
    with tracing.span("outer"):
        trace = tracing.trace_id()
        with tracing.span("inner"):
            assert trace == tracing.trace_id() is not None
    assert tracing.trace_id() is None


def test_a_call_outside_any_trace_is_no_span(recorded: InMemorySpanExporter) -> None:
    with tracing.call("poll", {}) as poll:
        poll.tell({"seen": True})
        poll.failed("never")
    assert recorded.get_finished_spans() == ()


def test_a_call_for_a_message_is_its_child(recorded: InMemorySpanExporter) -> None:
    with tracing.span("message"), tracing.call("call", {"db.system.name": "postgresql"}):
        pass

    call, message = recorded.get_finished_spans()
    assert call.parent == message.context
    assert call.kind is SpanKind.CLIENT


def test_an_error_is_its_class_and_never_its_words(recorded: InMemorySpanExporter) -> None:
    words = "the doctor Joana wrote 11 98765-4321"
    with pytest.raises(Permanent), tracing.span("work"):
        raise Permanent(words)

    assert only(recorded).attributes == {"error.type": "Permanent"}
    assert not only(recorded).status.is_ok
    assert "Joana" not in only(recorded).to_json()


def test_a_refusal_is_no_error(recorded: InMemorySpanExporter) -> None:
    text = "nothing to do"
    with pytest.raises(Refused), tracing.span("work"):
        raise Refused(text)

    assert only(recorded).attributes == {}


def test_what_slips_in_is_masked(recorded: InMemorySpanExporter) -> None:
    with tracing.span("work", {"a": "fala com 11 98765-4321", "b": 5511987654321}) as span:
        span.tell({"c": "a chave-secreta", "d": None, "e": ["ana@example.com"]})

    assert only(recorded).attributes == {
        "a": f"fala com {MASK}",
        "b": MASK,
        "c": f"a {MASK}",
        "e": (MASK,),
    }


def test_a_span_can_belong_to_what_another_process_began(recorded: InMemorySpanExporter) -> None:
    begun = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.span("turn", parent=tracing.context_of(begun), follows=[None, "nonsense", begun]):
        assert tracing.trace_id() == "0af7651916cd43dd8448eb211c80319c"

    assert [f"{link.context.span_id:x}" for link in only(recorded).links] == ["b7ad6b7169203331"]


def test_outside_begins_a_trace_of_its_own(recorded: InMemorySpanExporter) -> None:
    with tracing.span("one"), tracing.span("another", parent=tracing.outside()):
        pass

    another, one = recorded.get_finished_spans()
    assert another.parent is None
    assert another.context.trace_id != one.context.trace_id


def test_nothing_is_exported_unless_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    asked = settings(monkeypatch, EXPORTER_OTLP_ENDPOINT=collector.url)
    with exporting("julia-test", asked, Redactor()), tracing.span("work"):
        pass
    assert collector.requests == []


def test_the_last_spans_are_brought_before_the_process_ends(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    asked = settings(
        monkeypatch, TRACES_EXPORTER="otlp", EXPORTER_OTLP_ENDPOINT=f"{collector.url}/"
    )
    with exporting("julia-test", asked, Redactor()), tracing.span("work", {"julia.tipo": "x"}):
        pass

    (span,) = collector.spans()
    assert (span.name, span.service, span.attributes) == ("work", "julia-test", {"julia.tipo": "x"})
    assert span.resource["service.instance.id"] == socket.gethostname()


def test_a_share_of_the_traces_is_taken_whole(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    asked = settings(
        monkeypatch,
        TRACES_EXPORTER="otlp",
        EXPORTER_OTLP_ENDPOINT=collector.url,
        TRACES_SAMPLER="parentbased_traceidratio",
        TRACES_SAMPLER_ARG="0.5",
    )
    traces = 200
    with exporting("julia-test", asked, Redactor()):
        for _ in range(traces):
            with tracing.span("outer"), tracing.span("inner"):
                pass

    of = [span.trace for span in collector.spans()]
    assert 0 < len(set(of)) < traces
    assert all(of.count(trace) == 2 for trace in set(of))


@pytest.mark.parametrize("answers", [True, False], ids=["hangs", "is absent"])
def test_a_collector_that_hangs_or_is_absent_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if not answers:
            listener.close()
        asked = settings(
            monkeypatch,
            TRACES_EXPORTER="otlp",
            EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
            BSP_MAX_QUEUE_SIZE="64",
            BSP_MAX_EXPORT_BATCH_SIZE="32",
            EXPORTER_OTLP_TIMEOUT=str(FLUSH_SECONDS + 1),
        )
        with exporting("julia-test", asked, Redactor()):
            for _ in range(5_000):
                with tracing.span("work"):
                    pass
            ending = time.monotonic()
        assert time.monotonic() - ending < FLUSH_SECONDS + 2
    # Its last tries draw from `random`, which hypothesis keeps an eye on in the tests to come.
    for thread in threading.enumerate():
        if thread.name.startswith(("Otel", "last spans")):
            thread.join(15)
