"""CloudEvents around our messages."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from julia_common.contracts.messages import Connection, SendRequested
from julia_common.messaging import envelope
from julia_common.messaging.envelope import Undecodable
from julia_common.telemetry import tracing

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def arrived(message, **changes):
    wrapped = envelope.encode(message, source="/julia-test")
    facts = {"body": wrapped.body, "headers": wrapped.headers, "routing_key": message.TYPE}
    return SimpleNamespace(**facts | changes)


def test_what_is_encoded_is_decoded() -> None:
    message = Connection(instance="julia", state="open", received_at=AT)

    assert envelope.decode(arrived(message)) == message


def test_fields_of_a_newer_producer_are_ignored() -> None:
    body = b'{"instance": "julia", "conversa_id": "c-1", "invented_later": 1}'
    incoming = arrived(SendRequested(instance="julia", conversa_id="c-1"), body=body)

    assert envelope.decode(incoming) == SendRequested(instance="julia", conversa_id="c-1")


def test_without_our_headers_the_routing_key_says_what_it_is() -> None:
    message = SendRequested(instance="julia", conversa_id="c-1")

    assert envelope.decode(arrived(message, headers={})) == message


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"\xff\xff", b'{"instance": 5}', b"[" * 10_000]
)
def test_a_body_that_does_not_fit_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        envelope.decode(arrived(SendRequested(instance="j", conversa_id="c"), body=body))


def test_the_error_names_fields_and_never_values() -> None:
    body = b'{"instance": "", "conversa_id": {"sou": "Joana"}}'

    with pytest.raises(Undecodable) as caught:
        envelope.decode(arrived(SendRequested(instance="j", conversa_id="c"), body=body))

    assert "conversa_id: string_type" in str(caught.value)
    assert "Joana" not in str(caught.value)


def test_an_event_has_one_id_however_often_it_is_seen() -> None:
    first = Connection(instance="julia", state="open", received_at=AT)
    again = first.model_copy(update={"received_at": datetime(2026, 3, 2, 12, 5, tzinfo=UTC)})
    other = first.model_copy(update={"state": "close"})

    assert envelope.event_id(first) == envelope.event_id(again)
    assert envelope.event_id(first) != envelope.event_id(other)


def test_the_trace_goes_along() -> None:
    with tracing.span("published"):
        sent_in = tracing.trace_id()
        incoming = arrived(SendRequested(instance="j", conversa_id="c"))

    with tracing.span("consumed", parent=tracing.context_of(envelope.traceparent_of(incoming))):
        assert tracing.trace_id() == sent_in
    assert tracing.trace_id() is None


@pytest.mark.parametrize("headers", [{}, {"traceparent": "nonsense"}, {"traceparent": 7}])
def test_a_message_without_a_trace_belongs_to_none(headers: dict[str, object]) -> None:
    incoming = arrived(SendRequested(instance="j", conversa_id="c"), headers=headers)

    assert tracing.context_of(envelope.traceparent_of(incoming)) is None
