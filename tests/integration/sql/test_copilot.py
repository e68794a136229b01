"""Co-pilot mode: an answer is a draft until a person says yes, and nothing of it is true before."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import Julia, lid, phone
from tests.integration.sql.courting import MONDAY, Courting
from tests.integration.sql.shifts import Shifts
from tests.integration.sql.test_chatwoot import CHAT, link, person_writes, show_all
from tests.integration.sql.test_chatwoot_catchup import unheard

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def everywhere(julia: Julia) -> AsyncIterator[None]:
    """Co-pilot mode for everything; the setting outlives the test's rows."""
    await switch(julia, "global", "ligado")
    yield
    await julia.sql("update configuracoes set valor = 'false' where chave = 'copiloto'")


async def switch(julia: Julia, alvo: str, modo: str, **p: Any) -> str:
    p.setdefault("op_id", str(uuid.uuid4()))
    return (await julia.call("set_copilot", alvo=alvo, modo=modo, motivo="teste", por="ana", **p))[
        "status"
    ]


async def drafted(julia: Julia, *parts: str) -> str:
    """A doctor wrote, and the draft of the answer can be read in Chatwoot."""
    conversa = (await julia.receive())["conversa_id"]
    await link(julia, conversa)
    assert (await julia.answer(conversa, *(parts or ("Tem sim!",))))["rascunho"]
    await show_all(julia)
    return conversa


async def drafted_booking(julia: Julia) -> tuple[Shifts, dict[str, Any], str]:
    """Have a draft wait that books a shift; return the turn and the shift."""
    shifts = Shifts(julia)
    vaga = await shifts.offer()
    turn: dict[str, Any] = await shifts.turn()
    await link(julia, turn["conversa_id"])
    held = await shifts.hold(turn, vaga)
    await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])
    await show_all(julia)
    return shifts, turn, vaga


async def decide(julia: Julia, decisao: str = "aprovar", **p: Any) -> str:
    """A person answers the draft in a private note, or as `p` says."""
    p.setdefault("entrega", uuid.uuid4().hex)
    p.setdefault("mensagem_id", uuid.uuid4().int % 10**9)
    p.setdefault("conversation_id", CHAT)
    p.setdefault("em", julia.now().isoformat())
    return (await julia.call("person_decided", decisao=decisao, por="Bia", **p))["status"]


async def drafts(julia: Julia) -> list[tuple[str, str | None]]:
    """What became of each draft, and why."""
    rows = await julia.sql("select status, motivo from rascunhos_copiloto order by created_at")
    return [(row["status"], row["motivo"]) for row in rows]


async def sent(julia: Julia, conversa: str) -> list[str]:
    """Send what may go; return the texts."""
    texts = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        await julia.record(claim)
        texts.append(claim["conteudo"])
    return texts


async def told(julia: Julia) -> list[tuple[str, dict[str, Any]]]:
    """What is still to be told in Chatwoot."""
    return [(each["tipo"], each["dados"]) for each in await show_all(julia)]


async def test_an_answer_is_not_sent_before_it_is_approved(julia: Julia) -> None:
    conversa = await drafted(julia, "Tem sim!", "Quer os detalhes?")

    assert await sent(julia, conversa) == []
    assert await julia.parts(conversa) == []
    assert await julia.situations(conversa) == ["rascunho"]
    assert await decide(julia) == "aprovado"

    assert await sent(julia, conversa) == ["Tem sim!", "Quer os detalhes?"]
    assert await julia.situations(conversa) == ["respondida"]
    assert await drafts(julia) == [("aprovado", None)]


async def test_the_draft_is_shown_with_what_would_become_final(julia: Julia) -> None:
    shifts = Shifts(julia)
    turn = await shifts.turn()
    await link(julia, turn["conversa_id"])
    held = await shifts.hold(turn, await shifts.offer())
    soon = (julia.now() + timedelta(days=1)).isoformat()
    reminder = {"quando": soon, "contexto": "pediu", "mensagem": "Conseguiu ver?"}
    await julia.commit(
        turn, "Fechado!", holds=[held["reserva_id"]], effects={"lembretes": [reminder]}
    )

    draft = (await show_all(julia))[-1]

    assert (draft["tipo"], draft["vale"]) == ("rascunho", True)
    assert draft["rascunho"]["partes"] == ["Fechado!"]
    assert draft["rascunho"]["reservas"][0]["hospital"] == "Hospital São Luiz"
    assert draft["rascunho"]["lembretes"] == [{"quando": soon, "texto": "Conseguiu ver?"}]


async def test_what_a_person_wrote_instead_goes_and_both_are_kept(julia: Julia) -> None:
    conversa = await drafted(julia, "Tem sim!")

    assert await decide(julia, "editar", partes=["Tem, no sábado.", "Serve?"]) == "editado"

    assert await sent(julia, conversa) == ["Tem, no sábado.", "Serve?"]
    row = (await julia.sql("select * from rascunhos_copiloto"))[0]
    assert (row["partes"], row["partes_finais"]) == (["Tem sim!"], ["Tem, no sábado.", "Serve?"])
    assert row["por"] == "Bia"
    assert row["mensagens"] == [await julia.value("select id from interacoes where tipo='entrada'")]


async def test_who_rejects_a_draft_has_the_conversation(julia: Julia) -> None:
    conversa = await drafted(julia)

    assert await decide(julia, "rejeitar", motivo="tom errado") == "rejeitado"

    assert await sent(julia, conversa) == []
    assert await julia.situations(conversa) == ["humano"]
    assert await drafts(julia) == [("rejeitado", "tom errado")]
    handoff = (await julia.sql("select * from handoffs"))[0]
    assert handoff["motivo"] == "Rascunho rejeitado: tom errado"
    assert [tipo for tipo, _ in await told(julia)] == ["decisao", "assumida"]


async def test_a_draft_lapses_when_the_doctor_writes_again(julia: Julia) -> None:
    conversa = await drafted(julia, "Tem sim!")
    await julia.receive(text="esquece, era domingo")

    assert await decide(julia) == "sem_rascunho"
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    assert [one["conteudo"] for one in turn["pending"]] == [
        "Oi, tem plantão?",
        "esquece, era domingo",
    ]
    await julia.commit(turn, "Domingo também!")
    await show_all(julia)
    assert await decide(julia) == "aprovado"
    assert await sent(julia, conversa) == ["Domingo também!"]
    assert await drafts(julia) == [("vencido", "medico_escreveu"), ("aprovado", None)]


async def test_a_reaction_lapses_nothing(julia: Julia) -> None:
    await drafted(julia)

    await julia.receive(text="👍", tipo="reacao")

    assert await decide(julia) == "aprovado"


@pytest.mark.parametrize("change", ["edit", "revoke"])
async def test_a_draft_lapses_when_the_doctor_changes_what_it_answers(
    julia: Julia, change: str
) -> None:
    conversa = (await julia.receive(key_id="K1"))["conversa_id"]
    await julia.answer(conversa)

    await julia.call(
        "edit_message",
        instance="julia-teste",
        key_id="K1",
        change=change,
        text="outra coisa",
        changed_at=julia.now().isoformat(),
    )

    assert await drafts(julia) == [("vencido", "medico_mudou")]
    assert await julia.situations(conversa) == ["pendente" if change == "edit" else "apagada"]
    assert ((await julia.conversation(conversa))["due_at"] is None) == (change == "revoke")


async def test_a_draft_over_newer_words_ends_with_the_next_turn(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await link(julia, conversa)
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.receive(text="e outra")
    await julia.commit(turn, "Tem sim!", force=True)
    await show_all(julia)

    assert await decide(julia) == "vencido"

    await julia.make_due(conversa)
    assert len((await julia.begin(conversa))["pending"]) == 2
    assert await sent(julia, conversa) == []


async def test_a_takeover_ends_a_draft(julia: Julia) -> None:
    conversa = await drafted(julia)

    await person_writes(julia, "Oi, aqui é a Bia")

    assert await decide(julia) == "sem_rascunho"
    assert await sent(julia, conversa) == ["Oi, aqui é a Bia"]
    assert await julia.situations(conversa) == ["humano"]
    assert await drafts(julia) == [("vencido", "assumida")]


async def test_an_opt_out_ends_a_draft_and_is_confirmed_at_once(julia: Julia) -> None:
    conversa = await drafted(julia)

    await julia.receive(text="SAIR", opt_out={"motivo": "palavra: sair"})

    assert await drafts(julia) == [("vencido", "optout")]
    assert len(await sent(julia, conversa)) == 1
    assert [part["kind"] for part in await julia.parts(conversa)] == ["optout_confirmation"]
    assert await julia.situations(conversa) == ["optout", "optout"]


async def test_an_opt_out_that_claude_understood_waits_for_nobody(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    opt_out = {"escopo": "definitivo", "motivo": "pediu"}

    await julia.commit(await julia.begin(conversa), "Ok!", effects={"opt_out": opt_out})

    assert await drafts(julia) == []
    assert [part["kind"] for part in await julia.parts(conversa)] == ["optout_confirmation"]


async def test_a_refusal_counts_at_once_and_its_answer_waits(julia: Julia) -> None:
    shifts = Shifts(julia)
    turn = await shifts.turn()
    opt_out = {"escopo": "vaga", "motivo": "longe", "vaga_id": await shifts.offer()}

    assert (await julia.commit(turn, "Sem problema!", effects={"opt_out": opt_out}))["rascunho"]

    assert await julia.value("select count(*) from recusas_vagas") == 1


async def test_after_a_managers_opt_out_nothing_can_be_approved(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.opt_out_by_sql()

    assert await decide(julia) == "vencido"

    assert await sent(julia, conversa) == []
    assert await julia.situations(conversa) == ["optout"]


async def test_a_closed_conversation_has_no_draft(julia: Julia) -> None:
    conversa = await drafted(julia)

    await julia.sql("update conversations set status = 'completed' where id = $1", conversa)

    assert await drafts(julia) == [("vencido", "encerrada")]
    assert await julia.situations(conversa) == ["sem_resposta"]


async def test_the_answer_to_two_who_are_one_is_thought_out_anew(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.receive(identities=[lid("7001")], text="sou eu, de outro endereço")

    await julia.receive(identities=[phone(), lid("7001")], text="e agora?")

    assert await drafts(julia) == [("vencido", "contato_unificado")]
    assert set(await julia.situations(conversa)) == {"pendente"}
    assert (await julia.conversation(conversa))["due_at"] is not None


async def test_a_hand_off_waits_for_nobody(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)

    await julia.commit(
        await julia.begin(conversa),
        outcome="transferir",
        handoff={"trigger_type": "pedido_humano", "motivo": "pediu", "notify": True},
    )

    assert [part["kind"] for part in await julia.parts(conversa)] == ["handoff_notice"]
    assert (await julia.conversation(conversa))["controlled_by"] == "human"


async def test_a_pause_approves_nothing_and_the_draft_waits_on(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.pause()

    assert await decide(julia) == "pausa"
    await julia.later(minutes=31)
    await julia.call("expire_drafts", limit=10)

    assert await drafts(julia) == [("esperando", None)]
    await julia.resume()
    assert (await julia.call("expire_drafts", limit=10))["transferidos"] == 1
    assert await sent(julia, conversa) == []


async def test_managers_are_told_once_and_then_a_person_has_the_conversation(
    julia: Julia,
) -> None:
    conversa = await drafted(julia)

    await julia.later(minutes=11)
    assert [await julia.call("expire_drafts", limit=10) for _ in range(2)] == [
        {"transferidos": 0, "avisados": 1},
        {"transferidos": 0, "avisados": 0},
    ]
    await julia.later(minutes=20)
    assert (await julia.call("expire_drafts", limit=10))["transferidos"] == 1

    assert await drafts(julia) == [("vencido", "prazo")]
    assert await julia.situations(conversa) == ["humano"]
    assert await julia.value("select trigger_type from handoffs") == "resposta_vencida"
    notices = await julia.sql("select tipo from notificacoes_gestor order by created_at")
    assert [row["tipo"] for row in notices] == ["rascunho_esperando", "conversa_assumida"]


async def test_a_word_after_the_deadline_sends_nothing(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.later(minutes=31)

    assert await decide(julia) == "vencido"

    assert await sent(julia, conversa) == []
    assert (await julia.conversation(conversa))["controlled_by_user_id"] == "Bia"


async def test_the_same_delivery_decides_once(julia: Julia) -> None:
    conversa = await drafted(julia)
    note = {"entrega": "e1", "mensagem_id": 9}

    assert await decide(julia, **note) == "aprovado"
    assert await decide(julia, **note) == "duplicada"
    assert await decide(julia, entrega="e2", mensagem_id=9) == "duplicada"

    assert len(await sent(julia, conversa)) == 1


async def test_a_label_that_is_told_twice_decides_once_and_says_nothing(julia: Julia) -> None:
    conversa = await drafted(julia)
    before = julia.now().isoformat()

    assert await decide(julia, mensagem_id=None, em=before) == "aprovado"
    assert await decide(julia, mensagem_id=None, em=before) == "sem_rascunho"

    assert [tipo for tipo, _ in await told(julia)] == ["decisao"]
    assert len(await sent(julia, conversa)) == 1


async def test_a_word_said_before_a_draft_could_be_read_is_not_about_it(julia: Julia) -> None:
    conversa = await drafted(julia)
    said_at = julia.now().isoformat()
    await julia.later(seconds=5)
    await julia.receive(text="e domingo?")
    await julia.answer(conversa, "Domingo não.")

    assert await decide(julia, em=said_at) == "antigo"  # not shown at all
    await show_all(julia)
    assert await decide(julia, em=said_at, mensagem_id=None) == "antigo"

    assert await sent(julia, conversa) == []
    assert await decide(julia) == "aprovado"


async def test_a_word_about_nothing_is_answered_where_drafts_are_known(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await link(julia, conversa)
    await show_all(julia)
    assert await decide(julia) == "sem_rascunho"
    assert await told(julia) == []

    await julia.answer(conversa)
    await show_all(julia)
    await decide(julia)
    await show_all(julia)
    assert await decide(julia) == "sem_rascunho"

    assert await told(julia) == [("decisao", {"status": "sem_rascunho"})]


async def test_a_text_that_cannot_go_changes_nothing(julia: Julia) -> None:
    await drafted(julia)

    for partes in ([], ["x" * 4001], ["um"] * 7):
        assert await decide(julia, "editar", partes=partes) == "texto_invalido"

    assert await drafts(julia) == [("esperando", None)]


async def test_a_draft_is_decided_by_sql_too(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.answer(conversa, "Tem sim!")
    turno = str(await julia.value("select turno_id from rascunhos_copiloto"))

    answers = [
        (await julia.call("decide_draft", turno_id=turno, decisao="aprovar", por="ana"))["status"]
        for _ in range(2)
    ]

    assert answers == ["aprovado", "sem_rascunho"]
    assert await sent(julia, conversa) == ["Tem sim!"]


async def test_a_booking_is_made_when_its_answer_is_approved(julia: Julia) -> None:
    shifts, _, vaga = await drafted_booking(julia)

    await julia.later(minutes=20)  # longer than a turn's hold
    await julia.call("expire_holds", limit=10)
    assert await shifts.claims(vaga) == ["segurada"]
    assert await shifts.notices() == []
    assert await decide(julia) == "aprovado"

    assert await shifts.claims(vaga) == ["confirmada"]
    assert await shifts.notices() == ["reserva"]
    await shifts.check_the_books()


@pytest.mark.parametrize("end", ["rejeitar", "writes", "deadline"])
async def test_a_draft_that_is_not_approved_books_nothing(julia: Julia, end: str) -> None:
    shifts = Shifts(julia)
    vaga = await shifts.offer()
    turn = await shifts.turn()
    await link(julia, turn["conversa_id"])
    held = await shifts.hold(turn, vaga)
    soon = (julia.now() + timedelta(days=1)).isoformat()
    reminder = {"quando": soon, "contexto": "pediu", "mensagem": "Conseguiu ver?"}
    memory = {"tipo": "preferencia", "conteudo": "noite"}
    effects = {"lembretes": [reminder], "memorias": [memory]}
    await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]], effects=effects)
    await show_all(julia)

    if end == "rejeitar":
        await decide(julia, "rejeitar")
    elif end == "writes":
        await julia.receive(text="pensando bem, não")
    else:
        await julia.later(minutes=31)
        await julia.call("expire_drafts", limit=10)

    assert await shifts.claims(vaga) == ["liberada"]
    assert "reserva" not in await shifts.notices()
    assert await julia.value("select count(*) from doctor_context") == 0
    assert await julia.value("select count(*) from fila_mensagens") == 0


async def test_an_approval_whose_shift_is_gone_is_thought_out_anew(julia: Julia) -> None:
    _, turn, vaga = await drafted_booking(julia)
    await julia.sql("update vagas set status = 'cancelada' where id = $1", uuid.UUID(vaga))

    assert await decide(julia) == "vencido"

    assert await drafts(julia) == [("vencido", "reserva_perdida")]
    assert await sent(julia, turn["conversa_id"]) == []
    await julia.make_due(turn["conversa_id"])
    assert (await julia.begin(turn["conversa_id"]))["status"] == "iniciado"


async def test_what_we_write_of_our_own_accord_waits_while_a_draft_does(julia: Julia) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1)
    await courting.start()
    await courting.feed()
    conversa = (await julia.receive(courting.phone(1)))["conversa_id"]
    await julia.answer(conversa)

    assert (await julia.claim(conversa))["status"] != "enviar"


async def test_a_conversations_setting_comes_before_its_campaigns_and_that_before_all(
    julia: Julia,
) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1)
    campanha = await courting.start()
    assert len(await courting.run()) == 1
    conversa = (await julia.receive(courting.phone(1)))["conversa_id"]
    query = "select private.copilot_by(c) from conversations c where id = $1"

    async def mode() -> str | None:
        found: str | None = await julia.value(query, conversa)
        return found

    seen = [await mode()]
    for alvo, modo, of in (
        ("campanha", "desligado", campanha),
        ("conversa", "ligado", conversa),
        ("campanha", "ligado", campanha),
        ("conversa", "desligado", conversa),
        ("conversa", "padrao", conversa),
        ("campanha", "padrao", campanha),
        ("global", "desligado", None),
    ):
        assert await switch(julia, alvo, modo, id=of) == modo
        seen.append(await mode())

    assert seen == ["global", None, "conversa", "conversa", None, "campanha", "global", None]
    assert await julia.value("select count(*) from decisoes_copiloto") == 8


async def test_the_same_switch_is_recorded_once_and_an_unknown_target_is_refused(
    julia: Julia,
) -> None:
    op_id = str(uuid.uuid4())

    answers = [await switch(julia, "global", "ligado", op_id=op_id) for _ in range(2)]

    assert answers == ["ligado", "repetida"]
    assert await switch(julia, "conversa", "ligado", id=str(uuid.uuid4())) == "desconhecida"


async def test_waiting_drafts_are_seen(julia: Julia) -> None:
    await drafted(julia)
    await julia.later(seconds=90)

    backlog = await julia.call("backlog")
    status = await julia.call("copilot_status")

    assert (backlog["drafts"], backlog["drafts_oldest_s"] >= 90) == (1, True)
    assert (backlog["inbound_due"], status["ligado"], status["esperando"]) == (0, True, 1)


async def test_what_was_spent_on_a_draft_counts_whatever_became_of_it(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    usage = {"model": "x", "custo_usd": "0.01"}
    await julia.commit(await julia.begin(conversa), "Tem sim!", usage=usage)
    await julia.receive(text="esquece")

    row = (await julia.sql("select outcome, turn_seq, custo_usd from turnos"))[0]

    assert (row["outcome"], row["turn_seq"], float(row["custo_usd"])) == ("descartado", None, 0.01)


async def test_a_repeated_commit_of_a_draft_answers_the_same(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    first, again = [await julia.commit(turn, "Tem sim!") for _ in range(2)]

    assert again == first | {"repetido": True}
    assert await drafts(julia) == [("esperando", None)]


async def test_a_campaign_whose_send_is_in_doubt_has_the_conversation_all_the_same(
    julia: Julia,
) -> None:
    await switch(julia, "global", "desligado")
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1)
    campanha = await courting.start()
    await switch(julia, "campanha", "ligado", id=campanha)
    await courting.feed()
    conversa = str(await julia.value("select id from conversations"))
    claim = await courting.claim(conversa)
    await julia.record(claim, "incerta")

    await julia.receive(courting.phone(1), "recebi sim")

    assert (await julia.answer(conversa, "Que bom!"))["rascunho"]


@pytest.mark.parametrize("setting", ["conversa", "campanha"])
async def test_the_mode_goes_along_when_two_conversations_become_one(
    julia: Julia, setting: str
) -> None:
    await switch(julia, "global", "desligado")
    courting = Courting(julia)
    stays = (await julia.receive())["conversa_id"]
    goes = (await julia.receive(identities=[lid("7001")], text="sou eu"))["conversa_id"]
    if setting == "conversa":
        await switch(julia, "conversa", "ligado", id=goes)
    else:
        campanha = await courting.draft(copiloto=True)
        await julia.sql(
            "insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, "
            " tipo, conteudo, control_epoch, campanha_id, status, enviada_em) "
            "select medico_id, id, instance, 1, 1, 'campanha', 'campanha', 'Oi!', 0, $2, "
            "'enviada', api.agora() from conversations where id = $1",
            uuid.UUID(goes),
            uuid.UUID(campanha),
        )

    await julia.receive(identities=[phone(), lid("7001")], text="e agora?")

    assert (await julia.conversation(goes))["status"] == "completed"
    assert (await julia.answer(stays, "Tem sim!"))["rascunho"]


async def test_a_word_in_another_chat_is_not_about_what_was_shown_in_this(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.sql("update conversations set status = 'completed' where id = $1", conversa)
    again = (await julia.receive(text="voltei"))["conversa_id"]
    assert again != conversa
    await link(julia, again, CHAT + 1)
    await julia.answer(again, "Oi de novo!")
    await show_all(julia)

    assert await decide(julia) == "antigo"

    assert await sent(julia, again) == []
    assert await decide(julia, conversation_id=CHAT + 1) == "aprovado"


async def test_an_opt_out_that_claude_understood_brings_nothing_else_about(julia: Julia) -> None:
    shifts = Shifts(julia)
    vaga = await shifts.offer()
    turn = await shifts.turn()
    held = await shifts.hold(turn, vaga)
    await switch(julia, "global", "desligado")
    await julia.commit(turn, "Fechado!", holds=[held["reserva_id"]])
    await switch(julia, "global", "ligado")
    turn = await shifts.turn(text="não quero mais nada")
    effects = {
        "opt_out": {"escopo": "definitivo", "motivo": "pediu"},
        "cancelamentos": [{"reserva_id": held["reserva_id"], "motivo": "pediu"}],
        "memorias": [{"tipo": "preferencia", "conteudo": "noite"}],
    }

    await julia.commit(turn, "Ok!", effects=effects)

    assert await shifts.claims(vaga) == ["confirmada"]
    assert "opt_out_com_reserva" in await shifts.notices()
    assert await julia.value("select count(*) from doctor_context") == 0


async def test_a_shift_that_has_begun_is_not_booked_by_a_late_word(julia: Julia) -> None:
    shifts, _, vaga = await drafted_booking(julia)
    begins = await julia.value("select inicio from vagas where id = $1", uuid.UUID(vaga))
    await julia.later(seconds=(begins - julia.now()).total_seconds() + 60)
    # As if the draft had been made shortly before.
    await julia.sql("update rascunhos_copiloto set expira_em = api.agora() + interval '20 minutes'")
    await julia.sql("update reservas set expira_em = api.agora() + interval '20 minutes'")

    assert await decide(julia) == "vencido"

    assert await shifts.claims(vaga) == ["liberada"]
    assert await drafts(julia) == [("vencido", "reserva_perdida")]


async def test_nobody_is_called_to_a_draft_for_who_has_opted_out(julia: Julia) -> None:
    conversa = await drafted(julia)
    await julia.opt_out_by_sql()
    await julia.later(minutes=11)

    assert await julia.call("expire_drafts", limit=10) == {"transferidos": 0, "avisados": 0}

    assert await drafts(julia) == [("vencido", "optout")]
    assert await julia.situations(conversa) == ["optout"]
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_who_put_a_label_on_too_soon_is_told_and_the_label_taken_off(julia: Julia) -> None:
    await drafted(julia)
    too_soon = julia.ago(seconds=30).isoformat()

    assert await decide(julia, mensagem_id=None, em=too_soon) == "antigo"

    assert await told(julia) == [("decisao", {"status": "antigo"})]


async def test_a_note_that_nobody_told_us_of_is_news_while_a_draft_waits_there(
    julia: Julia,
) -> None:
    async def news(chat: int) -> list[int]:
        seen: list[int] = (await unheard(julia, conversa=chat, notas=[7, 9]))["notas"]
        return seen

    conversa = (await julia.receive())["conversa_id"]
    await link(julia, conversa)
    assert await news(CHAT) == []
    await julia.answer(conversa)
    await show_all(julia)
    await decide(julia, "editar", mensagem_id=7, partes=[])

    assert (await news(CHAT), await news(CHAT + 1)) == ([9], [])
    await decide(julia, mensagem_id=9)
    assert await news(CHAT) == []


@pytest.mark.parametrize(
    "text", ["aprovar", "Aprovar.", "editar: Tem, no sábado.", "rejeitar: tom"]
)
async def test_a_decision_that_was_meant_as_a_note_does_not_reach_the_doctor(
    julia: Julia, text: str
) -> None:
    conversa = await drafted(julia)

    await person_writes(julia, text)

    assert await sent(julia, conversa) == []
    assert await drafts(julia) == [("esperando", None)]
    assert await told(julia) == [("nota", {"assunto": "decisao_publica", "texto": text})]
    assert await decide(julia) == "aprovado"


async def test_a_person_may_say_such_a_word_where_nothing_waits(julia: Julia) -> None:
    conversa = await drafted(julia)
    await decide(julia)

    await person_writes(julia, "Aprovar")

    assert "Aprovar" in await sent(julia, conversa)
