"""An opt-out stops everything at once, is confirmed once, and lasts until the doctor writes."""

from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration

STOP = {"motivo": "palavra: sair"}


async def test_the_words_stop_drafts_and_unsent_parts_and_are_confirmed(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.receive(text="e amanhã?")
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    answer = await julia.receive(text="SAIR", opt_out=STOP)

    assert answer["doorbell"]
    assert (await julia.commit(turn))["motivo"] == "epoca"
    claim = await julia.claim(conversa)
    assert claim["kind"] == "optout_confirmation"
    await julia.record(claim)
    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await julia.states(conversa) == ["cancelada", "cancelada", "enviada"]
    doctor = (await julia.sql("select * from medicos"))[0]
    assert (doctor["opted_out"], doctor["stage_jornada"]) == (True, "opt_out")


@pytest.mark.parametrize("edited", [False, True])
async def test_an_opt_out_that_threatens_with_law_is_confirmed_and_read_by_a_person(
    julia: Julia, *, edited: bool
) -> None:
    threat = STOP | {"juridico": True}
    if edited:
        conversa = (await julia.receive(key_id="K1"))["conversa_id"]
        answer = await julia.call(
            "edit_message",
            instance=INSTANCE,
            key_id="K1",
            change="edit",
            text="vou ao Procon",
            changed_at=julia.now().isoformat(),
            opt_out=threat,
        )
    else:
        conversa = await julia.talk("um", "dois")
        answer = await julia.receive(text="vou ao Procon", opt_out=threat)
        assert (answer["status"], answer["controlled_by"]) == ("nova", "human")
        assert answer["due_in_ms"] is None

    assert answer["doorbell"]
    handoffs = await julia.sql("select trigger_type, status, metadata ->> 'por' por from handoffs")
    assert [tuple(row) for row in handoffs] == [("juridico", "pendente", "julia")]
    claim = await julia.claim(conversa)
    assert claim["kind"] == "optout_confirmation"
    await julia.record(claim)
    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await julia.value("select opted_out from medicos")
    assert await julia.value("select due_at from conversations") is None


@pytest.mark.parametrize("read", [False, True])
async def test_a_threat_of_law_that_no_turn_has_read_before_the_opt_out_reaches_a_person(
    julia: Julia, *, read: bool
) -> None:
    conversa = (await julia.receive(text="vou acionar meu advogado", juridico=True))["conversa_id"]
    if read:
        await julia.answer(conversa, "Sinto muito, posso ajudar?")

    await julia.receive(text="não me mande mais nada", opt_out=STOP)

    assert await julia.value("select count(*) from handoffs") == (0 if read else 1)
    assert await julia.value("select opted_out from medicos")


async def test_the_same_words_many_times_are_confirmed_once(julia: Julia) -> None:
    at = julia.ago(seconds=1)
    await together(
        10, lambda n: julia.receive(key_id=f"K{n}", text="SAIR", provider_at=at, opt_out=STOP)
    )

    conversa = str(await julia.value("select id from conversations"))
    assert await julia.states(conversa) == ["pendente"]
    assert (await julia.claim(conversa))["kind"] == "optout_confirmation"


async def test_a_doctor_who_writes_again_later_is_answered(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=2), opt_out=STOP)

    conversa = (await julia.receive(text="mudei de ideia"))["conversa_id"]
    await julia.answer(conversa, "que bom")

    texts = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        texts.append(claim["kind"])
        await julia.record(claim)
    assert texts == ["optout_confirmation", "reply"]


async def test_a_second_opt_out_after_an_answer_is_confirmed_again(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=9), opt_out=STOP)
    conversa = (await julia.receive(provider_at=julia.ago(minutes=8)))["conversa_id"]
    await julia.answer(conversa, "oi de novo")
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        await julia.record(claim)

    await julia.receive(provider_at=julia.ago(minutes=1), opt_out=STOP)

    assert (await julia.claim(conversa))["kind"] == "optout_confirmation"


async def test_an_older_message_that_arrives_late_is_not_answered(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=2), opt_out=STOP)

    late = await julia.receive(text="tem vaga?", provider_at=julia.ago(minutes=3))

    assert late["due_in_ms"] is None
    assert await julia.situations(late["conversa_id"]) == ["optout", "optout"]


async def test_an_opt_out_that_arrives_late_spares_what_was_written_after_it(julia: Julia) -> None:
    conversa = await julia.talk("resposta")  # to a message of now

    late = await julia.receive(text="SAIR", provider_at=julia.ago(minutes=1), opt_out=STOP)

    # The answer was void with the rest; its message waits for another.
    assert late["due_in_ms"] is not None
    assert await julia.situations(conversa) == ["optout", "pendente"]
    await julia.answer(conversa, "outra resposta")
    kinds = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        kinds.append(claim["conteudo"] if claim["kind"] == "reply" else claim["kind"])
        await julia.record(claim)
    assert kinds == ["optout_confirmation", "outra resposta"]


async def test_an_opt_out_that_arrives_days_late_is_kept_without_a_word(julia: Julia) -> None:
    conversa = (await julia.receive(provider_at=julia.ago(days=4)))["conversa_id"]

    late = await julia.receive(text="SAIR", provider_at=julia.ago(days=3), opt_out=STOP)

    assert (late["status"], late["doorbell"]) == ("historico", False)
    assert await julia.value("select opted_out from medicos")
    assert await julia.parts(conversa) == []


async def test_an_opt_out_from_before_the_number_was_ours_binds_nobody(julia: Julia) -> None:
    await julia.call("connection_changed", instance="julia-teste", state="open")

    await julia.receive(text="SAIR", provider_at=julia.ago(days=3), opt_out=STOP)

    assert not await julia.value("select opted_out from medicos")


async def test_a_message_from_the_future_does_not_undo_a_later_opt_out(julia: Julia) -> None:
    conversa = (await julia.receive(provider_at=julia.ago(days=-400)))["conversa_id"]
    await julia.answer(conversa)
    await julia.later(minutes=2)

    await julia.opt_out_by_sql()

    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_a_reaction_does_not_undo_an_opt_out(julia: Julia) -> None:
    conversa = await julia.talk("resposta")
    await julia.opt_out_by_sql()
    await julia.later(seconds=10)

    await julia.receive(text="👍", tipo="reacao")

    assert (await julia.claim(conversa))["status"] == "vazio"
    assert (await julia.parts(conversa))[0]["outcome"] == "BLOCKED_OPTED_OUT"


async def test_an_opt_out_by_sql_is_seen_by_the_next_claim(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.record(await julia.claim(conversa))

    await julia.opt_out_by_sql()

    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await julia.states(conversa) == ["enviada", "cancelada"]


async def test_an_opt_out_by_sql_said_again_counts_from_then(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=5))
    await julia.opt_out_by_sql()
    await julia.later(minutes=1)
    conversa = await julia.talk("resposta a quem voltou a escrever")
    await julia.later(minutes=2)

    await julia.opt_out_by_sql()

    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_no_claim_is_dated_after_the_commit_of_an_opt_out_by_sql(julia: Julia) -> None:
    """Thirty doctors opt out by plain UPDATE while their replies are being claimed."""
    numbers = [f"55119{n:08d}" for n in range(30)]
    conversations = dict(
        zip(
            numbers,
            await together(30, lambda n: julia.talk("um", "dois", number=numbers[n])),
            strict=True,
        )
    )

    async def work(n: int) -> None:
        number = numbers[n // 2]
        await (julia.opt_out_by_sql(number) if n % 2 else julia.claim(conversations[number]))

    await together(60, work)
    for conversa in conversations.values():
        assert (await julia.claim(conversa))["status"] != "enviar"

    late = await julia.value(
        "select count(*) from envios e join conversations c on c.id = e.conversa_id "
        "join medicos m on m.id = c.medico_id where e.claimed_at > m.opted_out_at"
    )
    assert late == 0
    assert await julia.value("select count(*) from medicos where opted_out") == 30


async def test_an_opt_out_waits_for_the_claim_that_came_first(julia: Julia) -> None:
    conversa = await julia.talk("texto")
    async with julia.pool.acquire() as dispatcher, julia.pool.acquire() as manager:
        await manager.execute("set lock_timeout = '100ms'")
        async with dispatcher.transaction():
            claim = await julia.call_on(dispatcher, "claim_next", **julia.claiming(conversa))
            with pytest.raises(asyncpg.LockNotAvailableError):
                await manager.execute("update medicos set opted_out = true")
        await manager.execute("update medicos set opted_out = true")

    assert claim["status"] == "enviar"
    at = await julia.value("select opted_out_at from medicos")
    assert at > await julia.value("select claimed_at from envios")


async def opt_out_by_tool(julia: Julia, conversa: str, escopo: str, **p: Any) -> Any:
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    opt_out = {"escopo": escopo, "motivo": "disse com outras palavras"} | p
    effects = {"opt_out": opt_out}
    if escopo == "definitivo":
        return await julia.commit(turn, outcome="sem_resposta", effects=effects)
    return await julia.commit(turn, "Combinado!", effects=effects)


async def test_an_opt_out_that_only_claude_understood_stops_the_whole_contact(
    julia: Julia,
) -> None:
    elsewhere = (await julia.receive(instance="outro-numero"))["conversa_id"]
    await julia.answer(elsewhere, "resposta que espera")
    conversa = (await julia.receive(text="acho que a gente para por aqui"))["conversa_id"]

    done = await opt_out_by_tool(julia, conversa, "definitivo")

    assert (done["status"], done["doorbell"], done["fila_ids"]) == ("confirmado", True, [])
    assert (await julia.claim(elsewhere))["status"] == "vazio"
    assert (await julia.claim(conversa))["kind"] == "optout_confirmation"
    assert await julia.situations(conversa) == ["optout"]
    doctor = (await julia.sql("select * from medicos"))[0]
    assert (doctor["opted_out"], doctor["opted_out_reason"]) == (True, "disse com outras palavras")


async def test_an_opt_out_of_a_turn_that_calls_a_person_is_confirmed_once(julia: Julia) -> None:
    conversa = (await julia.receive(text="chega, ou vou ao Procon"))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    done = await julia.commit(
        turn,
        outcome="transferir",
        handoff={"trigger_type": "juridico", "motivo": "Procon", "notify": False},
        effects={"opt_out": {"escopo": "definitivo", "motivo": "chega"}},
    )

    assert (done["status"], done["doorbell"], done["more_due_in_ms"]) == ("confirmado", True, None)
    assert [part["kind"] for part in await julia.parts(conversa)] == ["optout_confirmation"]
    assert await julia.value("select trigger_type from handoffs") == "juridico"
    assert await julia.situations(conversa) == ["optout"]


async def test_what_came_while_claude_understood_an_opt_out_is_answered(julia: Julia) -> None:
    conversa = (await julia.receive(text="chega", provider_at=julia.ago(seconds=9)))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.receive(text="ou melhor, espera")

    effects = {"opt_out": {"escopo": "definitivo", "motivo": "chega"}}
    done = await julia.commit(turn, outcome="sem_resposta", effects=effects, force=True)

    assert done["status"] == "confirmado"
    assert await julia.situations(conversa) == ["optout", "pendente"]
    await julia.answer(conversa, "Sem problema!")
    assert [p["kind"] for p in await julia.parts(conversa)] == ["optout_confirmation", "reply"]


async def test_two_opt_outs_by_tool_on_two_numbers_at_once_do_not_block_each_other(
    julia: Julia,
) -> None:
    conversations = [
        (await julia.receive(text="chega", instance=instance))["conversa_id"]
        for instance in (INSTANCE, "outro-numero")
    ]
    turns = []
    for conversa in conversations:
        await julia.make_due(conversa)
        turns.append(await julia.begin(conversa))
    effects = {"opt_out": {"escopo": "definitivo", "motivo": "chega"}}

    answers = await together(
        2, lambda n: julia.commit(turns[n], outcome="sem_resposta", effects=effects)
    )

    # The first stops the contact, and with it the other's draft.
    assert sorted(a["status"] for a in answers) == ["confirmado", "recusado"]
    assert await julia.value("select opted_out from medicos")


@pytest.mark.parametrize("by_tool", [False, True])
async def test_a_month_of_silence_is_answered_and_ends_with_the_month(
    julia: Julia, *, by_tool: bool
) -> None:
    stop = None if by_tool else {"motivo": "esse mês não", "escopo": "mes"}
    got = await julia.receive(text="esse mês não dá", opt_out=stop)
    conversa = got["conversa_id"]
    if by_tool:
        assert (await opt_out_by_tool(julia, conversa, "mes"))["status"] == "confirmado"
    else:
        await julia.answer(conversa, "Combinado!")

    assert (await julia.claim(conversa))["kind"] == "reply"
    doctor = (await julia.sql("select * from medicos"))[0]
    assert not doctor["opted_out"]
    month = await julia.value(
        "select date_trunc('month', api.agora(), 'America/Sao_Paulo')"
        " at time zone 'America/Sao_Paulo' + interval '1 month'"
    )
    until = await julia.value(
        "select sem_contato_ate at time zone 'America/Sao_Paulo' from medicos"
    )
    assert until == month


async def test_a_month_that_is_over_when_its_message_arrives_silences_nobody(
    julia: Julia,
) -> None:
    await julia.receive(
        provider_at=julia.ago(days=40), opt_out={"motivo": "esse mês não", "escopo": "mes"}
    )

    assert await julia.value("select sem_contato_ate from medicos") is None


async def test_a_shift_refused_together_with_the_month_is_noted_too(julia: Julia) -> None:
    vaga = await Shifts(julia).offer(3)
    conversa = (await julia.receive(text="essa não, e esse mês nem dá"))["conversa_id"]

    await opt_out_by_tool(julia, conversa, "mes", outras_vagas=[vaga])

    assert [r["id"] for r in await julia.sql("select vaga_id::text id from recusas_vagas")] == [
        vaga
    ]
    assert await julia.value("select sem_contato_ate from medicos") is not None


async def test_an_unknown_scope_is_refused_by_name(julia: Julia) -> None:
    with pytest.raises(asyncpg.PostgresError, match="escopo") as refused:
        await julia.receive(opt_out={"motivo": "x", "escopo": "semana"})
    assert refused.value.sqlstate == "22023"


async def test_a_refused_shift_is_noted_once_and_stops_nothing_else(julia: Julia) -> None:
    vaga, other = [await Shifts(julia).offer(days) for days in (3, 5)]
    conversa = (await julia.receive(text="essa não"))["conversa_id"]
    for _ in range(2):
        done = await opt_out_by_tool(julia, conversa, "vaga", vaga_id=vaga, outras_vagas=[other])
        assert done["status"] == "confirmado"
        await julia.receive(text="essa não mesmo")

    refused = await julia.sql("select vaga_id::text, motivo from recusas_vagas")
    assert {tuple(r) for r in refused} == {
        (vaga, "disse com outras palavras"),
        (other, "disse com outras palavras"),
    }
    doctor = (await julia.sql("select * from medicos"))[0]
    assert (doctor["opted_out"], doctor["sem_contato_ate"]) == (False, None)
