"""What is remembered of a doctor comes back when it bears on what was just written."""

from typing import Any

import pytest
from tests.integration.sql.conftest import PHONE, Julia, lid, phone
from tests.integration.sql.shifts import Shifts

pytestmark = pytest.mark.integration


def memory(conteudo: str, tipo: str = "historico", confianca: float = 0.8) -> dict[str, Any]:
    return {"tipo": tipo, "conteudo": conteudo, "confianca": confianca}


async def tell(julia: Julia, *memories: dict[str, Any], number: str = PHONE) -> str:
    """A turn in which Júlia learnt these things; return the conversation."""
    conversa = (await julia.receive(number))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    done = await julia.commit(turn, "Anotado!", effects={"memorias": list(memories)})
    assert done["status"] == "confirmado"
    return conversa


async def recall(julia: Julia, text: str, number: str = PHONE) -> list[str]:
    """What Júlia is told of the doctor who writes this."""
    conversa = (await julia.receive(number, text))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.commit(turn)
    return [m["conteudo"] for m in turn["memorias"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quanto paga a emergencia?", "Já trabalhou em emergências de Sorocaba"),
        ("tem algo em SOROCABA?", "Já trabalhou em emergências de Sorocaba"),
        ("e a escola?", "Busca os filhos na escola às sextas"),
        ("vi que abriram escolas", "Busca os filhos na escola às sextas"),
        ("sorocba tem?", "Já trabalhou em emergências de Sorocaba"),
        ("a emergecia paga bem?", "Já trabalhou em emergências de Sorocaba"),
        ("tem plantao?", "Deu plantões em 2024 com a gente"),
        ("faço transfusões", "Tem experiência com transfusão"),
        ("[imagem: cartaz da transfusao]", "Tem experiência com transfusão"),
    ],
)
async def test_memories_are_found_whatever_the_accents_endings_and_slips(
    julia: Julia, text: str, found: str
) -> None:
    await tell(
        julia,
        memory("Já trabalhou em emergências de Sorocaba"),
        memory("Busca os filhos na escola às sextas", "info_pessoal"),
        memory("Deu plantões em 2024 com a gente"),
        memory("Tem experiência com transfusão"),
    )

    assert await recall(julia, text) == [found]


@pytest.mark.parametrize("text", ["oi, tudo bem?", "não é isso", "você está aí?", "👍", "ok"])
async def test_what_has_no_bearing_stays_out(julia: Julia, text: str) -> None:
    await tell(julia, memory("Você já não está mais em Sorocaba"), memory("Tem dois filhos"))

    assert await recall(julia, text) == []


async def test_what_an_attachment_says_counts_as_written(julia: Julia) -> None:
    await tell(julia, memory("Já trabalhou em Sorocaba"))
    got = await julia.receive(text="[áudio de 5 s]", tipo="audio")
    await julia.make_due(got["conversa_id"])
    turn = await julia.begin(got["conversa_id"])
    assert turn["memorias"] == []

    await julia.call(
        "store_reading",
        conversa_id=got["conversa_id"],
        token=turn["token"],
        interacao_id=str(turn["pending"][0]["id"]),
        leitura="queria voltar pra sorocaba",
    )

    again = await julia.begin(got["conversa_id"], turn["token"])
    assert [m["conteudo"] for m in again["memorias"]] == ["Já trabalhou em Sorocaba"]
    assert again["pending"][0]["leitura"] == "queria voltar pra sorocaba"


async def test_at_most_five_restrictions_first_then_the_words_then_preferences(
    julia: Julia,
) -> None:
    await tell(
        julia,
        memory("Não trabalha aos domingos", "restricao", 0.5),
        memory("Prefere noturno", "preferencia", 0.9),
        memory("Prefere hospital pequeno", "preferencia", 0.6),
        memory("Prefere receber por PIX", "preferencia", 0.3),
        memory("Já deu plantão em Campinas", "historico", 0.1),
        memory("Mora em Campinas e tem plantão fixo lá", "info_pessoal", 0.1),
        memory("Gosta de cinema", "info_pessoal"),
    )

    assert await recall(julia, "tem plantao em campinas?") == [
        "Não trabalha aos domingos",
        "Mora em Campinas e tem plantão fixo lá",
        "Já deu plantão em Campinas",
        "Prefere noturno",
        "Prefere hospital pequeno",
    ]


async def test_the_same_words_again_are_the_same_memory(julia: Julia) -> None:
    await tell(julia, memory("Não faz UTI", "preferencia"), memory("não faz UTI"))
    await tell(julia, memory("NAO FAZ UTI ", "restricao", 0.95))

    rows = await julia.sql("select content, tipo, confianca, source from doctor_context")
    assert [tuple(r) for r in rows] == [("não faz UTI", "restricao", pytest.approx(0.95), "julia")]


async def test_memories_are_the_doctors_own_and_deletable(julia: Julia) -> None:
    await tell(julia, memory("Prefere noturno", "preferencia"))

    assert await recall(julia, "oi", number="5521977776666") == []
    await julia.sql("delete from doctor_context")
    assert await recall(julia, "prefiro noturno") == []


async def test_of_a_draft_that_was_not_committed_nothing_is_remembered(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.take_over_by_sql(conversa)

    refused = await julia.commit(turn, effects={"memorias": [memory("Prefere noturno")]})

    assert refused["motivo"] == "epoca"
    assert await julia.value("select count(*) from doctor_context") == 0


async def test_united_contacts_have_one_memory_one_prompt_and_each_thing_once(
    julia: Julia,
) -> None:
    await tell(julia, memory("Prefere noturno", "preferencia"))
    by_lid = (await julia.receive(identities=[lid("77001")]))["conversa_id"]
    await julia.make_due(by_lid)
    turn = await julia.begin(by_lid)
    await julia.commit(
        turn,
        effects={"memorias": [memory("prefere noturno"), memory("Tem moto", "info_pessoal")]},
    )
    shifts = Shifts(julia)
    both, one = await shifts.offer(3), await shifts.offer(5)
    await julia.sql(
        "insert into recusas_vagas (medico_id, vaga_id, motivo) "
        "select id, unnest($1::uuid[]), 'longe' from medicos where telefone is null",
        [both, one],
    )
    await julia.sql(
        "insert into recusas_vagas (medico_id, vaga_id, motivo) "
        "select id, $1, 'longe' from medicos where telefone is not null",
        both,
    )
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, medico_id) "
        "select 'vip', 'cuide bem', id from medicos where telefone is null"
    )

    united = await julia.receive(text="de noite ou de moto", identities=[phone(), lid("77001")])

    await julia.make_due(united["conversa_id"])
    begun = await julia.begin(united["conversa_id"])
    assert [m["conteudo"] for m in begun["memorias"]] == ["Tem moto", "Prefere noturno"]
    assert await julia.value("select count(*) from doctor_context") == 2
    winner = await julia.value("select id from medicos where merged_into is null")
    assert begun["diretrizes"] == [{"tipo": "vip", "conteudo": "cuide bem", "vaga_id": None}]
    assert await julia.value("select medico_id from prompt_atribuicoes") == winner
    refused = await julia.sql("select vaga_id::text, medico_id from recusas_vagas")
    assert {tuple(r) for r in refused} == {(both, winner), (one, winner)}
