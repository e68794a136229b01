import asyncio
from dataclasses import replace

import pytest

from julia_brain.testing import (
    CONVERSA_ID,
    draft,
)
from julia_brain.tools.testing import a_begun_turn
from julia_brain.turns.answer import Answer
from julia_brain.turns.before_claude import keeping_opt_out
from julia_brain.turns.engine import Finished
from julia_brain.turns.limits import Limits, retry_in
from julia_common.database import Effects, HistoryMessage, ScopedOptOut, TurnNotBegun
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.breaker import CircuitOpen
from julia_common.testing import MetricsChange

AWAY = Retryable("Claude is away")


async def test_a_due_conversation_is_answered_and_the_dispatcher_is_rung(scene) -> None:
    finished = await scene.run()

    assert finished.outcome == "resposta"
    assert scene.sent == ["Sobre: tem plantão?"]
    assert scene.doorbell.rung == [CONVERSA_ID]
    assert scene.signs.shown == [("KEY1",)]
    assert not scene.db.pending


async def test_an_answer_that_waits_for_a_persons_word_is_a_draft(scene) -> None:
    scene.db.copilot = True

    finished = await scene.run()

    assert finished.outcome == "rascunho"
    assert scene.doorbell.rung == []


async def test_a_turn_records_what_claude_cost(scene) -> None:
    scene.writer.script = [draft("", "max_tokens"), "Vou ver com a equipe."]

    await scene.run()

    usage = scene.db.commits[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.llm_ms) == (200, 40, 1800)
    assert usage.custo_usd > 0


async def test_a_burst_that_is_not_over_says_when_it_will_be(scene) -> None:
    scene.db.doctor_writes("de anestesia")

    finished = await scene.run()

    assert finished.outcome == "aguardar"
    assert finished.due_in_s == pytest.approx(1.2, abs=0.3)
    assert scene.writer.prompts == []


@pytest.mark.parametrize("status", ["humano", "nada", "pausado", "ocupado"])
async def test_what_may_not_be_answered_is_left_alone(scene, status: str) -> None:
    match status:
        case "humano":
            scene.db.person_takes_over()
        case "nada":
            scene.db.pending.clear()
        case "pausado":
            scene.db.paused = True
        case "ocupado":
            scene.db.lease_runs_out()

    assert (await scene.run()).outcome == status
    assert scene.writer.prompts == []
    assert scene.sent == []


async def test_a_message_that_arrives_while_claude_thinks_is_answered_together(
    scene,
) -> None:
    scene.writer.script = [lambda: scene.db.doctor_writes("sábado"), "rascunho velho"]

    finished = await scene.run()

    assert finished.outcome == "resposta"
    assert scene.db.refusals == ["mensagens_novas"]
    assert scene.sent == ["Sobre: tem plantão? | sábado"]
    assert scene.signs.shown == [("KEY1",), ("KEY1", "KEY2")]


async def test_a_draft_is_redone_only_after_the_new_burst_is_quiet(scene) -> None:
    scene.writer.script = [lambda: scene.db.doctor_writes("sábado"), "rascunho velho"]
    task = scene.start()
    await scene.clock.advance(1.1)
    assert len(scene.writer.prompts) == 1

    await scene.clock.advance(0.5)
    assert len(scene.writer.prompts) == 1
    await scene.clock.until_done(task)

    assert len(scene.writer.prompts) == 2


async def test_a_doctor_who_never_stops_typing_is_answered_by_the_third_draft(
    scene,
) -> None:
    for text in ("sábado", "ou domingo", "de dia"):
        scene.writer.script += [lambda text=text: scene.db.doctor_writes(text), "rascunho"]

    finished = await scene.run()

    assert scene.db.refusals == ["mensagens_novas"] * 2
    assert scene.db.commits[0].force
    assert [one.conteudo for one in scene.db.pending] == ["de dia"]
    assert finished == Finished("resposta", 0.0)


async def test_without_time_for_another_draft_the_one_at_hand_is_committed(scene) -> None:
    scene.writer.takes = 11
    scene.writer.script = [lambda: scene.db.doctor_writes("sábado"), "Vou ver."]

    finished = await scene.run()

    assert finished.outcome == "resposta"
    assert scene.sent == ["Vou ver."]
    assert [one.conteudo for one in scene.db.pending] == ["sábado"]


async def test_a_message_deleted_while_claude_thinks_is_not_answered(scene) -> None:
    def delete() -> None:
        scene.db.pending.clear()
        scene.db.inbox_seq += 1

    scene.writer.script = [delete, "rascunho"]

    assert (await scene.run()).outcome == "nada"
    assert scene.sent == []


async def test_a_takeover_during_the_last_moment_drops_the_draft(scene) -> None:
    scene.writer.script = [scene.db.person_takes_over, "rascunho"]

    assert (await scene.run()).outcome == "epoca"
    assert scene.sent == []
    assert scene.doorbell.rung == []


async def test_a_lost_lease_stops_claude_at_the_next_renewal(scene) -> None:
    scene.writer.takes = 11
    task = scene.start()
    await scene.clock.advance(1)
    scene.db.lease_runs_out()

    finished = await scene.clock.until_done(task)

    assert finished.outcome == "lease"
    assert scene.writer.cancelled == 1
    assert scene.sent == []
    assert scene.db.releases == []


async def test_a_pause_stops_claude_and_leaves_the_messages_due(scene) -> None:
    scene.writer.takes = 11
    task = scene.start()
    await scene.clock.advance(1)
    scene.db.paused = True

    finished = await scene.clock.until_done(task)

    assert finished.outcome == "pausa"
    assert scene.writer.cancelled == 1
    assert scene.db.releases == [("pausa", 0)]
    assert len(scene.db.pending) == 1


async def test_a_pause_at_the_commit_leaves_the_messages_due(scene) -> None:
    scene.writer.script = [lambda: setattr(scene.db, "paused", True), "rascunho"]

    assert (await scene.run()).outcome == "pausa"
    assert scene.sent == []
    assert len(scene.db.pending) == 1


async def test_the_lease_is_renewed_while_claude_thinks(scene) -> None:
    scene.writer.takes = 11

    await scene.run()

    assert scene.db.renewals == 2
    assert len(scene.sent) == 1


async def test_a_renewal_that_fails_does_not_stop_claude(scene) -> None:
    scene.writer.takes = 8
    scene.writer.script = [lambda: setattr(scene.db, "away", False), "Vou ver."]
    task = scene.start()
    await scene.clock.advance(1)
    scene.db.away = True

    assert (await scene.clock.until_done(task)).outcome == "resposta"


@pytest.mark.parametrize("error", [AWAY, Permanent("the key was refused")])
async def test_without_claude_the_message_stays_due(scene, error: Exception) -> None:
    scene.writer.script = [error]

    finished = await scene.run()

    assert finished.outcome == "adiado"
    assert finished.due_in_s is not None
    assert scene.db.releases == [("indisponibilidade", finished.due_in_s)]
    assert len(scene.db.pending) == 1


async def test_after_a_minute_without_claude_a_person_gets_the_conversation(scene) -> None:
    await scene.clock.advance(60)
    scene.writer.script = [AWAY]

    finished = await scene.run()

    commit = scene.db.commits[0]
    assert finished.outcome == "indisponibilidade"
    assert commit.outcome == "transferir"
    assert commit.parts == ()
    assert commit.handoff is not None
    assert (commit.handoff.trigger_type, commit.handoff.notify) == ("indisponibilidade", True)
    assert scene.doorbell.rung == [CONVERSA_ID]


async def test_a_conversation_that_claude_was_not_asked_about_waits_for_the_circuit(
    scene,
) -> None:
    await scene.clock.advance(60)
    scene.writer.script = [CircuitOpen("open")]
    assert (await scene.run()).outcome == "adiado"

    await scene.clock.advance(30)
    scene.writer.script = [CircuitOpen("open")]
    assert (await scene.run()).outcome == "indisponibilidade"


async def test_a_long_outage_asks_again_and_again_and_hands_over_once(scene) -> None:
    scene.writer.takes = 0
    scene.writer.script = [AWAY] * 100
    attempts = 0
    while scene.db.controlled_by == "ai":
        attempts += 1
        finished = await scene.run()
        await scene.clock.advance(finished.due_in_s or 0)

    assert attempts < 15
    assert len(scene.db.commits) == 1
    assert scene.clock.monotonic() == pytest.approx(60, abs=5)


def test_the_wait_for_claude_grows_and_never_passes_the_hand_over() -> None:
    waits = [retry_in(waited, patience=60) for waited in (0, 10, 25, 50, 59.9)]

    assert waits == [2, 5, 12.5, 10, 0.5]


@pytest.mark.parametrize(
    "garbage",
    [
        draft("", "end_turn"),
        draft("Vou ver com a eq", "max_tokens"),
        draft("", "refusal"),
        draft("x" * 50_000),
        draft('{"type": "tool_use"}'),
        draft("", "tool_use"),
    ],
    ids=["empty", "truncated", "refusal", "huge", "machine text", "tool"],
)
async def test_a_bad_draft_is_repaired_once_or_a_person_answers(scene, garbage) -> None:
    scene.writer.script = [garbage, "Vou ver com a equipe."]
    await scene.run()
    assert scene.sent == ["Vou ver com a equipe."]
    assert "[" in scene.writer.prompts[1].turns[-1].texts[-1]

    scene.db.doctor_writes("e domingo?")
    await scene.clock.advance(1.3)
    scene.writer.script = [garbage, garbage]
    finished = await scene.run()

    assert finished.outcome == "transferir"
    assert scene.sent == ["Vou ver com a equipe."]
    handoff = scene.db.commits[-1].handoff
    assert handoff is not None
    assert handoff.trigger_type == "baixa_confianca"


async def test_a_repair_that_claude_does_not_answer_goes_to_a_person(scene) -> None:
    scene.writer.script = [draft("", "max_tokens"), AWAY]

    assert (await scene.run()).outcome == "transferir"


async def test_a_turn_that_is_cancelled_is_given_back(scene) -> None:
    task = scene.start()
    await scene.clock.advance(0.5)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert scene.db.releases == [("desligamento", 0)]
    assert scene.db.commits == []
    assert len(scene.db.pending) == 1


async def test_a_commit_without_an_answer_leaves_the_turn_to_its_lease(scene) -> None:
    scene.writer.script = [lambda: setattr(scene.db, "away", True), "rascunho"]

    with pytest.raises(Retryable):
        await scene.run()

    assert scene.db.token is not None
    assert scene.db.releases == []


async def test_limits_can_be_chosen(scene) -> None:
    scene.engine = replace(scene.engine, limits=Limits(away_after=1))
    scene.writer.script = [AWAY]

    assert (await scene.run()).outcome == "indisponibilidade"


@pytest.mark.parametrize("fault", [ValueError("a bug"), Permanent("a bad argument")])
async def test_a_turn_that_fails_by_itself_is_given_back_as_failed(scene, fault: Exception) -> None:
    scene.writer.script = ["Oi!"]
    scene.db.commit_error = fault

    with pytest.raises(type(fault)):
        await scene.run()

    assert scene.db.failures == 1
    assert scene.db.token is None


async def test_the_notice_of_a_conversation_handed_over_at_the_begin_is_rung_for(
    scene, monkeypatch
) -> None:
    async def handed_over(**_: object) -> TurnNotBegun:
        return TurnNotBegun(
            status="transferido", motivo="vencida", doorbell=True, instance="julia-teste"
        )

    monkeypatch.setattr(scene.db, "begin_turn", handed_over)
    change = MetricsChange()

    assert (await scene.run()).outcome == "transferido"
    assert scene.doorbell.rung == [CONVERSA_ID]
    assert change.of("julia_erros_total", etapa="resposta", tipo="vencida") == 1
    assert change.of("julia_trabalhos_total", etapa="turno") == 0


async def test_an_answered_burst_is_as_many_messages_that_reached_their_end(scene) -> None:
    change = MetricsChange()
    scene.db.doctor_writes("de anestesia")
    await scene.clock.advance(2)

    await scene.run()

    assert change.of("julia_trabalhos_total", etapa="resposta") == 2
    assert change.of("julia_trabalhos_total", etapa="turno") == 1
    assert change.of("julia_erros_total", etapa="turno", tipo="sem_modelo") == 0


async def test_a_turn_without_claude_ends_badly_and_is_no_message_at_its_end(scene) -> None:
    change = MetricsChange()
    scene.writer.script = [AWAY]

    await scene.run()

    assert change.of("julia_erros_total", etapa="turno", tipo="sem_modelo") == 1
    assert change.of("julia_trabalhos_total", etapa="resposta") == 0


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("quero falar com um atendente humano", "pedido_humano"),
        ("vou acionar meu advogado", "juridico"),
        ("que absurdo, vocês são uma vergonha", "sentimento_negativo"),
    ],
)
async def test_a_sign_that_a_person_is_needed_is_obeyed_before_claude_is_asked(
    scene, text, trigger
) -> None:
    scene.db.doctor_writes(text)
    await scene.clock.advance(1.3)

    finished = await scene.run()

    commit = scene.db.commits[0]
    assert finished.outcome == "transferir"
    assert scene.writer.prompts == []
    assert commit.handoff is not None
    assert (commit.handoff.trigger_type, commit.handoff.notify) == (trigger, True)
    assert commit.rota == f"regra_{trigger}"


async def test_a_doctor_who_corrects_twice_gets_a_person(scene) -> None:
    scene.db.history = (
        HistoryMessage(
            id="1",
            autor_tipo="medico",
            conteudo="não foi isso que eu pedi",
            tipo_conteudo="texto",
            at=scene.clock.now(),
        ),
    )
    scene.db.doctor_writes("não entendeu, já falei que é sábado")
    await scene.clock.advance(1.3)

    assert (await scene.run()).outcome == "transferir"


async def test_what_was_said_in_an_audio_counts_like_what_was_written(scene) -> None:
    scene.db.doctor_writes("", kind="audio")
    heard = scene.db.pending[-1].model_copy(update={"leitura": "quero falar com um atendente"})
    scene.db.pending[-1] = heard
    await scene.clock.advance(1.3)

    assert (await scene.run()).outcome == "transferir"


@pytest.mark.parametrize(("text", "asks_for"), [("x" * 10_001, "resumo"), ("🦆🦆", "palavras")])
async def test_what_cannot_be_read_is_answered_without_claude(scene, text, asks_for) -> None:
    scene.db.pending.clear()
    scene.db.doctor_writes(text)
    await scene.clock.advance(1.3)

    await scene.run()

    assert asks_for in scene.sent[0]
    assert scene.writer.prompts == []
    assert scene.db.commits[0].usage is None


async def test_an_opt_out_split_over_messages_ends_the_turn_and_claude_is_not_asked(scene) -> None:
    for text in ("não me manda", "mais mensagem", "por favor"):
        scene.db.doctor_writes(text)
    await scene.clock.advance(3)

    await scene.run()

    (commit,) = scene.db.commits
    assert (commit.outcome, commit.rota) == ("sem_resposta", "regra_opt_out")
    assert commit.effects.opt_out is not None
    assert commit.effects.opt_out.escopo == "definitivo"
    assert scene.writer.prompts == []


def test_a_shift_that_claude_noted_as_refused_stays_beside_the_month() -> None:
    begun = a_begun_turn("não me manda mais nada esse mês")
    noted = ScopedOptOut(escopo="vaga", motivo="longe", vaga_id="v1", outras_vagas=("v2",))

    kept = keeping_opt_out(Answer("resposta", "padrao", effects=Effects(opt_out=noted)), begun)

    assert kept.effects.opt_out is not None
    assert (kept.effects.opt_out.escopo, kept.effects.opt_out.outras_vagas) == ("mes", ("v1", "v2"))


async def test_an_opt_out_with_a_threat_of_law_is_read_by_a_person(scene) -> None:
    for text in ("não me manda", "mais mensagem", "senão vou no procon"):
        scene.db.doctor_writes(text)
    await scene.clock.advance(3)

    await scene.run()

    (commit,) = scene.db.commits
    assert (commit.outcome, commit.rota) == ("transferir", "regra_opt_out")
    assert (commit.handoff.trigger_type, commit.handoff.notify) == ("juridico", False)
    assert commit.effects.opt_out.escopo == "definitivo"


async def test_a_burst_that_goes_on_with_a_shift_is_answered(scene) -> None:
    for text in ("me tira", "do plantão de domingo"):
        scene.db.doctor_writes(text)
    await scene.clock.advance(3)

    await scene.run()

    (commit,) = scene.db.commits
    assert commit.outcome == "resposta"
    assert commit.effects.opt_out is None
