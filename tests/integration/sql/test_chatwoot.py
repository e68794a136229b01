"""People read along in Chatwoot and answer there: what is to be shown, and what comes back."""

import uuid
from typing import Any

import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia, together

pytestmark = pytest.mark.integration

CHAT = 4711


async def due(julia: Julia, *, owner: str | None = None, limit: int = 10) -> list[Any]:
    answer = await julia.call("due_chatwoot", owner=owner or julia.owner, limit=limit, lease_s=30)
    return answer["conversas"]


async def done(julia: Julia, effect: Any, owner: str | None = None) -> str:
    answer = await julia.call(
        "chatwoot_done", efeito_id=effect["id"], owner=owner or julia.owner, lease_s=30
    )
    return answer["status"]


async def show_all(julia: Julia) -> list[Any]:
    """Carry out what is due, as the scheduler does; return the effects."""
    shown = []
    while conversas := await due(julia):
        for conversa in conversas:
            if conversa["conversation_id"] is None:
                await link(julia, conversa["conversa_id"])
            for effect in conversa["efeitos"]:
                await done(julia, effect)
                shown.append(effect)
            await release(julia, conversa["conversa_id"])
    return shown


async def release(julia: Julia, conversa: str, retry_in_s: float = 0, **p: Any) -> None:
    await julia.call(
        "chatwoot_released", conversa_id=conversa, owner=julia.owner, retry_in_s=retry_in_s, **p
    )


async def link(julia: Julia, conversa: str, chat: int = CHAT) -> None:
    await julia.call("chatwoot_linked", conversa_id=conversa, contact_id=7, conversation_id=chat)


async def person_writes(julia: Julia, text: str = "Oi, aqui é a Bia", **p: Any) -> Any:
    p.setdefault("entrega", uuid.uuid4().hex)
    p.setdefault("mensagem_id", uuid.uuid4().int % 10**9)
    p.setdefault("conversation_id", CHAT)
    p.setdefault("anexos", 0)
    return await julia.call("person_wrote", conteudo=text, por="Bia", **p)


async def person_returns(julia: Julia, **p: Any) -> Any:
    p.setdefault("entrega", uuid.uuid4().hex)
    p.setdefault("em", julia.now().isoformat())
    p.setdefault("conversation_id", CHAT)
    return await julia.call("person_returned", motivo="etiqueta", por="Bia", **p)


async def taken(julia: Julia) -> str:
    """A conversation that a person has, and of which Chatwoot shows all."""
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.record(await julia.claim(conversa))
    await show_all(julia)
    return conversa


async def test_the_runbooks_update_writes_every_effect_down(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")

    await julia.take_over_by_sql(conversa)

    effects = (await due(julia))[0]["efeitos"]
    assert [effect["tipo"] for effect in effects] == ["mensagem", "assumida"]
    assert effects[1]["handoff"]["motivo"] == "Handoff manual"
    assert effects[1]["handoff"]["ultima_mensagem"] == "Oi, tem plantão?"
    notice = (await julia.sql("select * from notificacoes_gestor"))[0]
    assert notice["tipo"] == "conversa_assumida"


async def test_what_was_said_is_shown_in_order_and_once(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.record(await julia.claim(conversa))
    await julia.record(await julia.claim(conversa))
    await julia.receive(text="obrigada")
    await julia.echo("aqui é a Bia", source="messages.upsert")

    shown = await show_all(julia)

    messages = [(e["mensagem"]["autor"], e["mensagem"]["conteudo"]) for e in shown if e["mensagem"]]
    assert messages == [
        ("medico", "Oi, tem plantão?"),
        ("julia", "um"),
        ("julia", "dois"),
        ("medico", "obrigada"),
        ("gestor", "aqui é a Bia"),
    ]
    assert await due(julia) == []


async def test_a_conversation_is_lent_to_one_at_a_time(julia: Julia) -> None:
    for n in range(4):
        await julia.receive(f"551198888000{n}")

    lent = await together(6, lambda _: due(julia, owner=str(uuid.uuid4()), limit=3))

    lent.append(await due(julia))  # all may have looked at the same three
    ids = [each["conversa_id"] for batch in lent for each in batch]
    assert len(ids) == len(set(ids)) == 4


async def test_who_died_is_followed_by_another_that_knows_of_the_attempt(julia: Julia) -> None:
    await julia.receive()
    await due(julia)
    other = str(uuid.uuid4())
    assert await due(julia, owner=other) == []

    await julia.later(seconds=31)

    effect = (await due(julia, owner=other))[0]["efeitos"][0]
    assert effect["tentativa"] == 2
    assert await done(julia, effect) == "perdida"  # late, and yet it is done
    await julia.later(seconds=31)
    assert await due(julia) == []


async def test_what_failed_comes_again_when_its_time_has_come(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await due(julia)

    await release(julia, conversa, retry_in_s=20, erro="Chatwoot did not answer")

    assert await due(julia) == []
    await julia.later(seconds=21)
    assert len(await due(julia)) == 1


async def test_an_older_takeover_does_not_undo_what_was_decided_since(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.give_back(conversa)

    shown = await show_all(julia)

    assert [(e["tipo"], e["vale"]) for e in shown] == [
        ("mensagem", True),
        ("assumida", False),
        ("devolvida", True),
    ]


async def test_a_persons_words_seize_the_conversation_and_reach_the_doctor(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await show_all(julia)

    answer = await person_writes(julia)

    assert (answer["status"], answer["instance"], answer["doorbell"]) == (
        "assumida",
        INSTANCE,
        True,
    )
    row = await julia.conversation(conversa)
    assert (row["controlled_by"], row["controlled_by_user_id"]) == ("human", "Bia")
    assert await julia.states(conversa) == ["cancelada", "pendente"]
    claim = await julia.claim(conversa)
    assert (claim["kind"], claim["conteudo"]) == ("human_agent", "Oi, aqui é a Bia")
    await julia.record(claim)
    # It is in Chatwoot already.
    assert [e["tipo"] for e in await show_all(julia)] == ["assumida"]


async def test_a_message_that_comes_by_two_webhooks_goes_once(julia: Julia) -> None:
    conversa = await taken(julia)

    answers = await together(6, lambda n: person_writes(julia, mensagem_id=9, entrega=f"e{n % 2}"))

    assert sorted(answer["status"] for answer in answers) == ["aceita", *["duplicada"] * 5]
    assert len(await julia.parts(conversa)) == 2  # with the notice of the takeover


async def test_a_conversation_is_found_by_what_we_wrote_into_it(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]

    assert (await person_writes(julia))["status"] == "desconhecida"
    assert (await person_writes(julia, conversa_id=conversa))["status"] == "assumida"


async def test_an_id_that_another_chatwoot_gave_leads_to_no_other_doctor(julia: Julia) -> None:
    older = (await julia.receive())["conversa_id"]
    await link(julia, older)
    newer = (await julia.receive("5511977776666"))["conversa_id"]

    await link(julia, newer)

    assert (await person_writes(julia))["conversa_id"] == newer
    assert (await julia.conversation(older))["controlled_by"] == "ai"


async def test_what_a_person_wrote_before_giving_back_still_goes(julia: Julia) -> None:
    conversa = await taken(julia)
    await person_writes(julia, "A vaga é sua, doutora.")

    returned = await person_returns(julia)

    assert (returned["status"], returned["doorbell"]) == ("devolvida", True)
    await julia.receive(text="Obrigada! E no domingo?")
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert [(m["autor_tipo"], m["conteudo"]) for m in turn["history"]][-1] == (
        "gestor",
        "A vaga é sua, doutora.",
    )
    await julia.commit(turn, "resposta")
    assert (await julia.claim(conversa))["conteudo"] == "A vaga é sua, doutora."


async def test_what_is_delivered_after_the_return_and_was_written_before_takes_nothing_over(
    julia: Julia,
) -> None:
    conversa = await taken(julia)
    written = julia.now()
    await julia.later(seconds=5)
    await person_returns(julia)

    late = await person_writes(julia, "Já te ligo", em=written.isoformat())

    assert late["status"] == "aceita"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"
    assert (await julia.claim(conversa))["conteudo"] == "Já te ligo"
    await julia.later(seconds=5)
    again = await person_writes(julia, "Voltei", em=julia.now().isoformat())
    assert again["status"] == "assumida"


async def test_a_return_resolves_the_handoff_with_its_duration(julia: Julia) -> None:
    conversa = await taken(julia)
    await julia.later(minutes=7)

    assert (await person_returns(julia))["status"] == "devolvida"

    row = await julia.conversation(conversa)
    assert (row["controlled_by"], row["status"]) == ("ai", "active")
    handoff = (await julia.sql("select * from handoffs"))[0]
    assert (handoff["status"], handoff["resolvido_por"]) == ("resolvido", "Bia")
    assert 7 * 60 <= handoff["duracao"].total_seconds() < 8 * 60
    notice = await julia.value(
        "select dados ->> 'duracao_s' from notificacoes_gestor where tipo = 'conversa_devolvida'"
    )
    assert 7 * 60 <= float(notice) < 8 * 60
    assert (await person_returns(julia))["status"] == "ja_julia"


async def test_an_echo_of_an_earlier_return_gives_nothing_back(julia: Julia) -> None:
    conversa = await taken(julia)
    late = julia.now().isoformat()
    await julia.give_back(conversa)
    await julia.later(seconds=5)
    await julia.take_over_by_sql(conversa)

    before_it_is_shown = await person_returns(julia)
    await julia.later(seconds=5)
    await show_all(julia)
    of_the_first = await person_returns(julia, em=late)

    assert [before_it_is_shown["status"], of_the_first["status"]] == ["antiga", "antiga"]
    assert (await julia.conversation(conversa))["controlled_by"] == "human"


async def test_a_function_gives_back_and_says_how_long_it_was(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.later(minutes=1)

    answer = await julia.call("give_back", conversa_id=conversa, por="U07PAULA")

    assert answer["status"] == "devolvida"
    assert 60 <= answer["duracao_s"] < 90
    again = await julia.call("give_back", conversa_id=conversa, por="U07PAULA")
    assert again["status"] == "ja_julia"


async def test_the_person_hears_of_what_does_not_reach_the_doctor(julia: Julia) -> None:
    conversa = await taken(julia)
    await julia.opt_out_by_sql()
    await person_writes(julia, "Oi?", anexos=1)

    assert (await julia.claim(conversa))["status"] == "vazio"

    notes = [e["dados"] for e in await show_all(julia) if e["tipo"] == "nota"]
    assert notes == [
        {"assunto": "anexos", "anexos": 1},
        {"assunto": "nao_enviada", "outcome": "BLOCKED_OPTED_OUT", "texto": "Oi?"},
    ]


async def test_a_closed_conversation_leads_to_the_one_that_is_open(julia: Julia) -> None:
    conversa = await taken(julia)
    await julia.sql("update conversations set status = 'completed' where id = $1", conversa)
    assert (await person_writes(julia))["status"] == "encerrada"
    newer = (await julia.receive())["conversa_id"]

    assert (await person_writes(julia))["conversa_id"] == newer != conversa


async def test_the_canary_is_not_shown(julia: Julia) -> None:
    number = await julia.value("select private.canary_number()")

    await julia.receive(number)

    assert await due(julia) == []


async def test_two_conversations_made_one_are_shown_as_one(julia: Julia) -> None:
    lid = {"kind": "lid", "jid": "777@lid"}
    await julia.receive(identities=[lid], text="sou eu")
    other = (await julia.receive(text="oi"))["conversa_id"]
    await julia.receive(
        identities=[{"kind": "phone", "jid": f"{PHONE}@s.whatsapp.net"}, lid], text="de novo"
    )

    conversas = await due(julia)

    assert [c["conversa_id"] for c in conversas] == [other]
    said = [e["mensagem"]["conteudo"] for e in conversas[0]["efeitos"] if e["mensagem"]]
    assert sorted(said) == ["de novo", "oi", "sou eu"]
