"""Compares what was seen of a conversation with what its file expects. Pure."""

from collections.abc import Iterator, Mapping

from julia_dev.evals.case import End, Step
from julia_dev.evals.played import Played, Rows, StepSeen
from julia_dev.evals.scene import SAO_PAULO, Scene
from julia_dev.evals.words import found


def failures(played: Played) -> Iterator[str]:
    """Yield each expectation that was missed: what was expected, and what was seen."""
    if played.error is not None:
        yield played.error
        return
    scene = played.scene
    for step, seen in zip(scene.case.passos, played.steps, strict=True):
        for failure in _of_step(step, seen, scene):
            yield f"step {seen.number}: {failure}"
    end = scene.case.fim
    texts = [message.text for message in played.received]
    for pattern in end.nunca:
        wanted = scene.fill(pattern, quote=True)
        yield from (f"never /{wanted}/, but: {text}" for text in texts if found(wanted, text))
    yield from (f"at the end: {failure}" for failure in _of_end(end, played.rows, scene))


def _of_step(step: Step, seen: StepSeen, scene: Scene) -> Iterator[str]:
    if not seen.at_rest:
        yield "Julia did not come to rest"
    if seen.unused and not step.podem_sobrar:
        yield f"{seen.unused} scripted answers were not asked for"
    if not step.sem_esperar:
        yield from _of_arrivals(step, [message.text for message in seen.received], scene)


def _of_arrivals(step: Step, texts: list[str], scene: Scene) -> Iterator[str]:
    shown = " / ".join(texts) or "nothing"
    if step.writes and step.resposta == "sim" and not texts:
        yield "nothing arrived"
    if step.writes and step.resposta == "nao" and texts:
        yield f"nothing should arrive, but: {shown}"
    if step.mensagens is not None and len(texts) != step.mensagens:
        yield f"{step.mensagens} messages expected, got {len(texts)}: {shown}"
    for patterns, want in ((step.recebe, True), (step.nunca, False)):
        for pattern in patterns:
            filled = scene.fill(pattern, quote=True)
            if found(filled, "\n".join(texts)) != want:
                yield f"{'expected' if want else 'never'} /{filled}/, got: {shown}"


def _of_end(end: End, rows: Rows, scene: Scene) -> Iterator[str]:
    yield from _of_handoff(end.transferida, rows.handoffs)
    if end.opt_out not in ("livre", rows.opt_out):
        yield f"opt-out {end.opt_out} expected, is {rows.opt_out}"
    yield from _of_shifts(end, rows)
    yield from _of_memories(end, rows, scene)
    yield from _of_reminders(end, rows, scene)
    for what, wanted, seen in (
        ("bot suspicion", end.suspeita_bot, rows.bot_suspected),
        ("documents", end.documentos, rows.documents),
        ("Claude asked", end.claude, rows.claude_asked),
    ):
        if wanted is not None and wanted != seen:
            yield f"{what}: {wanted} expected, is {seen}"
    if missing := sorted(set(end.avisos) - rows.notices):
        yield f"managers were not told: {', '.join(missing)} (told: {_names(rows.notices)})"


def _of_shifts(end: End, rows: Rows) -> Iterator[str]:
    if end.reservas is not None:
        yield from _differences("booked", end.reservas, rows.bookings)
    if end.lista_espera is not None:
        yield from _differences("waiting list", end.lista_espera, rows.waiting)
    if end.ofertas is not None:
        yield from _differences("offered", end.ofertas, rows.offered)
    if end.recusa_vaga is not None and set(end.recusa_vaga) != rows.refused:
        yield f"refused {_names(end.recusa_vaga)} expected, is {_names(rows.refused)}"
    for shift, price in end.valores.items():
        if rows.prices.get(shift) != price:
            yield f"price of {shift} {price} expected, is {rows.prices.get(shift)}"
    for shift, status in end.vagas.items():
        if rows.shifts.get(shift) != status:
            yield f"{shift} {status} expected, is {rows.shifts.get(shift)}"


def _of_handoff(wanted: str, triggers: tuple[str, ...]) -> Iterator[str]:
    match wanted:
        case "livre":
            return
        case "nao":
            if triggers:
                yield f"no hand-off expected, is {', '.join(triggers)}"
        case "qualquer":
            if not triggers:
                yield "a hand-off expected, there is none"
        case _:
            if not set(wanted.split("|")) & set(triggers):
                yield f"hand-off {wanted} expected, is {', '.join(triggers) or 'none'}"


def _of_memories(end: End, rows: Rows, scene: Scene) -> Iterator[str]:
    if end.memorias is None:
        return
    if not end.memorias and rows.memories:
        yield f"no memory expected, got: {' / '.join(rows.memories)}"
    for pattern in end.memorias:
        wanted = scene.fill(pattern, quote=True)
        if not any(found(wanted, memory) for memory in rows.memories):
            yield f"memory /{wanted}/ expected, got: {' / '.join(rows.memories) or 'none'}"


def _of_reminders(end: End, rows: Rows, scene: Scene) -> Iterator[str]:
    if end.lembretes is None:
        return
    if len(end.lembretes) != len(rows.reminders):
        yield f"{len(end.lembretes)} reminders expected, {len(rows.reminders)} arranged"
        return
    for wanted, (text, at) in zip(end.lembretes, rows.reminders, strict=True):
        pattern = scene.fill(wanted.texto, quote=True)
        if not found(pattern, text):
            yield f"reminder /{pattern}/ expected, got: {text}"
        clock = f"{at.astimezone(SAO_PAULO):%H:%M}"
        if wanted.hora is not None and wanted.hora != clock:
            yield f"reminder at {wanted.hora} expected, is at {clock}"


def _differences(
    what: str, wanted: Mapping[str, tuple[str, ...]], seen: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    for doctor in sorted({*wanted, *seen}):
        expected, got = frozenset(wanted.get(doctor, ())), seen.get(doctor, frozenset())
        if expected != got:
            yield f"{what} for {doctor}: {_names(expected)} expected, is {_names(got)}"


def _names(names: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "nothing"
