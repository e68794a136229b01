"""A number bears what its age and health allow; a doctor stays with one number."""

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia, lid, phone, together
from tests.integration.sql.proactive import promise, remind, reminder

from julia_common.evolution import SendOutcome, Uncertain
from julia_common.evolution.answers import outcome_of_send
from julia_dispatcher.sending import _report

pytestmark = pytest.mark.integration

OTHER = "julia-dois"
REFUSED, DELIVERED, UNDELIVERED = "ERROR", "DELIVERY_ACK", "SERVER_ACK"


async def connect(
    julia: Julia, instance: str, state: str = "open", reason: int | None = None
) -> None:
    await julia.call("connection_changed", instance=instance, state=state, reason=reason)


async def number(julia: Julia, instance: str = INSTANCE) -> asyncpg.Record:
    rows = await julia.sql("select * from whatsapp_instances where instance = $1", instance)
    return rows[0]


async def share(julia: Julia, instance: str = INSTANCE) -> float:
    return float(
        await julia.value(
            "select private.number_share(w, api.agora()) from whatsapp_instances w "
            "where instance = $1",
            instance,
        )
    )


async def old_numbers(julia: Julia, *instances: str) -> None:
    """Numbers that WhatsApp has known for long, connected."""
    for instance in instances:
        await julia.call("definir_numero", instance=instance, antigo=True, por="ana")
        await connect(julia, instance)


async def on_a_working_morning(julia: Julia) -> None:
    """Move the clock to the next Monday, ten o'clock in São Paulo."""
    now = julia.now().astimezone(ZoneInfo("America/Sao_Paulo"))
    monday = now.replace(hour=10) + timedelta(days=7 - now.weekday())
    await julia.later(seconds=(monday - now).total_seconds())


async def doctor(julia: Julia, telefone: str | None = None) -> uuid.UUID:
    """A doctor to whom nobody has written yet."""
    medico = await julia.value(
        "insert into medicos (telefone) values ($1) returning id",
        telefone or f"+55119{uuid.uuid4().int % 10**8:08d}",
    )
    assert isinstance(medico, uuid.UUID)
    return medico


async def number_of(julia: Julia, medico: uuid.UUID) -> str | None:
    instance: str | None = await julia.value("select private.number_for($1)", medico)
    return instance


async def sends(
    julia: Julia,
    n: int,
    ack: str | None,
    *,
    instance: str = INSTANCE,
    status: str = "enviado",
    http_status: int | None = 201,
) -> None:
    """`n` sends of the number a moment ago, as they stand in the database."""
    await julia.sql(
        "insert into whatsapp_instances (instance) values ($1) on conflict do nothing", instance
    )
    await julia.sql(
        """
        with m as (insert into medicos (primeiro_nome) values ('Ana') returning id),
        c as (insert into conversations (medico_id, instance, turn_seq)
              select id, $1, $2 from m returning *),
        f as (
          insert into fila_mensagens
            (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, status,
             control_epoch, claim_id, ack_status)
          select c.medico_id, c.id, $1, n, 1, 'reply', 'reply', 'Oi',
                 case $4 when 'enviado' then 'enviada' else 'erro' end, 0, gen_random_uuid(), $3
            from c, generate_series(1, $2::integer) n returning *)
        insert into envios (claim_id, fila_id, conversa_id, medico_id, kind, instance, tentativa,
                            text_hash, status, conta, claimed_at, deadline_at, http_status)
        select claim_id, id, conversa_id, medico_id, kind, instance, 1, 'x', $4, true, api.agora(),
               api.agora(), $5 from f
        """,
        instance,
        n,
        ack,
        status,
        http_status,
    )


async def waiting(julia: Julia, conversa: str, kind: str) -> None:
    """Something of our own accord that may go now."""
    await julia.sql(
        """
        with c as (update conversations set turn_seq = turn_seq + 1 where id = $1 returning *)
        insert into fila_mensagens
          (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, control_epoch,
           next_ring_at)
        select medico_id, id, instance, turn_seq, 1, $2, $2, 'Já saiu a escala?',
               control_epoch, api.agora() from c
        """,
        conversa,
        kind,
    )


async def assessed(julia: Julia, instance: str = INSTANCE) -> Any:
    """What is known of the number once all have been judged."""
    await julia.call("assess_numbers")
    answer = await julia.call("list_numbers")
    return next(one for one in answer["numeros"] if one["instance"] == instance)


async def health(julia: Julia, instance: str = INSTANCE) -> str:
    """Assess and say what came out."""
    found: str = (await assessed(julia, instance))["saude"]
    return found


async def notices(julia: Julia) -> list[tuple[str, str, str]]:
    rows = await julia.sql(
        "select tipo, dados ->> 'antes' as antes, dados ->> 'depois' as depois "
        "from notificacoes_gestor where tipo in ('numero_doente', 'numero_recuperado') "
        "order by created_at"
    )
    return [(row["tipo"], row["antes"], row["depois"]) for row in rows]


async def gate(julia: Julia, kind: str, instance: str = INSTANCE) -> str | None:
    """What forbids the number to send this kind."""
    motivo: str | None = await julia.value(
        "select (private.number_gate(w, r, api.agora())).motivo "
        "from whatsapp_instances w, regras_envio r where w.instance = $1 and r.kind = $2",
        instance,
        kind,
    )
    return motivo


# Warm-up


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 0.1), (0.9, 0.1), (1, 0.2), (3, 0.35), (7, 0.5), (14, 0.7), (21, 0.85), (28, 1), (400, 1)],
)
async def test_a_new_number_may_do_more_with_each_phase(
    julia: Julia, days: float, expected: float
) -> None:
    got = await julia.value(
        "select private.warmup_share(t, t + $1 * interval '1 day') "
        "from (select timestamptz '2026-03-02 09:00-03' as t) x",
        days,
    )

    assert float(got) == expected


async def test_the_warm_up_starts_at_the_first_connection_and_not_again(julia: Julia) -> None:
    await connect(julia, INSTANCE, "connecting")
    assert (await number(julia))["aquecimento_desde"] is None
    await connect(julia, INSTANCE)
    began = (await number(julia))["aquecimento_desde"]
    assert began is not None
    assert await share(julia) == 0.1

    await julia.later(days=2)
    await connect(julia, INSTANCE, "close")
    await connect(julia, INSTANCE)

    assert (await number(julia))["aquecimento_desde"] == began
    assert await share(julia) == 0.2


async def test_managers_are_told_of_a_new_number_once(julia: Julia) -> None:
    for state in ("open", "close", "open"):
        await connect(julia, INSTANCE, state)

    told = await julia.sql("select dados from notificacoes_gestor where tipo = 'numero_novo'")

    assert [json.loads(row["dados"]) for row in told] == [{"instance": INSTANCE}]


async def test_a_number_declared_old_before_it_connects_needs_no_warm_up(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)

    assert (await number(julia))["aquecimento_desde"] is None
    assert await share(julia) == 1


async def test_a_number_declared_old_afterwards_ends_its_warm_up(julia: Julia) -> None:
    await connect(julia, INSTANCE)
    answer = await julia.call("definir_numero", instance=INSTANCE, antigo=True, por="ana")

    assert answer["aquecimento_desde"] is None
    assert await share(julia) == 1


async def test_a_connected_number_declared_new_begins_its_warm_up(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)

    await julia.call("definir_numero", instance=INSTANCE, antigo=False, por="ana")

    assert await share(julia) == 0.1


async def test_a_number_that_brought_messages_before_it_was_heard_of_is_old(julia: Julia) -> None:
    await julia.receive()
    await connect(julia, INSTANCE)

    assert await share(julia) == 1


async def test_the_canary_is_no_message_that_makes_a_number_old(julia: Julia) -> None:
    await julia.call("prepare_canary", instance=INSTANCE)
    await julia.receive("5500000000000", "Canário", key_id="CANARIO202611230100")

    await connect(julia, INSTANCE)

    assert await share(julia) == 0.1


# Health


@pytest.mark.parametrize(
    ("refused", "delivered", "undelivered", "expected"),
    [
        (0, 100, 0, "boa"), (4, 96, 0, "boa"), (2, 17, 0, "boa"),
        (5, 95, 0, "lenta"), (19, 81, 0, "lenta"), (20, 80, 0, "parada"),
        (0, 90, 10, "boa"), (0, 89, 11, "lenta"), (0, 60, 40, "lenta"), (0, 59, 41, "parada"),
        (0, 1, 18, "boa"),
    ],
)  # fmt: skip
async def test_shares_of_refused_and_delivered_messages_decide(
    julia: Julia, refused: int, delivered: int, undelivered: int, expected: str
) -> None:
    # Refusals as of a number that sends much: as errors they would count by themselves.
    level = await julia.sql(
        "select * from private.number_level($1, $2, $3, 0, true)",
        refused + delivered + undelivered,
        delivered if not refused else delivered + refused,
        refused,
    )

    assert {0: "boa", 1: "lenta", 2: "lenta", 3: "parada"}[level[0]["nivel"]] == expected


@pytest.mark.parametrize(("errors", "level"), [(2, 0), (3, 1), (5, 2), (9, 2), (10, 3)])
async def test_errors_count_by_themselves(julia: Julia, errors: int, level: int) -> None:
    found = await julia.sql("select * from private.number_level(2, 2, 0, $1, true)", errors)

    assert found[0]["nivel"] == level
    assert level == 0 or found[0]["motivo"] == f"{errors} erros de envio em 24 horas"


async def test_what_is_not_delivered_slows_a_number_before_whatsapp_does(julia: Julia) -> None:
    await sends(julia, 17, DELIVERED)
    await sends(julia, 3, UNDELIVERED)
    # An ack takes its time.
    assert await health(julia) == "boa"
    await julia.later(minutes=10)

    assert await health(julia) == "lenta"
    assert await share(julia) == 0.5
    assert (await number(julia))["saude_motivo"] == "só 85% das mensagens entregues em 24 horas"


async def test_without_acks_of_any_number_delivery_is_not_judged(julia: Julia) -> None:
    await sends(julia, 30, None)
    await julia.later(minutes=10)
    assert await health(julia) == "boa"

    await sends(julia, 1, DELIVERED, instance=OTHER)

    assert await health(julia) == "parada"


async def test_refused_messages_park_what_we_write_of_our_own_accord(julia: Julia) -> None:
    await sends(julia, 10, REFUSED)

    assert await health(julia) == "parada"
    assert await gate(julia, "campanha") == "numero_parado"
    assert await gate(julia, "oferta") == "numero_parado"
    assert await gate(julia, "lembrete") is None
    assert await gate(julia, "reply") is None
    assert await gate(julia, "human_agent") is None


async def test_errors_of_evolution_count_unless_the_message_arrived_or_evolution_was_away(
    julia: Julia,
) -> None:
    await sends(julia, 9, DELIVERED, http_status=500)
    await sends(julia, 9, None, status="nao_confirmado", http_status=502)
    await sends(julia, 9, None, status="nao_confirmado", http_status=None)
    assert (await assessed(julia))["erros"] == 0

    await sends(julia, 2, None, status="nao_confirmado", http_status=500)
    await sends(julia, 1, None, status="incerto", http_status=400)

    assert (await assessed(julia))["erros"] == 3
    assert await health(julia) == "lenta"


async def posted(julia: Julia, n: int, outcome: SendOutcome, *, lost: bool = False) -> None:
    """`n` replies whose POST ended so, recorded by what the dispatcher makes of it.

    `lost`: the next check finds Evolution in doubt, and the part is parked.
    """
    for _ in range(n):
        number = f"55119{uuid.uuid4().int % 10**8:08d}"
        claim = await julia.claim(await julia.talk("Oi!", number=number))
        record = _report(claim["claim_id"], outcome, start_delay_ms=3)
        await julia.call("record_send", **record.model_dump(exclude_none=True))
        if lost:
            await julia.later(seconds=100)
            assert (await julia.settle(claim, "nenhuma"))["status"] == "estacionada"


CLOSED = {"response": {"message": "Connection Closed"}}


async def test_errors_of_sends_slow_a_number_as_the_dispatcher_reports_them(julia: Julia) -> None:
    await posted(julia, 2, outcome_of_send(500, CLOSED))
    assert await health(julia) == "boa"

    await posted(julia, 3, outcome_of_send(500, CLOSED))

    assert (await assessed(julia))["erros"] == 5
    assert await health(julia) == "lenta"


async def test_time_outs_after_which_nothing_was_found_are_errors_of_the_number(
    julia: Julia,
) -> None:
    timeout = Uncertain("no answer within 10 s", unreachable=True)
    await posted(julia, 3, timeout)
    assert (await assessed(julia))["erros"] == 0

    await posted(julia, 3, timeout, lost=True)

    assert (await assessed(julia))["erros"] == 3
    assert await health(julia) == "lenta"


async def test_what_was_given_back_or_left_by_a_dead_dispatcher_is_no_error(julia: Julia) -> None:
    conversa = await julia.talk("Oi!")
    claim = await julia.claim(conversa)
    await julia.call("release_claim", claim_id=claim["claim_id"], motivo="circuito_aberto")
    await julia.later(seconds=3)
    assert (await julia.claim(conversa))["status"] == "enviar"
    await julia.later(seconds=60)
    [lost] = (await julia.call("uncertain_sends", limit=5, owner=julia.owner))["sends"]
    await julia.later(seconds=100)
    assert (await julia.settle(lost, "nenhuma"))["status"] == "estacionada"

    assert (await assessed(julia))["erros"] == 0


@pytest.mark.parametrize("status", [401, 404])
async def test_a_number_that_evolution_refuses_is_parked_and_told_of(
    julia: Julia, status: int
) -> None:
    conversa = await julia.talk("Oi!")
    for _ in range(10):
        claim = await julia.claim(conversa)
        record = _report(claim["claim_id"], outcome_of_send(status, None), start_delay_ms=3)
        await julia.call("record_send", **record.model_dump(exclude_none=True))
        await julia.later(seconds=16)

    assert await health(julia) == "parada"
    assert await notices(julia) == [("numero_doente", "boa", "parada")]
    assert (await assessed(julia, INSTANCE))["motivo"] == "10 erros de envio em 24 horas"


async def test_health_rises_a_step_an_hour_and_each_change_is_told_once(julia: Julia) -> None:
    await sends(julia, 10, REFUSED)
    assert [await health(julia) for _ in range(3)] == ["parada"] * 3
    await julia.later(hours=24)

    assert await health(julia) == "lenta"
    await julia.later(minutes=59)
    assert await health(julia) == "lenta"
    await julia.later(minutes=1)
    assert await health(julia) == "boa"

    assert await notices(julia) == [
        ("numero_doente", "boa", "parada"),
        ("numero_recuperado", "parada", "lenta"),
        ("numero_recuperado", "lenta", "boa"),
    ]


async def test_a_parked_number_stays_so_between_the_thresholds(julia: Julia) -> None:
    await sends(julia, 5, REFUSED)
    await julia.later(hours=12)
    await sends(julia, 5, REFUSED)
    assert await health(julia) == "parada"

    # The first five are forgotten. As many errors slow a healthy number and keep a sick one parked.
    await julia.later(hours=12, minutes=1)
    assert await health(julia) == "parada"

    await julia.later(hours=12)
    assert await health(julia) == "lenta"


async def test_two_who_assess_at_once_tell_managers_once(julia: Julia) -> None:
    await sends(julia, 10, REFUSED)

    await together(6, lambda _: julia.call("assess_numbers"))

    assert await notices(julia) == [("numero_doente", "boa", "parada")]


# Connection


@pytest.mark.parametrize("reason", [402, 403, 406])
async def test_what_whatsapp_locks_out_is_banned(julia: Julia, reason: int) -> None:
    await old_numbers(julia, INSTANCE)
    await connect(julia, INSTANCE, "close", reason)
    assert (await number(julia))["saude"] == "banida"
    # Evolution, asked, knows no reason.
    await connect(julia, INSTANCE, "close")

    assert await health(julia) == "banida"
    assert (await number(julia))[
        "saude_motivo"
    ] == f"o WhatsApp bloqueou o número (código {reason})"
    assert [await gate(julia, kind) for kind in ("reply", "campanha", "human_agent")] == [
        "numero_banido"
    ] * 3
    assert await gate(julia, "canary") is None


async def test_a_ban_outlasts_attempts_to_connect_and_ends_slowly(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)
    await connect(julia, INSTANCE, "close", 403)
    await connect(julia, INSTANCE, "connecting")
    assert await health(julia) == "banida"

    await connect(julia, INSTANCE, "open")

    assert (await number(julia))["saude"] == "lenta"
    assert await health(julia) == "lenta"
    assert await notices(julia) == [
        ("numero_doente", "boa", "banida"),
        ("numero_recuperado", "banida", "lenta"),
    ]
    # Half of a new number's first day.
    assert await share(julia) == 0.05


async def test_logged_out_by_its_phone_is_disconnected_not_banned(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)
    await connect(julia, INSTANCE, "close", 401)

    assert await health(julia) == "boa"
    assert await gate(julia, "reply") == "numero_parado"
    await julia.later(minutes=2)
    assert await health(julia) == "parada"


async def test_a_number_that_keeps_connecting_is_parked_after_five_minutes(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)
    await connect(julia, INSTANCE, "connecting")
    assert await gate(julia, "reply") == "numero_conectando"

    for _ in range(5):
        assert await health(julia) == "boa"
        await julia.later(minutes=1)
        # Said again, as Evolution does many times a second.
        await connect(julia, INSTANCE, "connecting")
    assert await health(julia) == "parada"

    await connect(julia, INSTANCE)
    assert await health(julia) == "boa"
    assert await gate(julia, "reply") is None


async def test_what_waited_for_the_number_is_rung_when_it_is_back(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)
    conversa = await julia.talk("Oi!")
    await connect(julia, INSTANCE, "close")
    await julia.sql(
        "update fila_mensagens set espera = 'numero_parado', ring_count = 7, "
        "next_ring_at = api.agora() + interval '1 hour'"
    )

    await connect(julia, INSTANCE)

    [part] = await julia.parts(conversa)
    assert part["ring_count"] == 0
    assert (part["next_ring_at"] - await julia.value("select api.agora()")).total_seconds() < 11


async def test_reconnecting_waits_for_nobody_who_claims(julia: Julia) -> None:
    conversa = await julia.talk("Oi!")
    await connect(julia, INSTANCE, "close")
    await julia.sql("update fila_mensagens set espera = 'numero_parado'")

    async with julia.pool.acquire() as other, other.transaction():
        await other.execute("select from fila_mensagens for no key update")
        async with asyncio.timeout(30):
            await julia.call_once("connection_changed", instance=INSTANCE, state="open")

    assert (await julia.parts(conversa))[0]["status"] == "pendente"


# What is claimed


async def test_a_claim_is_refused_by_the_number_and_says_so_in_the_outbox(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE)
    conversa = await julia.talk("Oi!")
    await connect(julia, INSTANCE, "close", 403)

    claim = await julia.claim(conversa)

    assert (claim["status"], claim["motivo"]) == ("recusado", "numero_banido")
    assert claim["retry_in_ms"] == 600_000
    [part] = await julia.parts(conversa)
    assert (part["status"], part["espera"], part["outcome"]) == (
        "pendente", "numero_banido", "FAILED_BANNED"
    )  # fmt: skip

    await connect(julia, INSTANCE)
    assert (await julia.claim(conversa))["status"] == "enviar"


async def test_a_parked_number_answers_and_reminds_and_starts_nothing(julia: Julia) -> None:
    await on_a_working_morning(julia)
    await old_numbers(julia, INSTANCE)
    conversa = await julia.talk("Oi!")
    await waiting(julia, conversa, "oferta")
    await waiting(julia, conversa, "lembrete")
    await julia.call(
        "definir_saude", instance=INSTANCE, saude="parada", motivo="queixas", por="ana"
    )

    sent = []
    while (claim := await julia.claim(conversa))["status"] == "enviar":
        sent.append(claim["kind"])
        await julia.record(claim)

    assert sent == ["reply", "lembrete"]
    assert (claim["status"], claim["motivo"]) == ("recusado", "numero_parado")


@pytest.mark.parametrize(("antigo", "offers"), [(True, 9), (False, 1)])
async def test_a_new_number_starts_few_conversations_and_keeps_all_its_promises(
    julia: Julia, antigo: bool, offers: int
) -> None:
    await on_a_working_morning(julia)
    await julia.call("definir_numero", instance=INSTANCE, antigo=antigo, por="ana")
    await connect(julia, INSTANCE)
    sent = []
    for kind in ("lembrete", "oferta"):
        conversations = [await julia.talk(number=f"55119{n:08d}") for n in range(12)]
        await julia.sql("update fila_mensagens set status = 'cancelada' where kind = 'reply'")
        for conversa in conversations:
            await waiting(julia, conversa, kind)
        claims = [await julia.claim(c, max_hora=15, max_dia=80) for c in conversations]
        sent.append([claim["status"] for claim in claims].count("enviar"))
        await julia.sql("update envios set conta = false")
        await julia.sql("update fila_mensagens set status = 'enviada'")

    assert sent == [9, offers]


# Decisions of people


async def test_a_persons_word_stands_until_it_is_withdrawn(julia: Julia) -> None:
    await sends(julia, 10, REFUSED)
    said = {"instance": INSTANCE, "por": "ana", "motivo": "era um teste"}
    await julia.call("definir_saude", saude="boa", **said)
    assert await health(julia) == "boa"

    back = await julia.call("definir_saude", saude="automatica", **said)

    assert (back["saude"], back["por"]) == ("parada", None)


async def test_a_person_parks_a_number_and_managers_learn_who(julia: Julia) -> None:
    await connect(julia, INSTANCE)
    await julia.call(
        "definir_saude", instance=INSTANCE, saude="parada", motivo="muitas queixas", por="ana"
    )

    dados = json.loads(
        await julia.value("select dados from notificacoes_gestor where tipo = 'numero_doente'")
    )
    assert dados == {
        "instance": INSTANCE, "antes": "boa", "depois": "parada", "motivo": "muitas queixas",
        "por": "ana", "medicos": 0,
    }  # fmt: skip


async def test_decisions_are_written_down(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    await julia.call("definir_saude", instance=OTHER, saude="lenta", motivo="devagar", por="bia")
    await julia.call("mover_medicos", de=OTHER, para=INSTANCE, por="bia")

    rows = await julia.sql("select acao, instance, por from decisoes_numeros order by id")

    assert [tuple(row) for row in rows] == [
        ("definir_numero", INSTANCE, "ana"),
        ("definir_numero", OTHER, "ana"),
        ("definir_saude", OTHER, "bia"),
        ("mover_medicos", OTHER, "bia"),
    ]


@pytest.mark.parametrize(
    ("function", "p"),
    [
        ("definir_saude", {"instance": "julai", "saude": "boa", "motivo": "x", "por": "ana"}),
        ("mover_medicos", {"de": INSTANCE, "para": "julai", "por": "ana"}),
    ],
)
async def test_a_mistyped_number_is_refused_with_those_that_exist(
    julia: Julia, function: str, p: dict[str, Any]
) -> None:
    await connect(julia, INSTANCE)

    error = await julia.refusal(function, **p)

    assert "julai" in str(error)
    assert INSTANCE in str(error)


async def test_a_decision_without_a_name_is_refused(julia: Julia) -> None:
    await connect(julia, INSTANCE)

    error = await julia.refusal("definir_saude", instance=INSTANCE, saude="boa", motivo="x")

    assert "por" in str(error)


# Which doctor has which number


async def test_a_doctor_stays_with_the_number_of_the_last_conversation(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    await julia.receive(instance=OTHER)
    medico = (await julia.receive(instance=INSTANCE))["medico_id"]

    assert await number_of(julia, medico) == INSTANCE

    await julia.receive(instance=OTHER, text="E por aqui?")
    assert await number_of(julia, medico) == INSTANCE


async def test_new_doctors_are_shared_out_by_what_each_number_may_bear(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, "closed", "parked", "full")
    await connect(julia, OTHER)  # new: a tenth
    await connect(julia, "closed", "close")
    await julia.call("definir_saude", instance="parked", saude="parada", motivo="x", por="ana")
    await julia.call("definir_numero", instance="full", recebe_medicos=False, por="ana")

    got = [await number_of(julia, await doctor(julia)) for _ in range(22)]

    assert got.count(INSTANCE) == 20
    assert got.count(OTHER) == 2


async def test_without_a_fit_number_a_doctor_gets_none_yet(julia: Julia) -> None:
    await connect(julia, INSTANCE, "close")
    medico = await doctor(julia)
    assert await number_of(julia, medico) is None

    await connect(julia, INSTANCE)
    assert await number_of(julia, medico) == INSTANCE


async def test_two_who_ask_at_once_get_the_same_number(julia: Julia) -> None:
    await old_numbers(julia, *(f"julia-{n}" for n in range(5)))
    medico = await doctor(julia)

    got = await together(8, lambda _: number_of(julia, medico))

    assert len(set(got)) == 1
    assert got[0] == await julia.value("select instance from medicos where id = $1", medico)


async def test_of_two_contacts_that_are_one_person_the_number_is_kept(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    known = await doctor(julia, f"+{PHONE}")
    by_lid = (await julia.receive(identities=[lid("777")], instance=OTHER))["medico_id"]
    assert await number_of(julia, by_lid) == OTHER

    await julia.receive(identities=[phone(), lid("777")], instance=OTHER)

    assert await julia.value("select merged_into from medicos where id = $1", by_lid) == known
    assert await number_of(julia, known) == OTHER


# Moving doctors


async def followup(julia: Julia, medico: Any, instance: str, *, tentativas: int = 0) -> uuid.UUID:
    """A message of our own accord that waits on the number; return its id."""
    await julia.sql(
        "insert into conversations (medico_id, instance) values ($1, $2) on conflict do nothing",
        medico,
        instance,
    )
    fila = await julia.value(
        """
        with c as (
          update conversations set turn_seq = turn_seq + 1
           where medico_id = $1 and instance = $2 returning *)
        insert into fila_mensagens
          (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, tentativas,
           control_epoch, next_ring_at)
        select $1, id, $2, turn_seq, 1, 'followup', 'followup', 'Conseguiu ver?', $3, 0,
               api.agora() from c
        returning id
        """,
        medico,
        instance,
        tentativas,
    )
    assert isinstance(fila, uuid.UUID)
    return fila


async def assigned(julia: Julia, telefone: str, instance: str) -> uuid.UUID:
    medico = await doctor(julia, telefone)
    await julia.sql("update medicos set instance = $2 where id = $1", medico, instance)
    return medico


async def test_doctors_move_with_what_waits_for_them_and_nothing_else(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    conversa = await julia.talk("Oi!")  # a reply, which stays where the doctor wrote
    medico = (await julia.conversation(conversa))["medico_id"]
    await number_of(julia, medico)
    await followup(julia, medico, OTHER)
    begun = await followup(julia, medico, INSTANCE, tentativas=1)
    waiting = [await followup(julia, medico, INSTANCE) for _ in range(2)]

    answer = await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana")

    assert answer == {
        "status": "movidos", "movidos": 1, "mensagens": 2, "restam": 0, "sem_telefone": 0
    }  # fmt: skip
    assert await number_of(julia, medico) == OTHER
    moved = await julia.sql(
        "select f.id from fila_mensagens f join conversations c on c.id = f.conversa_id "
        "where f.instance = $1 and c.instance = $1 order by f.turn_seq",
        OTHER,
    )
    assert [row["id"] for row in moved[1:]] == waiting
    stayed = await julia.parts(conversa)
    assert {(part["kind"], part["instance"]) for part in stayed} == {
        ("reply", INSTANCE), ("followup", INSTANCE)
    }  # fmt: skip
    assert begun in {part["id"] for part in stayed}


async def test_a_moved_message_goes_out_by_the_other_number(julia: Julia) -> None:
    await on_a_working_morning(julia)
    await old_numbers(julia, INSTANCE, OTHER)
    medico = await assigned(julia, f"+{PHONE}", INSTANCE)
    await followup(julia, medico, INSTANCE)
    await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana")
    conversa = str(await julia.value("select id from conversations where instance = $1", OTHER))

    claim = await julia.claim(conversa, max_hora=15, max_dia=80)

    assert (claim["instance"], claim["destino"]) == (OTHER, PHONE)


async def test_some_at_a_time_and_none_without_a_phone(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    for n in range(3):
        await assigned(julia, f"+551190000000{n}", INSTANCE)
    await julia.sql("insert into medicos (instance) values ($1)", INSTANCE)

    answers = [
        await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana", limite=2)
        for _ in range(2)
    ]

    assert [(a["movidos"], a["restam"], a["sem_telefone"]) for a in answers] == [
        (2, 1, 1), (1, 0, 1)
    ]  # fmt: skip


async def test_who_is_being_written_to_is_left_for_the_next_call(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    conversa = await julia.talk("Oi!")
    medico = (await julia.conversation(conversa))["medico_id"]
    await number_of(julia, medico)
    move = {"de": INSTANCE, "para": OTHER, "por": "ana"}

    async with julia.pool.acquire() as other, other.transaction():
        await other.execute("select from conversations for no key update")
        async with asyncio.timeout(30):
            answer = await julia.call("mover_medicos", **move)

    assert (answer["movidos"], answer["restam"]) == (0, 1)
    assert (await julia.call("mover_medicos", **move))["movidos"] == 1


@pytest.mark.parametrize("status", ["processando", "incerta"])
async def test_whose_message_is_on_its_way_or_in_doubt_is_left_and_uses_up_no_limit(
    julia: Julia, status: str
) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    conversa = await julia.talk("Oi!")
    claim = await julia.claim(conversa)
    if status == "incerta":
        await julia.record(claim, "incerta")
    assert await julia.states(conversa) == [status]
    # Whoever comes first by id, the limit is for who moves.
    await julia.sql("update medicos set instance = $1", INSTANCE)
    other = await assigned(julia, "+5511900000001", INSTANCE)
    move = {"de": INSTANCE, "para": OTHER, "por": "ana", "limite": 1}

    answers = [await julia.call("mover_medicos", **move) for _ in range(2)]

    assert [(a["movidos"], a["restam"]) for a in answers] == [(1, 1), (0, 1)]
    assert await number_of(julia, other) == OTHER
    await julia.record(claim)
    assert (await julia.call("mover_medicos", **move))["restam"] == 0


async def test_a_reminder_moved_to_where_a_person_answers_is_reported_to_managers(
    julia: Julia,
) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    at = julia.now() + timedelta(hours=2)
    await promise(julia, reminder(at, "Já saiu a escala?"))
    held = (await julia.receive(instance=OTHER))["conversa_id"]
    await julia.take_over_by_sql(held)
    await julia.sql("update medicos set instance = $1", INSTANCE)

    await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana")

    part = (await julia.parts(held))[-1]
    assert (part["kind"], part["status"], part["outcome"]) == (
        "lembrete", "cancelada", "BLOCKED_HUMAN_CONTROL"
    )  # fmt: skip
    [told] = await julia.sql(
        "select conversa_id, dados from notificacoes_gestor where tipo = 'lembrete_nao_enviado'"
    )
    assert str(told["conversa_id"]) == held
    assert json.loads(told["dados"])["texto"] == "Já saiu a escala?"


async def test_a_reminder_moved_to_where_julia_answers_goes_from_there(julia: Julia) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    await remind(julia)
    await julia.sql("update medicos set instance = $1", INSTANCE)

    await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana")

    conversa = str(await julia.value("select id from conversations where instance = $1", OTHER))
    assert (await julia.claim(conversa))["kind"] == "lembrete"
    assert not await julia.sql(
        "select from notificacoes_gestor where tipo = 'lembrete_nao_enviado'"
    )


@pytest.mark.parametrize(
    ("state", "saude"),
    [("close", "boa"), ("refused", "boa"), ("connecting", "boa"), ("open", "parada"),
     ("open", "banida")],
)  # fmt: skip
async def test_doctors_do_not_move_to_a_number_that_cannot_write_to_them(
    julia: Julia, state: str, saude: str
) -> None:
    await old_numbers(julia, INSTANCE, OTHER)
    medico = await assigned(julia, "+5511900000001", INSTANCE)
    await connect(julia, OTHER, state)
    if saude != "boa":
        await julia.call("definir_saude", instance=OTHER, saude=saude, motivo="queixas", por="ana")

    with pytest.raises(asyncpg.PostgresError, match="não pode receber médicos") as refused:
        await julia.call("mover_medicos", de=INSTANCE, para=OTHER, por="ana")

    assert f"conexão {state}, saúde {saude}" in str(refused.value)
    assert await number_of(julia, medico) == INSTANCE
