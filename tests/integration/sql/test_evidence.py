"""What may have been sent is never sent again without evidence that it was not."""

import pytest
from tests.integration.sql.conftest import PHONE, Julia, lid, phone, together

pytestmark = pytest.mark.integration

OTHER = "5521977776666"


async def uncertain_sends(julia: Julia) -> list[dict]:
    return (await julia.call("uncertain_sends", limit=10, owner=julia.owner))["sends"]


async def two_negatives(julia: Julia, claim, **p) -> dict:
    """What the scheduler learns in the first minute: twice that WhatsApp has no such message."""
    await julia.later(seconds=20)
    first = await julia.settle(claim, "negativa", **p)
    assert (first["status"], first["next_in_ms"]) == ("aguardar", 30_000)
    await julia.later(seconds=31)
    return await julia.settle(claim, "negativa", **p)


async def test_a_dead_dispatchers_claim_becomes_uncertain(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.claim(conversa)
    assert await uncertain_sends(julia) == []
    await julia.later(seconds=11)
    assert await uncertain_sends(julia) == []

    await julia.later(seconds=2)
    await uncertain_sends(julia)
    assert await julia.states(conversa) == ["incerta", "pendente"]
    assert (await julia.claim(conversa))["motivo"] == "envio_em_aberto"

    await julia.later(seconds=5)
    lent = await together(5, lambda _: uncertain_sends(julia))
    assert [s["claim_id"] for sends in lent for s in sends] == [claim["claim_id"]]


async def test_the_answer_settles_it(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await julia.record(await julia.claim(conversa), provider_message_id="W1")

    for _ in range(2):
        assert (await julia.echo("um", key_id="W1"))["status"] == "conhecida"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_the_echo_may_come_before_the_answer(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.claim(conversa)

    echo = await julia.echo("um", key_id="W1")

    assert (echo["status"], echo["doorbell"]) == ("vinculada", True)
    assert (await julia.claim(conversa))["conteudo"] == "dois"
    late = await julia.record(claim, provider_message_id="W1")
    assert (late["status"], late["fila_status"]) == ("ja_resolvida", "enviada")


async def test_echo_and_answer_at_once_are_one_message(julia: Julia) -> None:
    conversations = await together(20, lambda n: julia.talk("oi", number=f"55119{n:08d}"))
    claims = await together(20, lambda n: julia.claim(conversations[n]))

    async def work(n: int):
        key = f"W{n // 2}"
        if n % 2:
            return await julia.record(claims[n // 2], provider_message_id=key)
        return await julia.echo("oi", number=f"55119{n // 2:08d}", key_id=key)

    await together(40, work)

    rows = await julia.sql("select status, provider_message_id from fila_mensagens")
    assert {row["status"] for row in rows} == {"enviada"}
    assert await julia.value("select count(*) from sent_ids") == 20
    assert await julia.value("select count(*) from conversations where controlled_by = 'ai'") == 20


async def test_an_uncertain_send_is_settled_by_its_echo(julia: Julia) -> None:
    conversa = await julia.talk("um")
    await julia.uncertain(conversa)

    assert (await julia.echo("um"))["status"] == "vinculada"

    assert await julia.states(conversa) == ["enviada"]
    await julia.later(minutes=5)
    assert await uncertain_sends(julia) == []


async def test_an_uncertain_send_is_settled_by_what_was_found(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.uncertain(conversa)

    found = await julia.settle(claim, "positiva", provider_message_id="W1", identities=[phone()])

    assert (found["status"], found["doorbell"]) == ("enviada", True)
    again = await julia.settle(claim, "positiva", provider_message_id="W1", identities=[phone()])
    assert again["status"] == "ja_resolvida"
    assert (await julia.claim(conversa))["conteudo"] == "dois"


async def test_the_same_words_to_another_doctor_prove_nothing(julia: Julia) -> None:
    mine = await julia.uncertain(await julia.talk("oi"))
    theirs = await julia.claim(await julia.talk("oi", number=OTHER))
    await julia.record(theirs, provider_message_id="W1")
    await julia.receive(OTHER, identities=[phone(OTHER), lid("77001")])

    for identities in ([phone(OTHER)], [lid("77001")]):
        answer = await julia.settle(
            mine, "positiva", provider_message_id="W2", identities=identities
        )
        assert answer["status"] == "outro_contato"
    # Without an address the words count, but not an id that another send has.
    answer = await julia.settle(mine, "positiva", provider_message_id="W1")
    assert answer["status"] == "id_de_outro"


async def test_an_echo_of_the_same_words_goes_to_its_own_doctor(julia: Julia) -> None:
    conversations = [await julia.talk("oi"), await julia.talk("oi", number=OTHER)]
    claims = [await julia.claim(c) for c in conversations]

    echo = await julia.echo("oi", number=OTHER)

    assert (echo["status"], echo["conversa_id"]) == ("vinculada", conversations[1])
    assert await julia.states(conversations[0]) == ["processando"]
    # An address never seen can be of either: the answer will tell.
    unknown = await julia.echo("oi", identities=[lid("99009")], key_id="W9")
    assert unknown["status"] == "vinculada"  # only the first is left
    assert (await julia.record(claims[0], provider_message_id="W9"))["status"] == "ja_resolvida"


async def test_an_ambiguous_echo_waits_for_the_answer(julia: Julia) -> None:
    conversations = [await julia.talk("oi"), await julia.talk("oi", number=OTHER)]
    claims = [await julia.claim(c) for c in conversations]

    echo = await julia.echo("oi", identities=[lid("99009")], key_id="W1")
    assert (echo["status"], echo["retry_in_ms"]) == ("aguardar", 500)

    await julia.record(claims[1], provider_message_id="W1")
    echo = await julia.echo("oi", identities=[lid("99009")], key_id="W1")
    assert echo["status"] == "conhecida"
    assert await julia.value("select count(*) from medicos") == 2


async def test_an_address_that_may_be_the_same_persons_waits_for_the_answer(julia: Julia) -> None:
    """The doctor is known twice, by phone and by LID, and nothing has told yet that it is one."""
    conversa = await julia.talk("oi")
    by_lid = (await julia.receive(identities=[lid("77001")]))["conversa_id"]
    claim = await julia.claim(conversa)

    echo = {"text": "oi", "identities": [lid("77001")], "key_id": "W1"}
    assert (await julia.echo(**echo))["status"] == "aguardar"

    await julia.record(claim, provider_message_id="W1")
    assert (await julia.echo(**echo))["status"] == "conhecida"
    assert (await julia.conversation(by_lid))["controlled_by"] == "ai"


async def test_a_record_by_such_an_address_is_evidence(julia: Julia) -> None:
    claim = await julia.uncertain(await julia.talk("oi"))
    await julia.receive(identities=[lid("77001")])

    found = await julia.settle(
        claim, "positiva", provider_message_id="W1", identities=[lid("77001")]
    )

    assert found["status"] == "enviada"


async def test_of_two_attempts_that_it_may_belong_to_neither_gets_it(julia: Julia) -> None:
    by_phone = await julia.talk("oi")
    by_lid = (await julia.receive(identities=[lid("77001")]))["conversa_id"]
    await julia.answer(by_lid, "oi")
    claims = [await julia.uncertain(by_phone), await julia.uncertain(by_lid)]
    record = {"provider_message_id": "W1", "identities": [lid("77001")]}

    assert (await julia.settle(claims[0], "positiva", **record))["status"] == "aguardar"

    # The other one, whose address it is, settles first; then it is that one's.
    assert (await julia.settle(claims[1], "positiva", **record))["status"] == "enviada"
    assert (await julia.settle(claims[0], "positiva", **record))["status"] == "id_de_outro"


async def test_the_answers_address_is_learnt(julia: Julia) -> None:
    conversa = await julia.talk("oi")
    claim = await julia.claim(conversa)

    await julia.record(claim, provider_message_id="W1", remote_jid="551188887777@s.whatsapp.net")

    again = await julia.receive(identities=[phone("551188887777")])
    assert again["conversa_id"] == conversa


async def test_what_was_certainly_not_sent_does_not_claim_a_later_echo(julia: Julia) -> None:
    conversa = await julia.talk("oi")
    claim = await julia.claim(conversa)
    await julia.record(claim, "nao_enviada", permanent=True, motivo="exists:false")
    await julia.later(minutes=3)

    assert (await julia.echo("oi"))["status"] == "assumida"

    assert await julia.states(conversa) == ["erro"]


async def test_other_words_are_a_persons_even_while_a_send_is_open(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.claim(conversa)

    assert (await julia.echo("Oi, aqui é a Bia", key_id="P1"))["status"] == "assumida"

    assert (await julia.record(claim))["fila_status"] == "enviada"
    assert await julia.states(conversa) == ["enviada", "cancelada"]


async def test_what_left_before_the_claim_is_no_evidence_for_it(julia: Julia) -> None:
    conversa = await julia.talk("oi")
    claim = await julia.claim(conversa)
    typed = {"key_id": "P1", "provider_at": julia.ago(minutes=1).isoformat()}

    assert (await julia.echo("oi", **typed))["status"] == "aguardar"
    await julia.record(claim, provider_message_id="W1")

    assert (await julia.echo("oi", **typed))["status"] == "assumida"


async def test_an_echo_by_a_clock_that_is_behind_is_not_taken_for_a_person(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    echo = {"key_id": "W1", "provider_at": julia.ago(minutes=10).isoformat()}

    assert (await julia.echo("um", **echo))["status"] == "aguardar"
    await julia.record(claim, provider_message_id="W1")

    assert (await julia.echo("um", **echo))["status"] == "conhecida"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_two_negatives_thirty_seconds_apart_allow_one_resend(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    first = await julia.uncertain(conversa)

    assert (await two_negatives(julia, first))["status"] == "reenviar"

    second = await julia.claim(conversa)
    assert (second["conteudo"], second["tentativa"]) == ("um", 2)
    await julia.record(second, "incerta")
    assert (await two_negatives(julia, second))["status"] == "estacionada"
    parts = await julia.parts(conversa)
    assert [p["outcome"] for p in parts] == ["PARKED", "TURN_FAILED"]
    assert await julia.value("select trigger_type from handoffs") == "envio_incerto"
    assert (await julia.claim(conversa))["status"] == "vazio"
    # Both attempts count: either may yet arrive.
    assert await julia.value("select count(*) from envios where conta") == 2


async def test_negatives_that_come_too_soon_do_not_count(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.uncertain(conversa)

    await julia.later(seconds=16)  # 2 s + 10 s + 5 s are not over
    await julia.settle(claim, "negativa")
    await julia.later(seconds=4)
    await julia.settle(claim, "negativa")
    await julia.later(seconds=29)
    soon = await julia.settle(claim, "negativa")

    assert soon["status"] == "aguardar"
    assert soon["next_in_ms"] <= 1000
    assert await julia.states(conversa) == ["incerta"]


async def test_a_strict_number_never_sends_again(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.uncertain(conversa)

    assert (await two_negatives(julia, claim, strict=True))["status"] == "estacionada"


@pytest.mark.parametrize(("reachable", "seconds"), [(True, 90), (False, 900)])
async def test_without_any_evidence_a_person_decides(
    julia: Julia, reachable: bool, seconds: int
) -> None:
    conversa = await julia.talk("um")
    claim = await julia.uncertain(conversa)

    await julia.later(seconds=seconds - 5)
    assert (await julia.settle(claim, "nenhuma", reachable=reachable))["status"] == "aguardar"
    await julia.later(seconds=6)
    assert (await julia.settle(claim, "nenhuma", reachable=reachable))["status"] == "estacionada"

    assert await julia.states(conversa) == ["estacionada"]
    assert (await julia.conversation(conversa))["controlled_by"] == "human"


async def test_late_evidence_of_a_parked_send_is_recorded(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.uncertain(conversa)
    await two_negatives(julia, claim, strict=True)

    assert (await julia.echo("um"))["status"] == "vinculada"

    assert await julia.states(conversa) == ["enviada"]


async def test_the_first_attempts_echo_after_the_resend_is_no_third_message(julia: Julia) -> None:
    """It arrives while the resend is open; that one then turns out not to have been sent."""
    conversa = await julia.talk("um")
    first = await julia.uncertain(conversa)
    sent_at = julia.now()
    await two_negatives(julia, first)
    second = await julia.claim(conversa)

    echo = await julia.echo("um", key_id="W1", provider_at=sent_at.isoformat())
    assert echo["status"] == "vinculada"
    recorded = await julia.record(second, "nao_enviada", motivo="conexão recusada")

    assert recorded["fila_status"] == "enviada"
    assert (await julia.claim(conversa))["status"] == "vazio"
    owner = await julia.value("select claim_id from sent_ids where key_id = 'W1'")
    assert str(owner) == first["claim_id"]


@pytest.mark.parametrize("ending", ["answer", "incerta", "release", "death"])
async def test_a_resend_ends_well_when_the_first_attempt_had_arrived(
    julia: Julia, ending: str
) -> None:
    conversa = await julia.talk("um")
    first = await julia.uncertain(conversa)
    sent_at = julia.now()
    await two_negatives(julia, first)
    second = await julia.claim(conversa)
    await julia.echo("um", key_id="W1", provider_at=sent_at.isoformat())

    match ending:
        case "answer":
            await julia.record(second, provider_message_id="W2")
        case "incerta":
            await julia.record(second, "incerta")
        case "release":
            await julia.call("release_claim", claim_id=second["claim_id"], motivo="tarde")
        case "death":
            await julia.later(seconds=13)
            await uncertain_sends(julia)

    assert await julia.states(conversa) == ["enviada"]
    await julia.later(minutes=5)
    assert await uncertain_sends(julia) == []
    assert await julia.value("select count(*) from interacoes where tipo = 'saida'") == 1
    if ending != "release":
        # Should the second have gone too, its echo is known for ours.
        assert (await julia.echo("um", key_id="W2"))["status"] in {"vinculada", "conhecida"}


async def test_the_answer_corrects_an_echo_bound_to_the_other_attempt(julia: Julia) -> None:
    conversa = await julia.talk("um")
    first = await julia.uncertain(conversa)
    sent_at = julia.now()
    await two_negatives(julia, first)
    second = await julia.claim(conversa)
    # Its time is wrong: it looks like the first attempt's.
    await julia.echo("um", key_id="W2", provider_at=sent_at.isoformat())

    recorded = await julia.record(second, provider_message_id="W2")

    assert recorded["fila_status"] == "enviada"
    owner = await julia.value("select claim_id from sent_ids where key_id = 'W2'")
    assert str(owner) == second["claim_id"]


@pytest.mark.parametrize("result", ["enviada", "nao_enviada"])
async def test_a_stopped_dispatchers_record_counts_when_it_comes_late(
    julia: Julia, result: str
) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    await julia.later(seconds=30)
    await uncertain_sends(julia)

    recorded = await julia.record(claim, result)

    assert recorded["status"] == "registrada"
    assert await julia.states(conversa) == ["enviada" if result == "enviada" else "pendente"]
    await julia.later(minutes=1)
    assert await uncertain_sends(julia) == []


async def test_a_record_after_the_resend_was_allowed_does_not_undo_it(julia: Julia) -> None:
    conversa = await julia.talk("um")
    first = await julia.uncertain(conversa)
    await two_negatives(julia, first)

    assert (await julia.record(first, "nao_enviada"))["status"] == "ja_resolvida"
    assert await julia.states(conversa) == ["pendente"]
    assert (await julia.record(first, "enviada"))["fila_status"] == "enviada"
    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_the_lent_row_tells_what_is_needed_to_search(julia: Julia) -> None:
    other = await julia.claim(await julia.talk("um", number=OTHER))
    await julia.record(other, provider_message_id="W0")
    claim = await julia.uncertain(await julia.talk("um"))
    await julia.later(seconds=18)

    (send,) = await uncertain_sends(julia)

    assert send["claim_id"] == claim["claim_id"]
    assert send["destino"] == PHONE
    assert send["last_known_key_id"] == "W0"
    assert send["bound_key_ids"] == ["W0"]
    assert send["text_hash"] == claim["text_hash"]


async def test_a_dead_dispatchers_canary_just_goes_again(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.sql(
        """
        insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                    conteudo, control_epoch)
        select medico_id, id, instance, 1, 1, 'canary', 'canary', 'canário', 0 from conversations
        """
    )
    await julia.claim(conversa)
    await julia.later(seconds=30)

    assert await uncertain_sends(julia) == []
    assert (await julia.claim(conversa))["canary"]
