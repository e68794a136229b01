"""Which prompt a doctor gets: versions never change, and each doctor keeps the one given."""

from collections import Counter

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


async def add(
    julia: Julia,
    name: str,
    *,
    tipo: str = "persona",
    peso: int = 1,
    fracao: float = 1,
    especialidade_id: int | None = None,
) -> None:
    await julia.sql(
        "insert into prompts (id, nome, versao, tipo, conteudo, peso, fracao, especialidade_id, "
        "modelo) values ($1, 'julia', $1, $2, 'Você é a Júlia', $3, $4, $5, 'claude-outro')",
        name,
        tipo,
        peso,
        fracao,
        especialidade_id,
    )


async def persona(julia: Julia, conversa: str) -> str:
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    await julia.call(
        "release_turn", conversa_id=conversa, token=turn["token"], motivo="só para ver"
    )
    return turn["prompt"]["id"]


async def test_the_text_of_a_version_can_be_read_and_never_changes(julia: Julia) -> None:
    text = await julia.call("get_prompt", id="persona-1")

    assert (text["nome"], text["versao"]) == ("julia", "1")
    assert "Júlia" in text["conteudo"]
    for change in (
        "update prompts set conteudo = 'outra'",
        "update prompts set versao = '2'",
        "update prompts set id = 'persona-2'",
        "update prompts set tipo = 'sombra'",
    ):
        with pytest.raises(asyncpg.RaiseError, match="never changes"):
            await julia.sql(change)
    with pytest.raises(asyncpg.RaiseError, match="prompts are kept"):
        await julia.sql("delete from prompts")
    assert await julia.call("get_prompt", id="persona-1") == text


async def test_an_unknown_version_is_a_permanent_error(julia: Julia) -> None:
    assert (await julia.refusal("get_prompt", id="persona-0")).sqlstate == "P0002"


async def test_the_last_persona_for_all_stays_active(julia: Julia) -> None:
    specialty = await julia.value("insert into especialidades (nome) values ('x') returning id")
    await add(julia, "so-x", especialidade_id=specialty)
    for change in (
        "update prompts set ativo = false where id = 'persona-1'",
        "update prompts set especialidade_id = (select id from especialidades)",
    ):
        with pytest.raises(asyncpg.RaiseError, match="last active persona"):
            await julia.sql(change)

    await add(julia, "persona-b")
    await julia.sql("update prompts set ativo = false where id = 'persona-1'")

    with pytest.raises(asyncpg.RaiseError, match="last active persona"):
        await julia.sql("update prompts set ativo = false where id = 'persona-b'")


async def test_two_who_switch_off_the_last_two_personas_at_once_do_not_both_succeed(
    julia: Julia,
) -> None:
    await add(julia, "persona-b")

    async def switch_off(n: int) -> bool:
        try:
            await julia.sql(
                "update prompts set ativo = false where id = $1", ["persona-1", "persona-b"][n]
            )
        except asyncpg.RaiseError:
            return False
        return True

    assert sorted(await together(2, switch_off)) == [False, True]


async def test_a_doctor_keeps_the_version_until_it_is_switched_off(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    assert await persona(julia, conversa) == "persona-1"
    await add(julia, "persona-b", peso=1000)

    assert await persona(julia, conversa) == "persona-1"
    await julia.sql("update prompts set ativo = false where id = 'persona-1'")

    assert await persona(julia, conversa) == "persona-b"
    await julia.sql("update prompts set ativo = true where id = 'persona-1'")
    assert await persona(julia, conversa) == "persona-b"


async def test_weights_are_the_shares_of_the_doctors(julia: Julia) -> None:
    await add(julia, "persona-b", peso=3)
    await julia.sql("insert into medicos select from generate_series(1, 400)")

    drawn = await julia.sql("select (private.persona_of(id)).id from medicos order by id")
    again = await julia.sql("select (private.persona_of(id)).id from medicos order by id")

    assert drawn == again
    shares = Counter(row["id"] for row in drawn)
    # One in four of 400: four standard deviations either way.
    assert 65 <= shares["persona-1"] <= 135


async def test_a_version_for_a_specialty_is_for_its_doctors_alone(julia: Julia) -> None:
    specialty = await julia.value(
        "insert into especialidades (nome) values ('Pediatria') returning id"
    )
    await add(julia, "pediatras", especialidade_id=specialty)
    mine = (await julia.receive())["conversa_id"]
    other = (await julia.receive("5521977776666"))["conversa_id"]
    await julia.sql(
        "update medicos set especialidade_id = $1 where telefone = '+5511988887777'", specialty
    )

    assert await persona(julia, mine) == "pediatras"
    assert await persona(julia, other) == "persona-1"


async def test_a_shadow_drafts_along_on_its_share_of_the_turns(julia: Julia) -> None:
    await add(julia, "sombra-1", tipo="sombra", fracao=0)
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert turn["sombra"] is None
    await julia.sql("update prompts set fracao = 1 where id = 'sombra-1'")

    again = await julia.begin(conversa, turn["token"])

    assert again["sombra"] == {"prompt_id": "sombra-1", "modelo": "claude-outro"}
    await julia.sql("update prompts set fracao = 0.5 where id = 'sombra-1'")
    shares = await julia.value(
        "select count(private.shadow_of(gen_random_uuid())) from generate_series(1, 400)"
    )
    assert 140 <= shares <= 260
