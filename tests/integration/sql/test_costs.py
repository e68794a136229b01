"""Whatever Claude cost a conversation is counted once: committed, given up, summed up or unseen."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia, lid, phone, together

pytestmark = pytest.mark.integration


def usage(custo_usd: str, **more: Any) -> dict[str, Any]:
    return {
        "model": "claude-x",
        "chamadas": 2,
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_tokens": 1000,
        "cache_write_tokens": 5,
        "custo_usd": custo_usd,
        "llm_ms": 700,
    } | more


async def begin(julia: Julia, text: str = "Oi", **p: Any) -> Any:
    conversa = (await julia.receive(text=text, **p))["conversa_id"]
    await julia.make_due(conversa)
    return await julia.begin(conversa)


async def spend(julia: Julia, turn: Any, op_id: str | None = None, usd: str = "0.25") -> str:
    answer = await julia.call(
        "record_spent",
        conversa_id=turn["conversa_id"],
        op_id=op_id or turn["turno_id"],
        motivo="epoca",
        usage=usage(usd),
    )
    return answer["status"]


async def sum_up(julia: Julia, conversa: str, ate: int, anterior: int | None, **p: Any) -> str:
    arguments = {
        "conversa_id": conversa,
        "op_id": str(uuid.uuid4()),
        "ate": str(ate),
        "anterior": anterior and str(anterior),
        "resumo": f"até {ate}",
        "usage": usage("0.02"),
    }
    return (await julia.call("store_summary", **(arguments | p)))["status"]


async def cost(julia: Julia, conversa: str) -> Decimal:
    return await julia.value("select sum(custo_usd) from turnos where conversa_id = $1", conversa)


async def test_the_rows_of_a_conversation_add_up_to_what_it_cost(julia: Julia) -> None:
    turn = await begin(julia)
    conversa = turn["conversa_id"]
    await julia.commit(turn, usage=usage("0.10"), prompt_id="persona-1", rota="padrão")
    given_up = await begin(julia, "mais uma")
    await julia.take_over_by_sql(conversa)

    assert (await julia.commit(given_up, usage=usage("0.25")))["motivo"] == "epoca"
    assert await spend(julia, given_up) == "registrado"
    first = turn["pending"][0]["id"]
    assert await sum_up(julia, conversa, first, None) == "guardado"
    shadow = {"conversa_id": conversa, "turno_id": turn["turno_id"], "prompt_id": "persona-1"}
    await julia.call("store_shadow", **shadow, texto="outra", usage=usage("0.03"))

    assert await cost(julia, conversa) == Decimal("0.40")
    rows = await julia.sql("select * from turnos order by custo_usd")
    assert [r["outcome"] for r in rows] == ["resumo", "sombra", "resposta", "descartado"]
    assert (rows[2]["prompt_id"], rows[2]["rota"], rows[2]["chamadas"]) == (
        "persona-1",
        "padrão",
        2,
    )


async def test_a_turn_counts_once_whether_committed_or_given_up_first(julia: Julia) -> None:
    turn = await begin(julia)
    conversa = turn["conversa_id"]
    await julia.commit(turn, usage=usage("0.10"))
    assert await spend(julia, turn) == "ja_registrado"
    assert await cost(julia, conversa) == Decimal("0.10")

    given_up = await begin(julia, "e amanhã?")
    assert [await spend(julia, given_up), await spend(julia, given_up)] == [
        "registrado",
        "ja_registrado",
    ]

    # A commit that comes after all does not make it a second time, nor answer anybody.
    late = await julia.commit(given_up, usage=usage("0.25"))
    assert (late["status"], late["motivo"], late["repetido"]) == ("recusado", "lease", True)
    assert await cost(julia, conversa) == Decimal("0.35")
    assert await julia.situations(conversa) == ["respondida", "pendente"]


async def test_a_commit_and_the_record_of_its_loss_at_once_count_once(julia: Julia) -> None:
    turns = [await begin(julia, number=f"55119{n:08d}") for n in range(10)]

    async def work(n: int) -> Any:
        if n % 2:
            return await spend(julia, turns[n // 2])
        return await julia.commit(turns[n // 2], usage=usage("0.25"))

    await together(20, work)

    assert await julia.value("select sum(custo_usd) from turnos") == Decimal("2.50")
    assert await julia.value("select sum(usd) from custos_dia") == Decimal("2.50")
    assert await julia.value("select count(*) from turnos") == 10


async def test_what_was_spent_is_told_with_the_next_turn(julia: Julia) -> None:
    assert (await begin(julia, number="5521977776666"))["gasto"] == {
        "conversa_usd": 0,
        "conversa_tokens": 0,
        "medico_dia_usd": 0,
        "dia_usd": 0,
    }
    turn = await begin(julia)
    await julia.commit(turn, usage=usage("0.10"))
    elsewhere = await begin(julia, instance="outro-numero")
    await spend(julia, elsewhere, usd="0.05")
    stranger = await begin(julia, number="5531966665555")
    await julia.commit(stranger, usage=usage("0.01"))
    shadow = {"turno_id": turn["turno_id"], "conversa_id": turn["conversa_id"]}
    await julia.call(
        "store_shadow", **shadow, prompt_id="persona-1", texto="x", usage=usage("0.50")
    )

    spent = (await begin(julia, "e agora?"))["gasto"]

    # A shadow's drafts are the company's own affair: they count against the day alone.
    assert spent == {
        "conversa_usd": 0.1,
        "conversa_tokens": 1115,
        "medico_dia_usd": 0.15,
        "dia_usd": 0.66,
    }


async def test_the_day_is_sao_paulos(julia: Julia) -> None:
    turn = await begin(julia)
    await julia.commit(turn, usage=usage("0.10"))
    midnight = await julia.value(
        "select date_trunc('day', api.agora(), 'America/Sao_Paulo') + interval '1 day'"
    )
    await julia.later(seconds=(midnight - julia.now()).total_seconds() + 60)

    assert (await begin(julia, "bom dia"))["gasto"] == {
        "conversa_usd": 0.1,
        "conversa_tokens": 1115,
        "medico_dia_usd": 0,
        "dia_usd": 0,
    }


async def test_a_summary_replaces_the_one_that_it_was_built_upon_and_no_other(
    julia: Julia,
) -> None:
    turn = await begin(julia, "um")
    conversa = turn["conversa_id"]
    await julia.commit(turn)
    await julia.record(await julia.claim(conversa))
    one, two = [row["id"] for row in await julia.sql("select id from interacoes order by id")]

    assert await sum_up(julia, conversa, two, one) == "desatualizado"
    op_id = str(uuid.uuid4())
    for _ in range(2):
        assert await sum_up(julia, conversa, one, None, op_id=op_id) == "guardado"
    assert await sum_up(julia, conversa, two, None) == "desatualizado"
    assert await sum_up(julia, conversa, two, one) == "guardado"

    begun = await begin(julia, "dois")
    assert (begun["resumo"], begun["resumo_ate"]) == (f"até {two}", two)
    # Those that came too late cost as much.
    assert await cost(julia, conversa) == Decimal("0.08")


async def test_a_summary_ends_before_the_first_message_that_waits(julia: Julia) -> None:
    conversa = await julia.talk("resposta")
    waiting = (await begin(julia, "chegou antes do envio"))["pending"][0]["id"]
    await julia.record(await julia.claim(conversa))
    sent = await julia.value("select id from interacoes where tipo = 'saida'")
    assert sent > waiting

    assert await sum_up(julia, conversa, sent, None) == "guardado"

    assert (await julia.conversation(conversa))["resumo_ate"] == waiting - 1


async def test_of_two_conversations_that_become_one_the_summary_is_made_anew(julia: Julia) -> None:
    by_phone = await begin(julia, "um")
    await julia.commit(by_phone)
    by_lid = await begin(julia, "dois", identities=[lid("77001")])
    await julia.commit(by_lid)
    first, second = (t["pending"][0]["id"] for t in (by_phone, by_lid))
    assert await sum_up(julia, by_phone["conversa_id"], first, None) == "guardado"

    united = await begin(julia, "três", identities=[phone(), lid("77001")])

    assert (united["resumo"], united["resumo_ate"]) == (None, None)
    # Whoever was summing up the other one finds its messages gone.
    assert await sum_up(julia, by_lid["conversa_id"], second, None) == "desatualizado"


async def test_a_shadows_draft_stands_beside_what_was_sent(julia: Julia) -> None:
    since = julia.ago(minutes=1).isoformat()
    turn = await begin(julia)
    shadow = {
        "turno_id": turn["turno_id"],
        "conversa_id": turn["conversa_id"],
        "prompt_id": "persona-1",
        "texto": "Sou humana!",
        "falha": "negacao",
        "ferramentas": ["buscar_vagas"],
        "usage": usage("0.03", model="claude-outro", llm_ms=900),
    }
    assert await julia.call("store_shadow", **shadow) == {"status": "desconhecido"}
    await julia.commit(
        turn,
        "Oi!",
        "Tudo bem?",
        usage=usage("0.10"),
        prompt_id="persona-1",
        rota="negociacao+reparo",
    )

    assert await julia.call("store_shadow", **shadow) == {"status": "guardado"}
    assert await julia.call("store_shadow", **shadow) == {"status": "ja_guardado"}

    (pair,) = (await julia.call("shadow_report", since=since, limit=10))["pares"]
    assert pair.pop("at")
    assert pair == {
        "turno_id": turn["turno_id"],
        "prompt_id": "persona-1",
        "model": "claude-x",
        "rota": "negociacao+reparo",
        "chamadas": 2,
        "enviado": "Oi!\n\nTudo bem?",
        "custo_usd": 0.1,
        "llm_ms": 700,
        "sombra_prompt_id": "persona-1",
        "sombra_model": "claude-outro",
        "sombra_texto": "Sou humana!",
        "sombra_falha": "negacao",
        "sombra_ferramentas": ["buscar_vagas"],
        "sombra_chamadas": 2,
        "sombra_custo_usd": 0.03,
        "sombra_llm_ms": 900,
    }
    assert await cost(julia, turn["conversa_id"]) == Decimal("0.13")
    later = julia.now().isoformat()
    assert await julia.call("shadow_report", since=later, limit=10) == {"pares": []}


async def test_a_cost_without_its_figures_is_refused_by_name(julia: Julia) -> None:
    turn = await begin(julia)
    refusal = await julia.refusal(
        "record_spent",
        conversa_id=turn["conversa_id"],
        op_id=turn["turno_id"],
        motivo="x",
        usage={"model": "claude-x"},
    )
    assert refusal.sqlstate == "22023"
    assert "input_tokens" in str(refusal)
