"""Whose trace a turn belongs to, and what it is linked to."""

from collections.abc import Callable

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from julia_brain.testing import CONVERSA_ID
from julia_common.telemetry import tracing


def writing(scene, text: str) -> Callable[[], None]:
    """The doctor writes, each message in a trace of its own."""

    def write() -> None:
        with tracing.span(text, parent=tracing.outside()):
            scene.db.doctor_writes(text)

    return write


def by_name(recorded: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in recorded.get_finished_spans()}


async def test_a_turn_is_in_the_trace_of_the_first_message_and_linked_to_the_others(
    recorded: InMemorySpanExporter, scene
) -> None:
    scene.db.pending.clear()
    for text in ("oi", "tem plantão?", "sábado"):
        writing(scene, text)()
    await scene.clock.advance(3)
    await scene.run()

    spans = by_name(recorded)
    turn = spans["turn"]
    assert turn.parent.span_id == spans["oi"].context.span_id
    assert turn.context.trace_id == spans["oi"].context.trace_id
    assert [link.context.span_id for link in turn.links] == [
        spans["tem plantão?"].context.span_id,
        spans["sábado"].context.span_id,
    ]
    assert turn.attributes["julia.mensagens"] == 3
    assert turn.attributes["julia.conversa_id"] == CONVERSA_ID
    assert turn.attributes["julia.resultado"] == "resposta"


async def test_what_voids_a_draft_is_linked_once(recorded: InMemorySpanExporter, scene) -> None:
    scene.db.pending.clear()
    writing(scene, "oi")()
    await scene.clock.advance(1.3)
    scene.writer.script = [writing(scene, "sábado"), "rascunho velho"]
    await scene.run()

    spans = by_name(recorded)
    turn = spans["turn"]
    assert turn.parent.span_id == spans["oi"].context.span_id
    assert [link.context.span_id for link in turn.links] == [spans["sábado"].context.span_id]
    assert turn.attributes["julia.regeneracoes"] == 1


async def test_a_turn_whose_messages_nobody_traced_is_a_trace_of_its_own(
    recorded: InMemorySpanExporter, scene
) -> None:
    await scene.run()

    turn = by_name(recorded)["turn"]
    assert turn.parent is None
    assert turn.links == ()
