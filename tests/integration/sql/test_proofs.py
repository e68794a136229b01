"""The nightly proofs find what must never happen, and nothing else.

A day of real sends is made first; then the record is changed as a defect would have changed it.
"""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.sql.conftest import CEILINGS, INSTANCE, PHONE, Julia

pytestmark = pytest.mark.integration


async def proofs(julia: Julia, **p: Any) -> dict[str, int]:
    """The violations by name, without those that were not found."""
    arguments = {
        "de": julia.ago(days=30).isoformat(),
        "ate": julia.now().isoformat(),
        "max_hora": CEILINGS["max_hora"],
        "max_dia": CEILINGS["max_dia"],
    }
    found = await julia.call("nightly_proofs", **(arguments | p))
    return {name: proof["violacoes"] for name, proof in found.items() if proof["violacoes"]}


async def send(julia: Julia, *parts: str, number: str = PHONE) -> str:
    conversa = await julia.talk(*(parts or ("Oi!",)), number=number)
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        await julia.record(claim)
    return conversa


async def change_kind(julia: Julia, kind: str) -> None:
    await julia.sql("update fila_mensagens set kind = $1", kind)
    await julia.sql("update envios set kind = $1", kind)


async def claimed_now(julia: Julia) -> None:
    await julia.sql("update envios set claimed_at = api.agora()")
    await julia.later(seconds=1)


async def test_a_day_as_it_should_be_has_no_violation(julia: Julia) -> None:
    await send(julia, "Tem sim.", "Quer que eu veja?")
    await julia.pause()
    await julia.resume()
    conversa = await send(julia, number="5511977776666")
    await julia.take_over_by_sql(conversa)
    assert (await julia.claim(conversa))["status"] == "enviar"  # the notice of it
    await julia.opt_out_by_sql()

    assert await proofs(julia) == {}


async def test_a_send_after_an_opt_out_is_found_unless_the_doctor_wrote_again(
    julia: Julia,
) -> None:
    await send(julia)
    await julia.opt_out_by_sql()
    await julia.later(seconds=10)
    await claimed_now(julia)
    # Found although the doctor may be written to again by now.
    await julia.sql("update medicos set opted_out = false")
    assert await proofs(julia) == {"envio_apos_optout": 1}

    await julia.receive(text="mudei de ideia")
    await claimed_now(julia)
    assert await proofs(julia) == {}


async def test_what_we_wrote_of_our_own_accord_in_a_month_of_rest_is_found(julia: Julia) -> None:
    await julia.receive()
    await julia.sql("update medicos set sem_contato_ate = api.agora() + interval '3 days'")
    await julia.later(seconds=10)
    await send(julia)
    assert await proofs(julia) == {}

    await change_kind(julia, "oferta")

    assert "envio_apos_optout" in await proofs(julia)


@pytest.mark.parametrize(
    ("scope", "minutes", "found"),
    [
        ("{}", None, True),
        (f'{{"instancia": "{INSTANCE}"}}', None, True),
        ('{"estado": "SP"}', None, True),
        ('{"estado": "RJ"}', None, False),
        ("{}", 60, True),
        ("{}", 10, False),  # it had ended by itself
    ],
)
async def test_a_send_in_a_pause_that_covers_it_is_found(
    julia: Julia, scope: str, minutes: int | None, *, found: bool
) -> None:
    await julia.receive()
    await julia.sql("update medicos set estado = 'SP'")
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo, ate) "
        "values ('pausado', 'teste', 'manual', $1, api.agora() + make_interval(mins => $2))",
        scope,
        minutes,
    )
    await julia.later(minutes=30)
    in_the_pause = julia.now()
    await julia.resume()
    await send(julia)
    assert await proofs(julia) == {}

    await julia.sql("update envios set claimed_at = $1", in_the_pause)

    assert await proofs(julia) == ({"envio_apos_parada": 1} if found else {})


async def test_what_is_learned_of_a_doctor_later_accuses_no_send(julia: Julia) -> None:
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo) "
        """values ('pausado', 'teste', 'manual', '{"estado": "SP"}')"""
    )
    await julia.later(seconds=5)
    await send(julia)

    await julia.sql("update medicos set estado = 'SP'")

    assert await proofs(julia) == {}


async def test_a_pause_that_another_replaced_covers_no_send(julia: Julia) -> None:
    await julia.receive()
    await julia.sql("update medicos set estado = 'RJ'")
    resource = {"uid": str(uuid.uuid4()), "namespace": "julia", "nome": "x", "reason": "teste"}
    for generation, scope in enumerate(({}, {"estado": "SP"}), start=1):
        await julia.call(
            "apply_status", **resource, paused="true", generation=generation, scope=scope
        )
        await julia.later(seconds=5)

    await send(julia)

    assert await proofs(julia) == {}


async def test_a_pause_that_an_end_of_others_left_standing_covers_what_is_sent(
    julia: Julia,
) -> None:
    resource = str(uuid.uuid4())
    await julia.call(
        "apply_status",
        uid=resource,
        namespace="julia",
        nome="x",
        reason="teste",
        paused="true",
        generation=1,
        scope={},
    )
    await julia.pause()
    await julia.later(seconds=5)
    await julia.call("remove_status", uid=resource)
    await julia.later(seconds=5)
    in_the_pause = julia.now()
    await julia.later(seconds=5)
    await julia.resume()
    await send(julia)
    assert await proofs(julia) == {}

    await julia.sql("update envios set claimed_at = $1", in_the_pause)

    assert await proofs(julia) == {"envio_apos_parada": 1}


async def test_a_send_while_a_person_has_the_conversation_is_found(julia: Julia) -> None:
    conversa = await send(julia)
    await julia.take_over_by_sql(conversa)
    assert await proofs(julia) == {}

    await julia.sql("update handoffs set created_at = created_at - interval '1 hour'")

    assert await proofs(julia) == {"envio_apos_parada": 1}


async def test_a_parked_send_that_a_person_released_is_no_violation(julia: Julia) -> None:
    conversa = await julia.talk("Oi!")
    lost = await julia.uncertain(conversa)
    await julia.later(minutes=5)
    await julia.settle(lost, "nenhuma")
    part = await julia.value("select id from fila_mensagens where status = 'estacionada'")

    await julia.sql(
        "select api.decidir_envio(jsonb_build_object("
        "'fila_id', $1::text, 'decisao', 'liberar', 'por', 'Ana'))",
        str(part),
    )
    await julia.later(seconds=10)
    claim = await julia.claim(conversa)
    while claim["status"] == "enviar" and claim["fila_id"] != str(part):
        await julia.record(claim)
        claim = await julia.claim(conversa)
    assert claim["fila_id"] == str(part)
    await julia.record(claim)

    assert await proofs(julia) == {}


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-03-03 20:00", True),
        ("2026-03-03 07:59:59", True),
        ("2026-03-03 08:00", False),
        ("2026-03-07 12:00", True),  # a Saturday
        ("2026-04-03 12:00", True),  # Good Friday
    ],
)
async def test_what_goes_of_our_own_accord_outside_the_hours_of_sao_paulo_is_found(
    julia: Julia, at: str, *, found: bool
) -> None:
    await julia.sql("insert into feriados values ('2026-04-03', 'Sexta-feira Santa')")
    await send(julia)
    await change_kind(julia, "oferta")
    await julia.sql(
        "update envios set claimed_at = $1::text::timestamp at time zone 'America/Sao_Paulo'", at
    )

    assert await proofs(julia, de="2026-01-01T00:00:00Z", ate="2026-12-31T00:00:00Z") == (
        {"fora_de_horario": 1} if found else {}
    )


async def test_each_claim_that_overfills_a_sliding_window_is_found(julia: Julia) -> None:
    await send(julia, *"abcdef")
    claims = await julia.sql("select claim_id from envios order by claimed_at, tentativa")
    start = julia.now() - timedelta(hours=2)
    for n, claim in enumerate(claims):
        await julia.sql(
            "update envios set claimed_at = $2 where claim_id = $1",
            claim["claim_id"],
            start + timedelta(minutes=13 * n),
        )

    # Within an hour five fall: the first and the last are 65 minutes apart.
    assert await proofs(julia, max_hora=5) == {}
    assert await proofs(julia, max_hora=4) == {"acima_do_teto": 2}
    assert await proofs(julia, max_dia=5) == {"acima_do_teto": 1}

    # A person began the count anew between the third and the fourth.
    await julia.sql(
        "insert into tetos_reinicios (op_id, janela, por, created_at) "
        "values ($1, 'hora', 'redis', $2)",
        uuid.uuid4(),
        start + timedelta(minutes=30),
    )
    assert await proofs(julia, max_hora=4) == {}


async def test_more_of_a_kind_to_a_doctor_than_the_matrix_allows_is_found(julia: Julia) -> None:
    await send(julia, *"abcd")
    await change_kind(julia, "lembrete")

    found = await proofs(julia)

    assert found == {"acima_do_teto": 1}


async def test_a_part_that_arrived_twice_is_found_once(julia: Julia) -> None:
    await send(julia)
    await julia.sql(
        "insert into sent_ids (instance, key_id, claim_id, fila_id, evidence) "
        "select instance, 'again', claim_id, fila_id, 'echo' from envios"
    )

    assert await proofs(julia) == {"enviada_duas_vezes": 1}


async def test_a_part_that_left_after_the_next_one_is_found(julia: Julia) -> None:
    await send(julia, "primeiro", "segundo")
    await julia.sql(
        "update envios set claimed_at = claimed_at - interval '1 minute' "
        "where fila_id = (select id from fila_mensagens where part = 2)"
    )

    assert await proofs(julia) == {"fora_de_ordem": 1}


async def test_a_message_that_counts_as_answered_without_a_turn_is_found(julia: Julia) -> None:
    await send(julia)
    await julia.sql("update interacoes set turno_id = null where tipo = 'entrada'")

    assert await proofs(julia) == {"turnos_por_mensagem": 1}


async def test_only_the_time_that_is_asked_for_is_looked_at(julia: Julia) -> None:
    conversa = await send(julia)
    await julia.take_over_by_sql(conversa)
    await julia.sql("update handoffs set created_at = created_at - interval '1 hour'")

    before = await julia.value("select min(claimed_at) from envios")

    assert await proofs(julia, ate=before.isoformat()) == {}
    assert await proofs(julia, de=before.isoformat()) == {"envio_apos_parada": 1}


async def test_what_a_night_found_is_kept_once_and_managers_hear_of_violations(
    julia: Julia,
) -> None:
    night: dict[str, Any] = {"de": "2026-03-01T06:00:00Z", "ate": "2026-03-02T06:00:00Z"}
    clean = {"fora_de_horario": {"violacoes": 0, "exemplos": []}}
    broken = clean | {"fora_de_ordem": {"violacoes": 2, "exemplos": ["a", "b"]}}
    assert (await julia.call("last_proofs"))["ate"] is None

    await julia.call("record_proofs", **night, resultado=clean)
    assert await julia.value("select count(*) from notificacoes_gestor") == 0
    night = {"de": "2026-03-02T06:00:00Z", "ate": "2026-03-03T06:00:00Z"}
    again = [await julia.call("record_proofs", **night, resultado=broken) for _ in range(2)]

    assert [answer["status"] for answer in again] == ["registradas", "ja_registradas"]
    assert (await julia.call("last_proofs"))["violacoes"] == {
        "fora_de_horario": 0,
        "fora_de_ordem": 2,
    }
    notices = await julia.sql("select tipo, dados -> 'violacoes' as v from notificacoes_gestor")
    assert [tuple(notice) for notice in notices] == [("prova_falhou", '{"fora_de_ordem": 2}')]
