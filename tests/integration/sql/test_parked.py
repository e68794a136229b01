"""Nobody knows whether it arrived: a person decides, once, and that is written down."""

import uuid
from typing import Any

import asyncpg
import pytest
from tests.integration.sql.conftest import PHONE, Julia, together
from tests.integration.sql.courting import MONDAY, Courting

pytestmark = pytest.mark.integration


async def parked(julia: Julia, *parts: str) -> tuple[str, str]:
    """A conversation whose first part is parked, and that part's id."""
    conversa = await julia.talk(*parts or ("Tem plantão sim.",))
    fila_id = str((await julia.parts(conversa))[0]["id"])
    await doubt(julia, conversa)
    return conversa, fila_id


async def doubt(julia: Julia, conversa: str) -> Any:
    claim = await julia.uncertain(conversa)
    await julia.later(seconds=100)
    assert (await julia.settle(claim, "nenhuma"))["status"] == "estacionada"
    return claim


async def decide(julia: Julia, fila_id: str, decisao: str = "liberar", por: str = "ana") -> Any:
    return await julia.call("decidir_envio", fila_id=fila_id, decisao=decisao, por=por)


async def status(julia: Julia, fila_id: str) -> str:
    return await julia.value("select status from fila_mensagens where id = $1", uuid.UUID(fila_id))


async def test_managers_are_told_of_a_parked_send_without_its_words(julia: Julia) -> None:
    _, fila_id = await parked(julia)

    (notice,) = await julia.sql(
        "select tipo, dados::text as dados from notificacoes_gestor "
        "where tipo = 'envio_estacionado'"
    )

    assert notice["tipo"] == "envio_estacionado"
    assert fila_id in notice["dados"]
    assert "plantão" not in notice["dados"]
    assert PHONE not in notice["dados"]


async def test_a_released_send_goes_though_a_person_has_the_conversation(julia: Julia) -> None:
    conversa, fila_id = await parked(julia, "um", "dois")
    assert (await julia.conversation(conversa))["controlled_by"] == "human"

    decided = await decide(julia, fila_id)

    assert (decided["status"], decided["doorbell"]) == ("liberada", True)
    claim = await julia.claim(conversa)
    assert (claim["fila_id"], claim["tentativa"]) == (fila_id, 2)
    await julia.record(claim)
    assert await julia.states(conversa) == ["enviada", "cancelada"]
    audit = await julia.sql("select decisao, por from decisoes_envio")
    assert [tuple(row) for row in audit] == [("liberar", "ana")]


async def test_a_dropped_send_is_not_sent(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)

    assert (await decide(julia, fila_id, "descartar"))["status"] == "descartada"

    assert await julia.states(conversa) == ["cancelada"]
    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_of_many_who_decide_the_first_one_does(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)

    answers = await together(
        10, lambda n: decide(julia, fila_id, ("liberar", "descartar")[n % 2], f"gestor {n}")
    )

    (first,) = [a for a in answers if a["status"] in {"liberada", "descartada"}]
    late = [a for a in answers if a["status"] == "ja_decidida"]
    assert len(late) == 9
    (audit,) = await julia.sql("select decisao, por from decisoes_envio")
    assert {(a["decisao"], a["por"]) for a in late} == {tuple(audit)}
    assert await status(julia, fila_id) == first["fila_status"]
    assert len(await julia.parts(conversa)) == 1


async def test_a_release_is_good_for_one_attempt(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)
    await decide(julia, fila_id)

    # Looked for twice and not found: sent no third time.
    claim = await julia.uncertain(conversa)
    await julia.later(seconds=20)
    await julia.settle(claim, "negativa")
    await julia.later(seconds=31)
    assert (await julia.settle(claim, "negativa"))["status"] == "estacionada"

    assert (
        await julia.value(
            "select count(*) from notificacoes_gestor where tipo = 'envio_estacionado'"
        )
        == 2
    )
    assert (await decide(julia, fila_id, "descartar"))["status"] == "descartada"
    assert await julia.value("select count(*) from decisoes_envio") == 2


async def test_what_turns_out_to_have_arrived_is_not_sent_again(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)
    await decide(julia, fila_id)

    assert (await julia.echo("Tem plantão sim."))["status"] == "vinculada"

    assert await status(julia, fila_id) == "enviada"
    assert (await julia.claim(conversa))["status"] == "vazio"


async def test_what_was_dropped_and_yet_arrived_is_sent(julia: Julia) -> None:
    _, fila_id = await parked(julia)
    await decide(julia, fila_id, "descartar")

    assert (await julia.echo("Tem plantão sim."))["status"] == "vinculada"

    assert await status(julia, fila_id) == "enviada"


async def test_to_who_has_opted_out_nothing_is_released(julia: Julia) -> None:
    _, fila_id = await parked(julia)
    await julia.opt_out_by_sql()

    refused = await decide(julia, fila_id)

    assert (refused["status"], refused["motivo"]) == ("recusada", "BLOCKED_OPTED_OUT")
    assert await status(julia, fila_id) == "estacionada"
    assert (await decide(julia, fila_id, "descartar"))["status"] == "descartada"


async def test_an_opt_out_after_the_release_stops_it(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)
    await decide(julia, fila_id)
    await julia.opt_out_by_sql()

    assert (await julia.claim(conversa))["status"] == "vazio"
    assert await status(julia, fila_id) == "cancelada"


async def test_a_pause_and_a_full_ceiling_hold_a_released_send_too(julia: Julia) -> None:
    conversa, fila_id = await parked(julia)
    await decide(julia, fila_id)

    await julia.pause()
    assert (await julia.claim(conversa))["motivo"] == "pausa"
    await julia.resume()
    assert (await julia.claim(conversa, max_hora=0))["motivo"] == "teto_hora"
    await julia.later(minutes=31)
    assert (await julia.claim(conversa))["motivo"] == "vencida"


async def courted(julia: Julia, **more: Any) -> tuple[Courting, str]:
    """A campaign's message to one doctor that is parked; with its conversation."""
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1)
    await courting.start(**more)
    await courting.feed()
    conversa = str((await courting.outbox())[0]["conversa_id"])
    await doubt(julia, conversa)
    return courting, conversa


async def of(courting: Courting, kind: str = "campanha") -> str:
    return str((await courting.outbox(kind))[0]["id"])


async def test_a_released_campaign_message_goes_after_its_campaign_has_ended_and_an_answer(
    julia: Julia,
) -> None:
    courting, conversa = await courted(julia)
    await courting.reply(1)
    released = await decide(julia, await of(courting))
    # Nothing is left of it to send.
    await courting.feed()
    assert await julia.value("select status from campanhas") == "concluida"

    assert released["status"] == "liberada"
    claim = await courting.claim(conversa)
    assert (claim["status"], claim["kind"]) == ("enviar", "campanha")


async def test_a_released_follow_up_goes(julia: Julia) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.doctor(1)
    await courting.start()
    await courting.run()
    await julia.later(days=2, minutes=1)
    assert await courting.plan() == 1
    conversa = str((await courting.outbox("followup"))[0]["conversa_id"])
    await doubt(julia, conversa)

    assert (await decide(julia, await of(courting, "followup")))["status"] == "liberada"
    assert (await courting.claim(conversa))["kind"] == "followup"


async def test_an_answer_after_the_release_of_a_campaign_message_stops_it(julia: Julia) -> None:
    courting, conversa = await courted(julia)
    await decide(julia, await of(courting))
    await julia.receive(courting.phone(1), "👍", tipo="reacao", instance="outro")

    assert (await courting.claim(conversa))["status"] == "vazio"
    assert (await courting.outbox())[0]["outcome"] == "SUPERSEDED"


async def test_a_paused_campaign_holds_what_is_released_and_a_cancelled_one_releases_nothing(
    julia: Julia,
) -> None:
    courting, conversa = await courted(julia)
    await courting.doctor(2)
    await courting.start()
    await julia.sql("update campanhas set status = 'pausada'")
    await decide(julia, await of(courting))
    assert (await julia.claim(conversa))["motivo"] == "campanha_pausada"
    await julia.sql("update campanhas set status = 'ativa'")
    await doubt(julia, conversa)
    await julia.sql("update campanhas set status = 'cancelada'")

    refused = await decide(julia, await of(courting))

    assert (refused["status"], refused["motivo"]) == ("recusada", "BLOCKED_CAMPAIGNS_DISABLED")
    assert (await decide(julia, await of(courting), "descartar"))["status"] == "descartada"


async def test_an_offer_of_a_shift_that_is_gone_is_not_released(julia: Julia) -> None:
    vaga = await Courting(julia).shifts.offer(20)
    courting, _ = await courted(julia, tipo="oferta", vaga_id=uuid.UUID(str(vaga)))
    await julia.sql("update vagas set status = 'fechada'")

    refused = await decide(julia, await of(courting))

    assert (refused["status"], refused["motivo"]) == ("recusada", "SUPERSEDED")


async def test_there_is_nothing_to_decide_on_what_is_not_parked(julia: Julia) -> None:
    conversa = await julia.talk("um")
    fila_id = str((await julia.parts(conversa))[0]["id"])

    answer = await decide(julia, fila_id)

    assert (answer["status"], answer["fila_status"]) == ("nao_estacionada", "pendente")
    assert await julia.value("select count(*) from decisoes_envio") == 0


async def test_a_slip_of_the_pen_is_told(julia: Julia) -> None:
    unknown = str(uuid.uuid4())
    error = await julia.refusal("decidir_envio", fila_id=unknown, decisao="liberar", por="ana")
    assert (error.sqlstate, unknown in str(error)) == ("P0002", True)
    for wrong in ({"decisao": "soltar"}, {"por": ""}, {"fila_id": "x"}):
        arguments = {"fila_id": unknown, "decisao": "liberar", "por": "ana"} | wrong
        error = await julia.refusal("decidir_envio", **arguments)
        assert isinstance(error, asyncpg.InvalidParameterValueError)


async def test_how_uncertain_sends_were_settled_is_counted(julia: Julia) -> None:
    await parked(julia)
    found = await julia.talk("oi", number="5521977776666")
    await julia.uncertain(found)
    await julia.later(seconds=32)
    await julia.echo("oi", number="5521977776666")
    await julia.record(await julia.claim(await julia.talk("um", number="5531966665555")))

    backlog = await julia.call("backlog")

    assert (backlog["uncertain"], backlog["parked"]) == (0, 1)
    assert (backlog["uncertain_settled_24h"], backlog["uncertain_evidenced_24h"]) == (2, 1)
    # Twelve seconds an attempt takes: 20 s and 88 s.
    assert 50 < backlog["uncertain_median_s"] < 70
    await julia.later(days=1)
    assert (await julia.call("backlog"))["uncertain_median_s"] is None
