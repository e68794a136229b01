"""`controlled_by`, whoever changes it and how, has the same effects."""

import pytest
from tests.integration.sql.conftest import Julia, together

pytestmark = pytest.mark.integration


async def test_the_runbooks_update_stops_julia_and_tells_the_doctor(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.receive(text="ainda?")

    await julia.take_over_by_sql(conversa)

    row = await julia.conversation(conversa)
    assert (row["status"], row["control_epoch"], row["due_at"]) == ("escalated", 1, None)
    assert await julia.situations(conversa) == ["respondida", "humano"]
    assert await julia.states(conversa) == ["cancelada", "cancelada", "pendente"]
    assert (await julia.claim(conversa))["kind"] == "handoff_notice"
    handoff = (await julia.sql("select * from handoffs"))[0]
    assert (handoff["trigger_type"], handoff["motivo"]) == ("manual", "Handoff manual")


async def test_the_doctor_is_told_once_for_each_takeover(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]

    async def take(n: int):
        if n % 2:
            return await julia.take_over_by_sql(conversa)
        return await julia.call(
            "take_over", conversa_id=conversa, trigger_type="manual", motivo="x", notify=True
        )

    await together(10, take)
    assert [p["kind"] for p in await julia.parts(conversa)] == ["handoff_notice"]

    await julia.record(await julia.claim(conversa))
    await julia.give_back(conversa)
    await julia.take_over_by_sql(conversa)
    assert (await julia.claim(conversa))["kind"] == "handoff_notice"
    assert [p["kind"] for p in await julia.parts(conversa)] == ["handoff_notice"] * 2


async def test_given_back_before_it_went_the_notice_is_void(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)

    await julia.give_back(conversa)

    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await julia.value("select status from handoffs") == "resolvido"
    await julia.receive(text="oi de novo")
    await julia.answer(conversa)
    assert (await julia.claim(conversa))["kind"] == "reply"


async def test_a_takeover_while_a_send_is_open_waits_for_nothing(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    claim = await julia.claim(conversa)

    await julia.take_over_by_sql(conversa)

    # What was claimed before the stop may start; the rest is void.
    assert (await julia.record(claim))["fila_status"] == "enviada"
    assert await julia.states(conversa) == ["enviada", "cancelada", "pendente"]


async def test_what_was_not_sent_after_a_takeover_is_not_tried_again(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    await julia.call(
        "take_over", conversa_id=conversa, trigger_type="manual", motivo="x", notify=False
    )

    await julia.record(claim, "nao_enviada", motivo="refused")
    await julia.later(seconds=60)

    assert (await julia.claim(conversa))["status"] == "vazio"
    assert (await julia.parts(conversa))[0]["outcome"] == "BLOCKED_HUMAN_CONTROL"


async def test_a_person_typing_on_the_phone_takes_over_untold(julia: Julia) -> None:
    conversa = await julia.talk("resposta")

    answer = await julia.echo("Oi, aqui é a Bia", source="messages.upsert", key_id="P1")

    assert (answer["status"], answer["conversa_id"], answer["doorbell"]) == (
        "assumida",
        conversa,
        False,
    )
    assert await julia.states(conversa) == ["cancelada"]
    again = await julia.echo("Oi, aqui é a Bia", source="messages.upsert", key_id="P1")
    assert again["status"] == "conhecida"
    said = await julia.value("select conteudo from interacoes where autor_tipo = 'gestor'")
    assert said == "Oi, aqui é a Bia"


async def test_what_was_typed_long_ago_takes_nothing_over(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]

    answer = await julia.echo("Oi!", source="catchup", provider_at=julia.ago(hours=25).isoformat())

    assert answer["status"] == "ignorada"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


@pytest.mark.parametrize("paused", [False, True])
async def test_a_persons_message_passes_pause_and_uncertain_sends(
    julia: Julia, paused: bool
) -> None:
    conversa = await julia.talk("um")
    await julia.uncertain(conversa)
    await julia.take_over_by_sql(conversa)
    await julia.write_as_person(conversa, "Oi, aqui é a Bia")
    if paused:
        await julia.pause()

    claim = await julia.claim(conversa)

    assert (claim["status"], claim["kind"]) == ("enviar", "human_agent")
    await julia.record(claim)
    # Julia's own notice still waits for the uncertain send.
    assert (await julia.claim(conversa))["motivo"] == "envio_em_aberto"


async def test_a_persons_messages_go_one_by_one_in_order(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.record(await julia.claim(conversa))  # the notice
    await julia.write_as_person(conversa, "um")
    await julia.write_as_person(conversa, "dois")

    first = await julia.claim(conversa)
    assert first["conteudo"] == "um"
    assert (await julia.claim(conversa))["motivo"] == "envio_em_aberto"
    await julia.record(first)
    assert (await julia.claim(conversa))["conteudo"] == "dois"


async def test_an_unknown_reason_for_a_takeover_is_refused(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]

    error = await julia.refusal(
        "take_over", conversa_id=conversa, trigger_type="?", motivo="x", notify=True
    )

    assert error.sqlstate == "22023"
