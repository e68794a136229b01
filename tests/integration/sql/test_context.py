"""What a turn is told beside the messages: directives, facts, hand-offs."""

import pytest
from tests.integration.sql.conftest import Julia

pytestmark = pytest.mark.integration


async def test_a_turn_is_told_what_managers_want_of_this_doctor_now(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.receive("5521977776666")
    await julia.sql(
        """
        insert into diretrizes (tipo, conteudo, prioridade, expira_em, medico_id)
        select * from (values
          ('foco', 'UTI primeiro', 9, null::timestamptz, null::uuid),
          ('tom', 'mais breve', 3, api.agora() + interval '1 hour', null),
          ('meta', 'já passou', 9, api.agora(), null),
          ('vip', 'cuide bem', 5, null, (select medico_id from conversations where id = $1)),
          ('vip', 'de outra pessoa', 5, null,
           (select medico_id from conversations where id <> $1))) d
        """,
        conversa,
    )
    await julia.make_due(conversa)

    turn = await julia.begin(conversa)

    assert [d["conteudo"] for d in turn["diretrizes"]] == [
        "cuide bem",
        "UTI primeiro",
        "mais breve",
    ]


async def test_what_is_wanted_of_all_crowds_out_nothing_that_is_wanted_of_this_doctor(
    julia: Julia,
) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, prioridade) "
        "select 'foco', 'de todos ' || n, 10 from generate_series(1, 12) n"
    )
    await julia.sql(
        "insert into diretrizes (tipo, conteudo, prioridade, medico_id) "
        "select 'vip', 'cuide bem', 0, medico_id from conversations"
    )
    await julia.make_due(conversa)

    told = [d["conteudo"] for d in (await julia.begin(conversa))["diretrizes"]]

    assert (len(told), told[0]) == (12, "cuide bem")


async def test_a_turn_is_told_what_tools_found_before_and_who_took_over(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    facts = [
        {"tipo": "vaga", "chave": "v1", "dados": {"valor_centavos": 100}},
        {"tipo": "hospital", "chave": "h1", "dados": {"nome": "São Luiz"}},
        {"tipo": "vaga", "chave": "v1", "dados": {"valor_centavos": 200}},
    ]
    await julia.commit(await julia.begin(conversa), effects={"fatos": facts})
    await julia.take_over_by_sql(conversa)
    await julia.give_back(conversa)
    await julia.receive(text="e aí?")
    await julia.make_due(conversa)

    turn = await julia.begin(conversa)

    assert {f["chave"]: f["dados"] for f in turn["fatos"]} == {
        "v1": {"valor_centavos": 200},
        "h1": {"nome": "São Luiz"},
    }
    (handoff,) = turn["handoffs"]
    assert (handoff["trigger_type"], handoff["motivo"]) == ("manual", "Handoff manual")
    assert handoff["resolvido_em"]
