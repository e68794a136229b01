"""Managers' requests: stored once, lent to one, decided once, forgotten when they are answered."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.integration.sql.conftest import PHONE, Julia, together

pytestmark = pytest.mark.integration

ANA = "U0ANA"


async def asked(julia: Julia, chave: str = "comando:1", **p: Any) -> str:
    p = {"tipo": "comando", "usuario": ANA, "texto": "status", "resposta_url": "http://x/1"} | p
    told = await julia.call(
        "receive_command", chave=chave, recebido_em=julia.now().isoformat(), **p
    )
    return told["id"]


async def lent(julia: Julia, owner: str | None = None, **p: Any) -> list[Any]:
    p = {"limit": 10, "lease_s": 30} | p
    told = await julia.call("due_commands", owner=owner or julia.owner, **p)
    return told["comandos"]


async def waits_for_a_yes(julia: Julia, chave: str = "comando:1") -> str:
    command = await asked(julia, chave)
    await lent(julia)
    kept = await julia.call(
        "keep_answer",
        id=command,
        owner=julia.owner,
        resposta={"text": "certeza?"},
        pedido={"verbo": "pausar", "motivo": "x"},
    )
    assert kept == {"status": "guardada"}
    await julia.call("command_answered", id=command)
    return command


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def managers(julia: Julia) -> None:
    await julia.sql("insert into gestores (slack_id, nome) values ('U0ANA', 'Ana')")


async def test_a_request_delivered_many_times_at_once_is_stored_once(julia: Julia) -> None:
    ids = await together(20, lambda _: asked(julia))

    assert len(set(ids)) == 1
    assert len(await lent(julia)) == 1


async def test_a_request_is_lent_to_one_and_again_when_the_loan_has_ended(julia: Julia) -> None:
    await asked(julia)
    owners = [str(uuid.uuid4()) for _ in range(10)]
    taken = await together(10, lambda i: lent(julia, owners[i]))
    assert sorted(map(len, taken)) == [0] * 9 + [1]

    await julia.later(seconds=31)

    [again] = await lent(julia)
    assert again["tentativa"] == 2


async def test_only_who_is_listed_and_active_is_a_manager(julia: Julia) -> None:
    await julia.sql("insert into gestores values ('U0EX', 'Ex', false)")
    for n, user in enumerate((ANA, "U0EX", "U0NINGUEM")):
        await asked(julia, f"comando:{n}", usuario=user)

    assert {each["usuario"]: each["gestor"] for each in await lent(julia)} == {
        ANA: "Ana",
        "U0EX": None,
        "U0NINGUEM": None,
    }


async def test_who_lost_the_loan_keeps_no_answer(julia: Julia) -> None:
    command = await asked(julia)
    await lent(julia, str(uuid.uuid4()))
    keep = {"id": command, "owner": julia.owner, "resposta": {"text": "x"}, "pedido": {}}

    assert (await julia.call("keep_answer", **keep))["status"] == "perdida"


async def test_what_was_answered_is_forgotten_but_for_who_asked_what(julia: Julia) -> None:
    command = await asked(julia, texto=f"medico {PHONE} e (11) 98888-7777 em 12/11")
    await lent(julia)
    await julia.call(
        "keep_answer",
        id=command,
        owner=julia.owner,
        resposta={"text": "Carla"},
        pedido={"verbo": "medico"},
    )
    await julia.call("command_answered", id=command)

    [row] = await julia.sql("select * from slack_comandos")
    assert (row["usuario"], row["pedido"]) == (ANA, '{"verbo": "medico"}')
    assert (row["resposta"], row["resposta_url"]) == (None, None)
    assert "8888" not in row["texto"]
    assert row["texto"].endswith("em 12/11")
    assert await lent(julia) == []


async def test_an_answer_that_cannot_be_brought_is_told_once_after_half_an_hour(
    julia: Julia,
) -> None:
    command = await asked(julia)
    await lent(julia)
    await julia.call(
        "keep_answer", id=command, owner=julia.owner, resposta={"text": "x"}, pedido={"verbo": "a"}
    )
    await julia.call("command_failed", id=command, owner=julia.owner, erro="x", retry_in_s=5)
    await julia.later(minutes=31)

    assert await lent(julia) == []
    assert await lent(julia) == []
    [notice] = await julia.sql("select * from notificacoes_gestor")
    assert notice["tipo"] == "resposta_nao_entregue"


async def test_of_many_clicks_at_once_one_decides(julia: Julia) -> None:
    command = await waits_for_a_yes(julia)
    clicks = [await asked(julia, f"botao:{n}", tipo="botao") for n in range(10)]

    async def decide(i: int) -> str:
        told = await julia.call(
            "decide_command",
            id=command,
            clique=clicks[i],
            usuario=ANA,
            decisao="confirmar" if i % 2 else "cancelar",
        )
        return told["status"]

    assert sorted(await together(10, decide)) == ["decidida"] + ["ja_decidida"] * 9


async def test_the_click_that_decided_finds_the_same_again(julia: Julia) -> None:
    command = await waits_for_a_yes(julia)
    click = await asked(julia, "botao:1", tipo="botao")
    decide = {"id": command, "clique": click, "usuario": ANA, "decisao": "confirmar"}

    first = await julia.call("decide_command", **decide)
    await julia.later(hours=2)

    assert first["pedido"] == {"verbo": "pausar", "motivo": "x"}
    assert await julia.call("decide_command", **decide) == first


async def test_a_click_counts_by_when_it_was_made(julia: Julia) -> None:
    command = await waits_for_a_yes(julia)
    await julia.later(minutes=31)
    click = await asked(julia, "botao:1", tipo="botao")
    decide = {"id": command, "clique": click, "usuario": ANA, "decisao": "confirmar"}

    assert (await julia.call("decide_command", **decide))["status"] == "vencida"


@pytest.mark.parametrize(
    "written", [PHONE, f"+{PHONE}", "(11) 98888-7777", "11 8888 7777", "5511 98888-7777"]
)
async def test_a_doctor_is_found_by_her_number_in_any_form(julia: Julia, written: str) -> None:
    conversa = (await julia.receive())["conversa_id"]

    found = await julia.call("find_doctor", referencia=written)

    assert found["status"] == "encontrado"
    assert found["conversa"]["id"] == conversa
    assert found["medico"]["final"] == "7777"
    assert PHONE not in str(found)


async def test_a_doctor_is_found_by_conversation_and_by_id(julia: Julia) -> None:
    received = await julia.receive()

    by_conversation = await julia.call("find_doctor", referencia=received["conversa_id"])

    assert by_conversation["medico"]["id"] == received["medico_id"]
    assert by_conversation == await julia.call("find_doctor", referencia=received["medico_id"])
    for unknown in ("11900000000", str(uuid.uuid4())):
        assert await julia.call("find_doctor", referencia=unknown) == {"status": "desconhecido"}


async def test_a_block_happens_once_and_cancels_what_was_to_be_sent(julia: Julia) -> None:
    conversa = await julia.talk("Oi! Tem sim.")
    medico = (await julia.conversation(conversa))["medico_id"]
    block = {
        "op_id": str(uuid.uuid4()),
        "medico_id": str(medico),
        "decisao": "bloqueado",
        "motivo": "x",
        "por": "Ana",
    }

    told = await together(5, lambda _: julia.call("change_doctor", **block))

    assert sorted(each["status"] for each in told) == ["bloqueado"] + ["repetida"] * 4
    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await julia.value("select count(*) from decisoes_medicos") == 1
    assert (
        await julia.value("select count(*) from fila_mensagens where kind = 'optout_confirmation'")
        == 0
    )


async def test_who_is_unblocked_is_answered_and_written_to_again(julia: Julia) -> None:
    received = await julia.receive()
    medico = received["medico_id"]
    words = {"motivo": "x", "por": "Ana", "medico_id": medico}
    for decisao in ("bloqueado", "desbloqueado"):
        told = await julia.call("change_doctor", op_id=str(uuid.uuid4()), decisao=decisao, **words)
        assert told["status"] == decisao

    [row] = await julia.sql("select * from medicos where id = $1", uuid.UUID(medico))
    assert (row["opted_out"], row["opted_out_at"], row["stage_jornada"]) == (
        False,
        None,
        "respondeu",
    )
    again = await julia.call(
        "change_doctor", op_id=str(uuid.uuid4()), decisao="desbloqueado", **words
    )
    assert again["status"] == "ja_estava"


async def test_giving_back_resolves_the_hand_off_in_the_managers_name(julia: Julia) -> None:
    conversa = await julia.talk()
    await julia.take_over_by_sql(conversa)
    await julia.later(seconds=timedelta(minutes=5).total_seconds())

    given = await julia.call("give_back", conversa_id=conversa, por="Ana (Slack U0ANA)")

    assert given["status"] == "devolvida"
    assert given["duracao_s"] >= 300
    [handoff] = await julia.sql("select * from handoffs")
    assert (handoff["status"], handoff["resolvido_por"]) == ("resolvido", "Ana (Slack U0ANA)")
    assert (await julia.call("give_back", conversa_id=conversa, por="Ana"))["status"] == "ja_julia"


async def test_a_scope_is_found_by_nearly_its_name(julia: Julia) -> None:
    await julia.sql("insert into especialidades (nome) values ('Anestesiologia')")
    await julia.receive()

    found = await julia.call(
        "find_scope",
        status="pausado",
        escopo={"especialidade": "anestesia", "estado": "sp", "instancia": "JULIA-TESTE"},
    )

    assert found["escopo"] == {
        "especialidade": "Anestesiologia",
        "estado": "SP",
        "instancia": "julia-teste",
    }


async def test_a_state_that_there_is_not_is_refused_either_way(julia: Julia) -> None:
    for status in ("pausado", "ativo"):
        refused = await julia.call("find_scope", status=status, escopo={"estado": "XX"})
        assert (refused["status"], refused["campo"]) == ("desconhecido", "estado")


async def test_a_scope_of_what_is_gone_can_still_be_resumed(julia: Julia) -> None:
    gone = {"escopo": {"instancia": "julia-velha"}}

    refused = await julia.call("find_scope", status="pausado", **gone)
    found = await julia.call("find_scope", status="ativo", **gone)

    assert (refused["status"], refused["campo"]) == ("desconhecido", "instancia")
    assert found["escopo"] == {"instancia": "julia-velha"}
