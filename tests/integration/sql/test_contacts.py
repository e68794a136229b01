"""Learning that two contacts are one person loses nothing and says nothing twice."""

import pytest
from tests.integration.sql.conftest import PHONE, Julia, lid, phone

pytestmark = pytest.mark.integration

LID = "77001"
BOTH = [phone(), lid(LID)]


async def test_what_both_had_pending_is_answered_in_one_turn(julia: Julia) -> None:
    by_phone = (await julia.receive(text="um"))["conversa_id"]
    by_lid = (await julia.receive(text="dois", identities=[lid(LID)]))["conversa_id"]

    united = (await julia.receive(text="três", identities=BOTH))["conversa_id"]

    # The one with a phone stays.
    assert united == by_phone
    assert (await julia.conversation(by_lid))["status"] == "completed"
    await julia.make_due(united)
    turn = await julia.begin(united)
    assert [m["conteudo"] for m in turn["pending"]] == ["um", "dois", "três"]
    assert (await julia.commit(turn))["status"] == "confirmado"
    assert await julia.situations(united) == ["respondida"] * 3


async def test_drafts_of_both_are_refused(julia: Julia) -> None:
    turns = []
    for identities in ([phone()], [lid(LID)]):
        conversa = (await julia.receive(identities=identities))["conversa_id"]
        await julia.make_due(conversa)
        turns.append(await julia.begin(conversa))

    await julia.receive(identities=BOTH)

    for turn in turns:
        assert (await julia.commit(turn))["motivo"] == "epoca"


async def test_the_replies_that_wait_are_sent_or_given_anew(julia: Julia) -> None:
    by_phone = await julia.talk("para o telefone")
    by_lid = (await julia.receive(text="pergunta", identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "para o lid")

    await julia.receive(text="de novo", identities=BOTH)

    # The loser's question is asked again in the conversation that stays, its unsent answer void.
    assert await julia.states(by_lid) == ["cancelada"]
    await julia.make_due(by_phone)
    turn = await julia.begin(by_phone)
    assert [m["conteudo"] for m in turn["pending"]] == ["pergunta", "de novo"]
    # The winner's answer stands and goes first.
    await julia.commit(turn, "a tudo")
    for text in ("para o telefone", "a tudo"):
        claim = await julia.claim(by_phone)
        assert claim["conteudo"] == text
        await julia.record(claim)


@pytest.mark.parametrize("owner", ["by_phone", "by_lid"])
async def test_a_person_who_has_one_of_them_keeps_both(julia: Julia, owner: str) -> None:
    conversations = {
        "by_phone": (await julia.receive())["conversa_id"],
        "by_lid": (await julia.receive(identities=[lid(LID)]))["conversa_id"],
    }
    await julia.take_over_by_sql(conversations[owner])

    answer = await julia.receive(identities=BOTH)

    united = conversations["by_phone"]
    assert (answer["conversa_id"], answer["controlled_by"]) == (united, "human")
    assert await julia.situations(united) == ["humano"] * 3
    open_ = "select count(*) from handoffs where status = 'pendente' and conversa_id = $1"
    assert await julia.value(open_, united) == 1
    assert await julia.value(open_, conversations["by_lid"]) == 0


@pytest.mark.parametrize("state", ["open", "uncertain", "half sent"])
async def test_a_send_under_way_brings_a_person(julia: Julia, state: str) -> None:
    by_phone = (await julia.receive())["conversa_id"]
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "um", "dois")
    claim = await julia.claim(by_lid)
    if state == "uncertain":
        await julia.record(claim, "incerta")
    if state == "half sent":
        await julia.record(claim)

    answer = await julia.receive(identities=BOTH)

    assert (answer["conversa_id"], answer["controlled_by"]) == (by_phone, "human")
    trigger = await julia.value(
        "select trigger_type from handoffs where conversa_id = $1", by_phone
    )
    assert trigger == "contato_unificado"
    assert (await julia.claim(by_lid))["status"] == "vazio"


async def test_a_send_of_the_one_that_went_is_settled_by_the_other_address(julia: Julia) -> None:
    await julia.receive()
    by_lid = (await julia.receive(identities=[lid(LID)]))["conversa_id"]
    await julia.answer(by_lid, "texto")
    claim = await julia.uncertain(by_lid)
    await julia.receive(identities=BOTH)
    await julia.later(seconds=20)

    sends = (await julia.call("uncertain_sends", limit=10, owner=julia.owner))["sends"]
    settled = await julia.settle(claim, "positiva", provider_message_id="W1", identities=[phone()])

    assert [s["destino"] for s in sends] == [PHONE]
    assert settled["status"] == "enviada"
    assert (await julia.echo("texto", key_id="W1"))["status"] == "conhecida"


async def test_three_contacts_become_one(julia: Julia) -> None:
    ids = [phone(), lid("1"), lid("2")]
    for identity in ids:
        await julia.receive(identities=[identity])

    answer = await julia.receive(identities=ids)

    assert await julia.value("select count(*) from medicos where merged_into is null") == 1
    for identity in ids:
        again = await julia.receive(identities=[identity])
        assert again["conversa_id"] == answer["conversa_id"]
    await julia.make_due(answer["conversa_id"])
    assert len((await julia.begin(answer["conversa_id"]))["pending"]) == 7


async def test_an_opt_out_of_one_holds_for_both(julia: Julia) -> None:
    await julia.receive(provider_at=julia.ago(minutes=3))
    await julia.receive(
        identities=[lid(LID)], provider_at=julia.ago(minutes=2), opt_out={"motivo": "sair"}
    )

    answer = await julia.receive(identities=BOTH, provider_at=julia.ago(minutes=1))

    doctor = (await julia.sql("select * from medicos where merged_into is null"))[0]
    assert doctor["opted_out"]
    # What was written after it is answered.
    await julia.make_due(answer["conversa_id"])
    turn = await julia.begin(answer["conversa_id"])
    await julia.commit(turn)
    assert (await julia.claim(answer["conversa_id"]))["status"] == "enviar"


async def test_a_merge_never_lowers_what_drafts_compare(julia: Julia) -> None:
    united = (await julia.receive(key_id="A"))["conversa_id"]
    for n in range(5):
        await julia.call(
            "edit_message",
            instance="julia-teste",
            key_id="A",
            change="edit",
            text=f"versão {n}",
            changed_at=julia.now().isoformat(),
        )
    before = (await julia.conversation(united))["inbox_seq"]
    await julia.receive(identities=[lid(LID)])

    await julia.receive(identities=BOTH)

    assert (await julia.conversation(united))["inbox_seq"] == before + 2
