"""The next part goes once, in order, and only while it may."""

import uuid

import pytest
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


async def ring(julia: Julia, limit: int = 100) -> list[str]:
    answer = await julia.call("due_doorbells", limit=limit)
    return [bell["conversa_id"] for bell in answer["conversas"]]


async def test_of_thirty_that_claim_one_sends(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")

    answers = await together(30, lambda _: julia.claim(conversa))

    sent = [a for a in answers if a["status"] == "enviar"]
    assert [a["conteudo"] for a in sent] == ["um"]
    refused = {a["motivo"] for a in answers if a["status"] == "recusado"}
    assert refused <= {"envio_em_aberto", "ocupada"}


async def test_a_repeated_claim_is_the_same_claim(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim_id = str(uuid.uuid4())

    answers = await together(10, lambda _: julia.claim(conversa, claim_id))

    assert {a["fila_id"] for a in answers if a["status"] == "enviar"} == {
        str((await julia.parts(conversa))[0]["id"])
    }
    assert await julia.value("select count(*) from envios") == 1
    await julia.record(await julia.claim(conversa, claim_id))
    assert (await julia.claim(conversa, claim_id))["motivo"] == "ja_resolvida"


async def test_parts_and_turns_go_in_order(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.receive(text="mais")
    await julia.answer(conversa, "três")

    said = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        said.append(claim["conteudo"])
        recorded = await julia.record(claim)
        assert recorded["mais"] == (len(said) < 3) == claim["mais"]
    assert said == ["um", "dois", "três"]
    history = await julia.sql(
        "select conteudo from interacoes where tipo = 'saida' order by provider_at"
    )
    assert [row["conteudo"] for row in history] == said


async def test_a_record_may_be_repeated(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)

    answers = await together(10, lambda _: julia.record(claim, provider_message_id="W1"))

    assert {a["fila_status"] for a in answers} == {"enviada"}
    assert sorted(a["status"] for a in answers) == ["ja_resolvida"] * 9 + ["registrada"]
    assert await julia.value("select count(*) from interacoes where tipo = 'saida'") == 1
    assert (await julia.conversation(conversa))["message_count"] == 2


async def test_a_released_claim_goes_again_and_costs_nothing(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa, max_hora=1)

    assert (await julia.call("release_claim", claim_id=claim["claim_id"], motivo="tarde")) == {
        "status": "liberada"
    }

    again = await julia.claim(conversa, max_hora=1)
    assert (again["fila_id"], again["tentativa"]) == (claim["fila_id"], 2)
    late = await julia.call("release_claim", claim_id=claim["claim_id"], motivo="tarde")
    assert late["status"] == "ja_resolvida"
    assert await julia.states(conversa) == ["processando"]


async def test_what_was_not_sent_is_tried_again_later_and_later(julia: Julia) -> None:
    conversa = await julia.talk("um")
    waits = []
    for _ in range(5):
        claim = await julia.claim(conversa)
        recorded = await julia.record(claim, "nao_enviada", motivo="conexão recusada")
        assert recorded["fila_status"] == "pendente"
        waits.append(recorded["retry_in_ms"])
        assert (await julia.claim(conversa))["motivo"] == "nova_tentativa"
        await julia.later(milliseconds=recorded["retry_in_ms"])

    assert waits == [2000, 4000, 8000, 15000, 15000]
    assert await julia.value("select count(*) from envios where conta") == 0


async def test_what_can_never_be_sent_ends_the_turn_and_brings_a_person(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois", "três")
    await julia.record(await julia.claim(conversa))

    recorded = await julia.record(
        await julia.claim(conversa), "nao_enviada", permanent=True, motivo="exists:false"
    )

    assert recorded["fila_status"] == "erro"
    parts = await julia.parts(conversa)
    assert [p["status"] for p in parts] == ["enviada", "erro", "cancelada"]
    assert parts[2]["outcome"] == "TURN_FAILED"
    assert await julia.value("select trigger_type from handoffs") == "falha_envio"
    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_a_failed_notice_changes_nothing_else(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)

    await julia.record(await julia.claim(conversa), "nao_enviada", permanent=True, motivo="404")

    assert await julia.states(conversa) == ["erro"]
    assert await julia.value("select count(*) from handoffs") == 1


async def test_a_late_start_is_counted(julia: Julia) -> None:
    conversa = await julia.talk("um")

    await julia.record(await julia.claim(conversa), start_delay_ms=2001)

    assert await julia.value("select late_start from envios")


async def test_a_reply_that_nobody_rang_for_is_rung_for(julia: Julia) -> None:
    conversa = await julia.talk("um")
    assert await ring(julia) == []
    await julia.later(seconds=3)

    bells = await together(5, lambda _: ring(julia))

    assert sorted(bells) == [[]] * 4 + [[conversa]]
    await julia.later(seconds=6)
    assert await ring(julia) == [conversa]


async def test_what_a_pause_covers_is_not_rung_for(julia: Julia) -> None:
    """Fifty-nine that must wait do not keep the one that may go from being rung for."""
    for n in range(59):
        await julia.talk("um", number=f"55119{n:08d}")
    person = (await julia.receive("5521977776666"))["conversa_id"]
    await julia.take_over_by_sql(person)
    await julia.pause()
    await julia.later(seconds=5)
    await julia.write_as_person(person, "Oi, aqui é a Bia")

    assert await ring(julia, limit=10) == [person]

    await julia.resume()
    assert len(await ring(julia)) == 60  # the notice to the person's doctor as well


async def test_a_reply_that_waited_too_long_is_not_sent_but_handed_over(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.later(minutes=31)

    assert (await julia.claim(conversa))["motivo"] == "vencida"
    done = await together(3, lambda _: julia.call("expire_replies", limit=10))

    assert sorted(d["transferidas"] for d in done) == [0, 0, 1]
    assert {p["outcome"] for p in await julia.parts(conversa)} == {"EXPIRED"}
    assert await julia.value("select trigger_type from handoffs") == "resposta_vencida"


async def test_a_notice_that_waited_too_long_is_dropped(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.later(minutes=31)

    done = await julia.call("expire_replies", limit=10)

    assert done["transferidas"] == 0
    assert await julia.states(conversa) == ["cancelada"]


async def test_an_unknown_claim_or_conversation_is_named(julia: Julia) -> None:
    unknown = str(uuid.uuid4())
    calls = (
        ("release_claim", {"claim_id": unknown}),
        ("record_send", {"claim_id": unknown, "result": "incerta", "start_delay_ms": 1}),
        ("settle_send", {"claim_id": unknown, "evidence": "nenhuma"}),
        ("begin_turn", {"conversa_id": unknown, "token": unknown, "owner": unknown}),
    )
    for function, arguments in calls:
        error = await julia.refusal(function, **arguments)
        assert (error.sqlstate, unknown in str(error)) == ("P0002", True)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        (["READ", "DELIVERY_ACK", "SERVER_ACK"], "READ"),
        (["PENDING", "ERROR"], "ERROR"),
        (["ERROR", "SERVER_ACK"], "SERVER_ACK"),
    ],
)
async def test_an_acknowledgement_is_never_lowered(
    julia: Julia, status: list[str], kept: str
) -> None:
    conversa = await julia.talk("um")
    await julia.record(await julia.claim(conversa), provider_message_id="W1")

    for each in status:
        answer = await julia.call("record_ack", instance="julia-teste", key_id="W1", status=each)
        assert answer["status"] == "registrado"

    assert (await julia.parts(conversa))[0]["ack_status"] == kept
    unknown = await julia.call("record_ack", instance="julia-teste", key_id="?", status="READ")
    assert unknown["status"] == "desconhecida"
