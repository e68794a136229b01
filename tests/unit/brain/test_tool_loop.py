"""Tools, checks, budgets and deadlines within a turn."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from julia_brain.domain import fallback
from julia_brain.domain.budget import Budgets
from julia_brain.domain.draft import Model
from julia_brain.testing import PERSONA, Asked, asking, shift
from julia_brain.tools.calls import ToolCall, ToolResult
from julia_common.database import HistoryMessage, Spent
from julia_common.errors import Permanent, Retryable

VAGA = shift().id
SHOW = (
    "Tem no Hospital Santa Clara, em Campinas, sábado, 07/03, das 19h às 7h, R$ 1.500. "
    "Te interessa?"
)
BOOKED = "Prontinho, reservei o plantão do Hospital Santa Clara pra vc!"
INVENTED = "Tem um plantão no Hospital São Nunca por R$ 9.999."
SEARCH = asking("buscar_vagas")
BOOK = asking("reservar_plantao", vaga_id=VAGA)
PERSON = asking("transferir_para_humano", tipo="pedido_humano", motivo="quer falar com alguém")
REMIND = asking(
    "agendar_lembrete",
    data_hora="2026-03-05T09:00",
    contexto="pediu para falar na quinta",
    mensagem="Oi! Achei um plantão no Hospital São Nunca por R$ 9.999, já é seu!",
)


def said_by_julia(text: str) -> HistoryMessage:
    return HistoryMessage(
        id="1",
        autor_tipo="julia",
        conteudo=text,
        tipo_conteudo="texto",
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )


async def test_claude_is_told_what_a_tool_found_and_answers_with_it(scene) -> None:
    scene.writer.script = [SEARCH, SHOW]

    await scene.run()

    asked, answered = scene.writer.prompts[1].rounds
    assert asked.blocks == SEARCH.tool_calls
    assert isinstance(answered.blocks[0], ToolResult)
    assert VAGA in answered.blocks[0].content
    assert scene.sent == [SHOW]
    assert [fact.chave for fact in scene.db.commits[0].effects.fatos] == [VAGA]


async def test_tools_asked_for_at_once_are_run_in_their_order(scene) -> None:
    both = replace(SEARCH, tool_calls=(*SEARCH.tool_calls, *BOOK.tool_calls))
    scene.writer.script = [both, BOOKED]

    await scene.run()

    results = scene.writer.prompts[1].rounds[1].blocks
    assert [result.call_id for result in results] == [
        "toolu_buscar_vagas",
        "toolu_reservar_plantao",
    ]
    assert scene.db.commits[0].holds == ("reserva-1",)


async def test_what_the_model_says_beside_a_tool_is_never_sent(scene) -> None:
    scene.writer.script = [replace(SEARCH, text="Deixa eu olhar aqui"), SHOW]

    await scene.run()

    assert scene.sent == [SHOW]


async def test_a_commit_names_what_the_tools_did_and_which_prompt_was_used(scene) -> None:
    scene.writer.script = [SEARCH, BOOK, BOOKED]

    await scene.run()

    commit = scene.db.commits[0]
    assert commit.holds == ("reserva-1",)
    assert commit.prompt_id == "persona-1"
    assert commit.rota == "padrao"
    assert commit.usage is not None
    assert commit.usage.chamadas == 3
    assert scene.writer.prompts[0].system == PERSONA


async def test_a_void_draft_leaves_its_holds_behind(scene) -> None:
    scene.writer.script = [
        SEARCH,
        BOOK,
        lambda: scene.db.doctor_writes("não, espera, domingo"),
        BOOKED,
        "Certo, me conta melhor o que vc procura?",
    ]

    await scene.run()

    assert scene.shifts.held == ["reserva-1"]
    assert scene.db.commits[0].holds == ()
    assert scene.db.commits[0].effects.fatos == ()
    assert scene.writer.prompts[3].rounds == ()


async def test_a_hold_lost_before_the_commit_is_thought_about_again(scene) -> None:
    scene.db.lost_holds = {"reserva-1"}
    scene.writer.script = [SEARCH, BOOK, BOOKED, SEARCH, BOOK, BOOKED]

    finished = await scene.run()

    assert scene.db.refusals == ["reserva_perdida"]
    assert finished.outcome == "resposta"
    assert scene.db.commits[0].holds == ("reserva-2",)


async def test_a_hold_that_is_lost_again_and_again_gives_the_turn_back(scene) -> None:
    scene.db.lost_holds = {f"reserva-{n}" for n in range(1, 9)}
    scene.writer.script = [SEARCH, BOOK, BOOKED] * 3
    scene.writer.takes = 0.1

    finished = await scene.run()

    assert (finished.outcome, finished.due_in_s) == ("adiado", 0.0)
    assert scene.sent == []
    assert scene.db.failures == 1
    assert len(scene.db.spent) == 1


async def test_nothing_is_booked_over_words_that_were_not_read(scene) -> None:
    scene.writer.takes = 0.1
    for text in ("ou domingo", "ou segunda", "não, espera"):
        scene.writer.script += [
            SEARCH,
            BOOK,
            lambda text=text: scene.db.doctor_writes(text),
            BOOKED,
        ]

    finished = await scene.run()

    assert scene.db.refusals == ["mensagens_novas"] * 3
    assert (finished.outcome, finished.due_in_s) == ("adiado", 0.0)
    assert (scene.sent, scene.db.failures) == ([], 1)
    assert [one.conteudo for one in scene.db.pending][-1] == "não, espera"


async def test_a_forced_answer_whose_effects_are_lost_gives_the_turn_back(scene) -> None:
    scene.writer.takes = 11
    scene.db.invalid_effects = True
    scene.writer.script = [lambda: scene.db.doctor_writes("sábado"), "Vou ver."]

    finished = await scene.run()

    assert scene.db.refusals == ["mensagens_novas", "efeito_invalido"]
    assert (finished.outcome, scene.db.failures) == ("adiado", 1)


async def test_after_four_rounds_the_model_has_to_answer(scene) -> None:
    scene.writer.takes = 0.1
    scene.writer.script = [SEARCH] * 4 + [SHOW]

    await scene.run()

    assert [one.tools for one in scene.writer.asked] == [True] * 4 + [False]
    assert scene.sent == [SHOW]


async def test_a_model_that_never_answers_is_told_off_once_and_then_replaced(scene) -> None:
    scene.writer.takes = 0.1
    scene.writer.script = [asking("buscar_info_hospital", nome_hospital="Clara")] * 20

    await scene.run()

    assert len(scene.writer.prompts) == 6
    assert scene.db.commits[0].outcome == "transferir"


async def test_a_late_turn_uses_no_more_tools_and_the_smaller_model(scene) -> None:
    scene.db.pending.clear()
    scene.db.doctor_writes("consegue melhorar o valor?")
    await scene.clock.advance(1.3)
    scene.writer.takes = 2.0
    scene.writer.script = [SEARCH, SEARCH, SHOW]

    await scene.run()

    assert scene.writer.asked == [
        Asked(Model.LARGE, tools=True),
        Asked(Model.LARGE, tools=True),
        Asked(Model.SMALL, tools=False),
    ]
    assert scene.db.commits[0].rota == "negociacao+prazo"


async def test_without_an_answer_in_time_the_tools_own_result_is_told(scene) -> None:
    scene.writer.script = [SEARCH, BOOK, Retryable("Claude is away")]

    await scene.run()

    commit = scene.db.commits[0]
    assert commit.holds == ("reserva-1",)
    assert "Reservei" in commit.parts[0]
    assert "Hospital Santa Clara" in commit.parts[0]


async def test_a_shift_that_was_found_is_offered_without_claude(scene) -> None:
    scene.writer.script = [SEARCH, Retryable("Claude is away")]

    await scene.run()

    assert "Hospital Santa Clara" in scene.sent[0]
    assert "R$ 1.500" in scene.sent[0]


async def test_a_person_asked_for_by_a_tool_ends_the_turn_at_once(scene) -> None:
    scene.writer.script = [PERSON]

    finished = await scene.run()

    commit = scene.db.commits[0]
    assert finished.outcome == "transferir"
    assert len(scene.writer.prompts) == 1
    assert commit.parts == ()
    assert commit.handoff is not None
    assert commit.handoff.trigger_type == "pedido_humano"


async def test_an_opt_out_for_good_ends_without_another_word(scene) -> None:
    scene.db.doctor_writes("por hoje e sempre, deu")
    await scene.clock.advance(1.3)
    scene.writer.script = [
        asking("registrar_opt_out", escopo="definitivo", motivo="pediu", palavras="e sempre, deu")
    ]

    finished = await scene.run()

    commit = scene.db.commits[0]
    assert finished.outcome == commit.outcome == "sem_resposta"
    assert commit.effects.opt_out is not None
    assert scene.sent == []
    assert scene.doorbell.rung != []


async def test_an_opt_out_for_a_month_is_answered_in_words(scene) -> None:
    scene.db.doctor_writes("tô de férias")
    await scene.clock.advance(1.3)
    scene.writer.script = [
        asking("registrar_opt_out", escopo="mes", motivo="férias", palavras="de férias"),
        "Tranquilo, obrigada por avisar!",
    ]

    await scene.run()

    assert scene.sent == ["Tranquilo, obrigada por avisar!"]
    assert scene.db.commits[0].effects.opt_out is not None


async def test_a_rejected_draft_is_written_again_by_the_larger_model(scene) -> None:
    scene.writer.script = [INVENTED, "Não achei nada agora. Quer que eu procure em outro dia?"]

    await scene.run()

    assert [one.size for one in scene.writer.asked] == [Model.SMALL, Model.LARGE]
    assert INVENTED not in repr(scene.writer.prompts[1])
    assert scene.sent == ["Não achei nada agora. Quer que eu procure em outro dia?"]
    assert scene.db.commits[0].rota == "padrao+reparo"


async def test_a_repair_may_use_tools(scene) -> None:
    scene.writer.script = [INVENTED, SEARCH, SHOW]

    await scene.run()

    assert scene.sent == [SHOW]


async def test_a_second_invention_is_replaced_by_a_safe_answer_and_the_third_by_a_person(
    scene,
) -> None:
    scene.writer.script = [INVENTED, INVENTED]
    await scene.run()
    assert scene.sent == [fallback.NOT_SURE]

    scene.db.history = (said_by_julia(fallback.NOT_SURE),)
    scene.db.doctor_writes("e o valor?")
    await scene.clock.advance(1.3)
    scene.writer.script = [INVENTED, INVENTED]
    finished = await scene.run()

    assert finished.outcome == "transferir"
    assert scene.sent == [fallback.NOT_SURE]


async def test_a_second_denial_is_replaced_by_what_she_is(scene) -> None:
    scene.writer.script = ["Não sou um robô!", "Claro que sou uma pessoa!"]

    await scene.run()

    assert scene.sent == [fallback.WHO_I_AM]


async def test_who_asks_what_she_is_is_told_whatever_was_wrong_with_the_drafts(scene) -> None:
    scene.db.pending.clear()
    scene.db.doctor_writes("vc é um robô?")
    await scene.clock.advance(1.3)
    scene.writer.script = [INVENTED, INVENTED]

    await scene.run()

    assert scene.sent == [fallback.WHO_I_AM]


async def test_what_was_booked_is_told_although_the_draft_was_rejected_twice(scene) -> None:
    scene.writer.script = [SEARCH, BOOK, INVENTED, INVENTED]

    await scene.run()

    assert scene.db.commits[0].holds == ("reserva-1",)
    assert "Reservei" in scene.sent[0]
    assert "9.999" not in scene.sent[0]


async def test_a_reminder_whose_text_may_not_be_sent_says_something_safe(scene) -> None:
    scene.writer.script = [REMIND, "Combinado, te chamo na quinta!"]

    await scene.run()

    reminder = scene.db.commits[0].effects.lembretes[0]
    assert reminder.mensagem == fallback.REMINDER
    assert "9.999" not in repr(scene.db.commits)


@pytest.mark.parametrize("share", ["0.8", "0.99"])
async def test_a_budget_that_runs_low_leaves_the_smaller_model(scene, share) -> None:
    scene.db.gasto = Spent(dia_usd=Budgets().day_usd * Decimal(share))
    scene.db.pending.clear()
    scene.db.doctor_writes("faz por R$ 1.800?")
    await scene.clock.advance(1.3)
    scene.writer.script = ["Me conta pra qual plantão?"]

    await scene.run()

    assert scene.writer.asked == [Asked(Model.SMALL, tools=True)]
    assert scene.db.commits[0].rota == "negociacao+orcamento"


async def test_a_spent_budget_gets_a_fixed_answer_once_and_then_a_person(scene) -> None:
    scene.db.gasto = Spent(conversa_usd=Decimal(1))
    await scene.run()
    assert scene.sent == [fallback.NO_BUDGET]

    scene.db.history = (said_by_julia(fallback.NO_BUDGET),)
    scene.db.doctor_writes("sim")
    await scene.clock.advance(1.3)
    finished = await scene.run()

    assert finished.outcome == "transferir"
    assert scene.writer.prompts == []


async def test_a_turn_that_has_spent_its_own_budget_tells_what_it_has(scene) -> None:
    scene.engine = replace(scene.engine, budgets=Budgets(turn_tokens=240))
    scene.writer.script = [SEARCH, SEARCH, SHOW]

    await scene.run()

    assert len(scene.writer.prompts) == 2
    assert [one.tools for one in scene.writer.asked] == [True, True]
    assert "Hospital Santa Clara" in scene.sent[0]


async def test_the_cost_of_a_dropped_turn_is_recorded(scene) -> None:
    scene.writer.script = [SEARCH, scene.db.person_takes_over, SHOW]

    finished = await scene.run()

    assert finished.outcome == "epoca"
    spent = scene.db.spent[0]
    assert (spent.op_id, spent.motivo) == ("turno-1", "epoca")
    assert spent.usage.chamadas == 2


async def test_the_cost_of_a_turn_stopped_by_the_process_is_recorded(scene) -> None:
    scene.writer.script = [SEARCH]
    task = scene.start()
    await scene.clock.advance(1.5)

    task.cancel()
    await scene.clock.advance(1)

    assert task.cancelled()
    assert scene.db.spent[0].usage.chamadas == 1


async def test_a_committed_turn_records_its_cost_once(scene) -> None:
    scene.writer.script = [SEARCH, SHOW]

    await scene.run()

    assert scene.db.spent == []


async def test_a_database_that_is_away_for_a_tool_is_no_outage_of_claude(scene) -> None:
    scene.shifts.error = Retryable("the database is away")
    scene.writer.script = [SEARCH]

    with pytest.raises(Retryable):
        await scene.run()

    assert scene.db.commits == []
    assert scene.db.releases == []


async def test_a_tool_that_failed_for_good_is_told_to_the_model(scene) -> None:
    scene.shifts.error = Permanent("a wrong argument")
    scene.writer.script = [SEARCH, "Não consegui olhar agora. Quer que eu chame alguém da equipe?"]

    await scene.run()

    result = scene.writer.prompts[1].rounds[1].blocks[0]
    assert result.is_error
    assert "wrong argument" not in result.content


async def test_a_tool_that_does_not_exist_is_refused(scene) -> None:
    scene.writer.script = [
        replace(SEARCH, tool_calls=(ToolCall("toolu_x", "apagar_tudo", {}),)),
        "Oi!",
    ]

    await scene.run()

    assert scene.writer.prompts[1].rounds[1].blocks[0].is_error
