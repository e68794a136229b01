"""Whose trace a send belongs to, and what it says of how it ended."""

from collections import deque

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from julia_common.evolution import NotSent, Uncertain
from julia_common.telemetry import tracing
from julia_dispatcher.testing import part

COMMITTED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_send_is_in_the_trace_of_what_wrote_it_whoever_rang(
    recorded: InMemorySpanExporter, bench
) -> None:
    written = {"traceparent": COMMITTED}
    bench.outbox.claims = deque([lambda claim_id: part(claim_id).model_copy(update=written)])
    with tracing.span("doorbell"):
        await bench.sending.step("c1")

    send, doorbell = recorded.get_finished_spans()
    assert send.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert send.parent.span_id == 0xB7AD6B7169203331
    assert [link.context.span_id for link in send.links] == [doorbell.context.span_id]
    assert send.attributes["julia.resultado"] == "enviada"
    assert send.attributes["julia.tipo_envio"] == "reply"


async def test_a_send_that_nobody_traced_belongs_to_its_doorbell(
    recorded: InMemorySpanExporter, bench
) -> None:
    bench.outbox.claims = deque([part])
    with tracing.span("doorbell"):
        await bench.sending.step("c1")

    send, doorbell = recorded.get_finished_spans()
    assert send.parent == doorbell.context
    assert send.links == ()


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (NotSent(permanent=True, reason="5511987654321 não existe"), "nao_enviada"),
        (Uncertain("no answer for 5511987654321"), "incerta"),
    ],
)
async def test_what_was_not_sent_is_a_failure_without_its_reason(
    recorded: InMemorySpanExporter, bench, outcome, result: str
) -> None:
    bench.outbox.claims = deque([part])
    bench.evolution.outcomes = deque([outcome])
    await bench.sending.step("c1")

    (send,) = recorded.get_finished_spans()
    assert send.attributes["error.type"] == result
    assert not send.status.is_ok
    assert "5511987654321" not in send.to_json()
