"""One turn at a time, whoever dies; a stale draft is never committed; nothing stays unanswered."""

import uuid

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(loop_scope="session")
async def conversa(julia: Julia) -> str:
    """A conversation whose one message is due."""
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    return conversa


def new_owner() -> str:
    return str(uuid.uuid4())


async def due(julia: Julia, owner: str | None = None, limit: int = 100) -> list[str]:
    answer = await julia.call("due_turns", owner=owner or julia.owner, limit=limit)
    return [turn["conversa_id"] for turn in answer["turns"]]


async def test_of_thirty_that_begin_one_has_the_turn(julia: Julia, conversa: str) -> None:
    answers = await together(30, lambda _: julia.begin(conversa))

    assert sorted(a["status"] for a in answers) == ["iniciado"] + ["ocupado"] * 29


async def test_the_same_token_meets_its_own_turn(julia: Julia, conversa: str) -> None:
    token = str(uuid.uuid4())

    answers = await together(10, lambda _: julia.begin(conversa, token))

    assert {a["status"] for a in answers} == {"iniciado"}
    assert len({a["turno_id"] for a in answers}) == 1


async def test_a_burst_is_waited_for_but_not_for_ever(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    first = await julia.begin(conversa)
    assert (first["status"], 0 < first["due_in_ms"] <= 1200) == ("aguardar", True)

    for seconds in (1, 2, 2.9):
        julia_time = seconds - julia.ahead.total_seconds()
        await julia.later(seconds=julia_time)
        answer = await julia.receive(text="mais uma coisa")

    # Three seconds after the first message at the latest.
    assert answer["due_in_ms"] <= 100
    await julia.later(seconds=0.2)
    assert len((await julia.begin(conversa))["pending"]) == 4


async def test_a_lease_that_ended_is_taken_over(julia: Julia, conversa: str) -> None:
    dead = await julia.begin(conversa, owner=new_owner())
    assert await due(julia) == []
    await julia.later(seconds=16)

    assert await due(julia) == [conversa]
    turn = await julia.begin(conversa)

    assert (turn["status"], turn["tentativa"]) == ("iniciado", 2)
    assert (await julia.commit(dead))["motivo"] == "lease"
    assert (await julia.call("renew_turn", **_lease(dead)))["status"] == "perdido"
    assert (await julia.call("release_turn", motivo="x", **_lease(dead)))["status"] == "perdido"
    assert (await julia.commit(turn))["status"] == "confirmado"


async def test_a_renewed_lease_lasts(julia: Julia, conversa: str) -> None:
    turn = await julia.begin(conversa)
    await julia.later(seconds=10)
    assert (await julia.call("renew_turn", **_lease(turn)))["status"] == "renovado"
    await julia.later(seconds=10)

    assert (await julia.begin(conversa))["status"] == "ocupado"
    assert (await julia.commit(turn))["status"] == "confirmado"


async def test_a_released_turn_is_due_again_when_asked(julia: Julia, conversa: str) -> None:
    turn = await julia.begin(conversa)

    await julia.call("release_turn", motivo="claude ocupado", retry_in_s=5, **_lease(turn))

    assert await due(julia) == []
    await julia.later(seconds=6)
    assert await due(julia) == [conversa]
    assert (await julia.begin(conversa))["tentativa"] == 1


async def test_the_third_crash_goes_to_a_person(julia: Julia, conversa: str) -> None:
    for _ in range(3):
        assert (await julia.begin(conversa, owner=new_owner()))["status"] == "iniciado"
        await julia.later(seconds=16)

    answer = await julia.begin(conversa)

    assert (answer["status"], answer["doorbell"]) == ("transferido", True)
    assert await julia.value("select trigger_type from handoffs") == "falha_repetida"
    # The doctor is told.
    assert (await julia.claim(conversa))["kind"] == "handoff_notice"


async def test_the_third_failure_in_a_living_process_goes_to_a_person(
    julia: Julia, conversa: str
) -> None:
    for _ in range(3):
        turn = await julia.begin(conversa)
        await due(julia, julia.owner)  # the process lives on
        await julia.call(
            "release_turn", conversa_id=conversa, token=turn["token"], motivo="falha", falhou=True
        )
    assert (await julia.begin(conversa))["status"] == "transferido"


async def test_three_outages_are_no_crashes(julia: Julia, conversa: str) -> None:
    owners = [new_owner() for _ in range(3)]
    for owner in owners:
        assert (await julia.begin(conversa, owner=owner))["status"] == "iniciado"
        await julia.later(seconds=16)
        await due(julia, owner)  # it lives: only the database had been away

    turn = await julia.begin(conversa)

    assert (turn["status"], turn["tentativa"]) == ("iniciado", 4)


async def test_crashes_before_an_answer_do_not_count_for_the_next(
    julia: Julia, conversa: str
) -> None:
    for _ in range(2):
        await julia.begin(conversa, owner=new_owner())
        await julia.later(seconds=16)
    await julia.commit(await julia.begin(conversa))

    await julia.receive()
    await julia.make_due(conversa)
    assert (await julia.begin(conversa))["tentativa"] == 1


async def test_what_came_while_it_was_thought_refuses_softly(julia: Julia, conversa: str) -> None:
    turn = await julia.begin(conversa)
    await julia.receive(text="e domingo?")

    refused = await julia.commit(turn)
    assert (refused["status"], refused["motivo"]) == ("recusado", "mensagens_novas")
    assert 0 < refused["more_due_in_ms"] <= 1200

    again = await julia.begin(conversa, turn["token"])
    assert len(again["pending"]) == 2
    done = await julia.commit(again)
    assert (done["status"], done["more_due_in_ms"]) == ("confirmado", None)
    assert await julia.situations(conversa) == ["respondida", "respondida"]


async def test_forced_it_answers_what_it_has_read_and_leaves_the_rest(
    julia: Julia, conversa: str
) -> None:
    turn = await julia.begin(conversa)
    await julia.receive(text="e domingo?")

    done = await julia.commit(turn, force=True)

    assert done["status"] == "confirmado"
    assert done["more_due_in_ms"] <= 1200
    assert await julia.situations(conversa) == ["respondida", "pendente"]
    await julia.answer(conversa)
    assert await julia.situations(conversa) == ["respondida", "respondida"]


async def test_a_repeated_commit_gets_the_same_answer(julia: Julia, conversa: str) -> None:
    turn = await julia.begin(conversa)

    answers = await together(20, lambda _: julia.commit(turn, "um", "dois"))

    assert sorted(a.pop("repetido") for a in answers) == [False] + [True] * 19
    assert all(a == answers[0] for a in answers)
    assert len(answers[0]["fila_ids"]) == 2
    assert len(await julia.parts(conversa)) == 2
    # Also when much has happened since.
    await julia.take_over_by_sql(conversa)
    late = await julia.commit(turn, "um", "dois")
    assert late == answers[0] | {"repetido": True}


@pytest.mark.parametrize("how", ["function", "sql", "opt-out", "typed on the phone", "closed"])
async def test_a_draft_is_void_after(julia: Julia, conversa: str, how: str) -> None:
    turn = await julia.begin(conversa)
    match how:
        case "function":
            await julia.call(
                "take_over",
                conversa_id=conversa,
                trigger_type="pedido_humano",
                motivo="pediu",
                notify=False,
            )
        case "sql":
            await julia.take_over_by_sql(conversa)
        case "opt-out":
            await julia.receive(text="SAIR", opt_out={"motivo": "sair"})
        case "typed on the phone":
            assert (await julia.echo("Oi, aqui é a Bia"))["status"] == "assumida"
        case "closed":
            await julia.sql("update conversations set status = 'completed' where id = $1", conversa)

    refused = await julia.commit(turn, force=True)

    assert (refused["status"], refused["motivo"]) == ("recusado", "epoca")
    assert await julia.value("select count(*) from turnos") == 0
    assert await julia.value("select count(*) from fila_mensagens where kind = 'reply'") == 0
    assert await due(julia) == []


async def test_a_takeover_races_thirty_commits(julia: Julia) -> None:
    """Whichever comes first: a committed reply is cancelled, or the commit is refused."""
    turns = []
    for n in range(30):
        conversa = (await julia.receive(f"55119{n:08d}"))["conversa_id"]
        await julia.make_due(conversa)
        turns.append(await julia.begin(conversa))

    async def work(n: int):
        turn = turns[n // 2]
        if n % 2:
            return await julia.take_over_by_sql(turn["conversa_id"])
        return await julia.commit(turn)

    await together(60, work)

    for turn in turns:
        replies = [p for p in await julia.parts(turn["conversa_id"]) if p["kind"] == "reply"]
        assert all(p["outcome"] == "BLOCKED_HUMAN_CONTROL" for p in replies)
        claim = await julia.claim(turn["conversa_id"])
        assert claim["kind"] == "handoff_notice"


async def test_a_turn_that_hands_over_leaves_the_messages_to_a_person(
    julia: Julia, conversa: str
) -> None:
    turn = await julia.begin(conversa)

    done = await julia.commit(
        turn,
        outcome="transferir",
        handoff={"trigger_type": "juridico", "motivo": "fala de processo", "notify": True},
    )

    assert (done["status"], done["doorbell"], done["fila_ids"]) == ("confirmado", True, [])
    assert await julia.situations(conversa) == ["humano"]
    assert (await julia.claim(conversa))["kind"] == "handoff_notice"
    assert await julia.value("select trigger_type from handoffs") == "juridico"


async def test_a_turn_may_answer_nothing(julia: Julia, conversa: str) -> None:
    done = await julia.commit(await julia.begin(conversa), outcome="sem_resposta")

    assert (done["status"], done["doorbell"]) == ("confirmado", False)
    assert await julia.situations(conversa) == ["respondida"]
    assert await due(julia) == []


async def test_what_is_older_than_the_window_goes_to_a_person_untold(julia: Julia) -> None:
    conversa = (await julia.receive(provider_at=julia.ago(minutes=31)))["conversa_id"]
    await julia.make_due(conversa)

    answer = await julia.begin(conversa)

    assert (answer["status"], answer["doorbell"]) == ("transferido", False)
    assert await julia.parts(conversa) == []
    assert await julia.value("select trigger_type from handoffs") == "resposta_vencida"


async def test_an_old_message_is_answered_together_with_a_new_one(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=45))
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)

    assert len((await julia.begin(conversa))["pending"]) == 2


async def test_the_oldest_due_comes_first_and_what_is_worked_on_is_left_out(julia: Julia) -> None:
    conversations = []
    for n in range(4):
        conversations.append((await julia.receive(f"55119{n:08d}"))["conversa_id"])
        await julia.make_due(conversations[-1])
    await julia.begin(conversations[2])

    assert await due(julia) == [conversations[n] for n in (0, 1, 3)]
    answer = await julia.call("due_turns", owner=julia.owner, limit=1, exclude=[conversations[0]])
    assert [t["conversa_id"] for t in answer["turns"]] == [conversations[1]]


async def test_a_reply_that_waits_for_a_ceiling_gives_way_to_a_newer_turn(julia: Julia) -> None:
    """Every message is answered by exactly one turn that was sent."""
    conversa = await julia.talk("um", "dois")
    assert (await julia.claim(conversa, max_dia=0))["motivo"] == "teto_dia"
    await julia.receive(text="e domingo?")
    await julia.make_due(conversa)

    turn = await julia.begin(conversa)
    assert len(turn["pending"]) == 2
    await julia.commit(turn, "tudo junto")

    parts = await julia.parts(conversa)
    assert [p["status"] for p in parts] == ["cancelada", "cancelada", "pendente"]
    assert {p["outcome"] for p in parts[:2]} == {"SUPERSEDED"}
    answered_by = await julia.sql("select turno_id from interacoes where tipo = 'entrada'")
    assert {str(row["turno_id"]) for row in answered_by} == {turn["turno_id"]}
    assert (await julia.claim(conversa))["conteudo"] == "tudo junto"


@pytest.mark.parametrize("sent", ["half sent", "perhaps sent"])
async def test_a_reply_that_may_be_with_the_doctor_does_not_give_way(
    julia: Julia, sent: str
) -> None:
    conversa = await julia.talk("um", "dois")
    if sent == "half sent":
        await julia.record(await julia.claim(conversa))
    else:
        claim = await julia.uncertain(conversa)
        for _ in range(2):
            await julia.later(seconds=31)
            answer = await julia.settle(claim, "negativa")
        assert answer["status"] == "reenviar"
    # Its turn had been reserved whole; take that away, so that it waits.
    await julia.sql("update fila_mensagens set reservado = false")
    await julia.claim(conversa, max_hora=0)
    waiting = [p["id"] for p in await julia.parts(conversa) if p["status"] == "pendente"]
    await julia.receive(text="e domingo?")
    await julia.make_due(conversa)

    turn = await julia.begin(conversa)

    assert [m["conteudo"] for m in turn["pending"]] == ["e domingo?"]
    left = [p["id"] for p in await julia.parts(conversa) if p["status"] == "pendente"]
    assert left == waiting


async def test_without_a_new_message_a_waiting_reply_stays(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await julia.claim(conversa, max_hora=0)

    assert (await julia.begin(conversa))["status"] == "nada"

    assert await julia.states(conversa) == ["pendente"]


async def test_the_context_tells_who_and_what_was_said(julia: Julia) -> None:
    await julia.sql(
        "insert into medicos (primeiro_nome, telefone, cidade, estado) "
        "values ('Ana', '+5511988887777', 'Campinas', 'SP')"
    )
    conversa = await julia.talk("Tem sim!")
    claim = await julia.claim(conversa)
    await julia.record(claim)
    await julia.receive(text="Qual o valor?", key_id="A2")
    await julia.make_due(conversa)

    turn = await julia.begin(conversa)

    assert turn["medico"]["primeiro_nome"] == "Ana"
    assert turn["destino"] == "5511988887777"
    assert turn["last_key_id"] == "A2"
    assert [(h["autor_tipo"], h["conteudo"]) for h in turn["history"]] == [
        ("medico", "Oi, tem plantão?"),
        ("julia", "Tem sim!"),
    ]
    assert [m["conteudo"] for m in turn["pending"]] == ["Qual o valor?"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "talvez"}, "outcome"),
        ({"outcome": "resposta", "parts": []}, "parts"),
        ({"outcome": "resposta", "parts": ["  "]}, "parts"),
        ({"outcome": "transferir", "handoff": {"trigger_type": "?"}}, "trigger_type"),
    ],
)
async def test_a_bad_commit_is_refused_by_name(
    julia: Julia, conversa: str, change: dict, field: str
) -> None:
    turn = await julia.begin(conversa)
    names = ("conversa_id", "token", "turno_id", "control_epoch", "inbox_seq")

    error = await julia.refusal("commit_turn", **{n: turn[n] for n in names} | change)

    assert (error.sqlstate, field in str(error)) == ("22023", True)
    assert (await julia.commit(turn))["status"] == "confirmado"


def _lease(turn) -> dict:
    return {"conversa_id": turn["conversa_id"], "token": turn["token"]}
