"""A number never sends more than it may in any hour or day, however many claim at once."""

import random
import uuid

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together

pytestmark = pytest.mark.integration

# The most that any window of the record held: each claim with those before it in an hour (a day)
# plus the 12 s that an attempt may take.
_FULLEST = """
select max(hora) as hora, max(dia) as dia from (
  select count(*) over (order by claimed_at range between
           interval '1 hour 12 seconds' preceding and current row) as hora,
         count(*) over (order by claimed_at range between
           interval '1 day 12 seconds' preceding and current row) as dia
    from envios where conta and instance = $1) w
"""


async def usage(julia: Julia) -> tuple[int, int]:
    answer = await julia.call("rate_usage")
    return answer["hora"], answer["dia"]


async def claim_for_days(julia: Julia, bursts: int, max_hora: int, max_dia: int) -> tuple[int, int]:
    """Forty claim at once, again and again; return the most that was in use at any time."""
    chance = random.Random(15)
    conversations = await together(
        40, lambda n: julia.talk(*["parte"] * (n % 3 + 3), number=f"55119{n:08d}")
    )
    # They wait for days here, which replies never would.
    await julia.sql("update fila_mensagens set expira_em = null")

    async def work(n: int) -> None:
        claim = await julia.claim(conversations[n], max_hora=max_hora, max_dia=max_dia)
        if claim["status"] != "enviar":
            return
        outcome = chance.random()
        if outcome < 0.2:
            await julia.call("release_claim", claim_id=claim["claim_id"], motivo="tarde")
        elif outcome < 0.3:
            await julia.record(claim, "nao_enviada")
        else:
            await julia.record(claim)

    used = []
    for n in range(bursts):
        await together(40, work)
        used.append(await usage(julia))
        await julia.later(minutes=155 if n % 2 else 25)
    return max(hour for hour, _ in used), max(day for _, day in used)


async def test_forty_claimers_never_exceed_fifteen_in_an_hour_nor_eighty_in_a_day(
    julia: Julia,
) -> None:
    used = await claim_for_days(julia, bursts=20, max_hora=15, max_dia=80)

    fullest = (await julia.sql(_FULLEST, INSTANCE))[0]
    assert fullest["hora"] <= 15
    assert fullest["dia"] <= 80
    # No less than wanted, with what is reserved.
    assert used[0] == 15


async def test_the_days_ceiling_is_reached_and_not_exceeded(julia: Julia) -> None:
    used = await claim_for_days(julia, bursts=12, max_hora=15, max_dia=25)

    fullest = (await julia.sql(_FULLEST, INSTANCE))[0]
    assert fullest["hora"] <= 15
    assert fullest["dia"] <= 25
    assert used == (15, 25)


async def test_claims_of_one_moment_over_many_conversations_stop_at_the_ceiling(
    julia: Julia,
) -> None:
    conversations = await together(40, lambda n: julia.talk("oi", number=f"55119{n:08d}"))

    answers = await together(40, lambda n: julia.claim(conversations[n], max_hora=15))

    assert [a["status"] for a in answers].count("enviar") == 15
    assert {a["motivo"] for a in answers if a["status"] == "recusado"} == {"teto_hora"}


async def test_numbers_have_ceilings_of_their_own(julia: Julia) -> None:
    conversa = await julia.talk("um")
    other = (await julia.receive("5521977776666", instance="outro-numero"))["conversa_id"]
    await julia.answer(other, "um")

    assert (await julia.claim(conversa, max_hora=1))["status"] == "enviar"
    assert (await julia.claim(other, max_hora=1))["status"] == "enviar"


async def test_a_turn_is_reserved_whole(julia: Julia) -> None:
    first = await julia.talk("um", "dois", "três")
    second = await julia.talk("oi", number="5521977776666")

    assert (await julia.claim(first, max_hora=3))["usage"]["hora"] == 3

    # Nobody else gets between its parts.
    assert (await julia.claim(second, max_hora=3))["motivo"] == "teto_hora"


@pytest.mark.parametrize("room", [1, 2])
async def test_when_not_all_parts_fit_they_become_one_message(julia: Julia, room: int) -> None:
    conversa = await julia.talk("um", "dois", "três")

    claim = await julia.claim(conversa, max_hora=room)

    assert claim["conteudo"] == "um\n\ndois\n\ntrês"
    assert claim["usage"]["hora"] == 1
    assert not claim["mais"]
    await julia.record(claim)
    parts = await julia.parts(conversa)
    assert [p["outcome"] for p in parts] == ["SENT", "JOINED", "JOINED"]


async def test_a_joined_message_is_recognised_by_its_own_hash(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await julia.claim(conversa, max_hora=1)

    assert (await julia.echo("um\n\ndois"))["status"] == "vinculada"


async def test_without_room_a_turn_waits_whole(julia: Julia) -> None:
    other = await julia.talk("oi", number="5521977776666")
    await julia.claim(other, max_hora=1)
    conversa = await julia.talk("um", "dois")

    assert (await julia.claim(conversa, max_hora=1))["motivo"] == "teto_hora"
    assert await julia.states(conversa) == ["pendente", "pendente"]

    await julia.later(hours=1, seconds=13)
    await julia.sql("update fila_mensagens set expira_em = null")
    assert (await julia.claim(conversa, max_hora=1))["conteudo"] == "um\n\ndois"


async def test_a_claim_counts_for_the_window_and_what_an_attempt_may_take(julia: Julia) -> None:
    await julia.claim(await julia.talk("oi"))

    await julia.later(hours=1, seconds=10)
    assert await usage(julia) == (1, 1)
    await julia.later(seconds=3)
    assert await usage(julia) == (0, 1)
    await julia.later(hours=23)
    assert await usage(julia) == (0, 0)


async def test_what_was_refunded_and_yet_sent_counts(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    await julia.record(claim, "nao_enviada")
    assert await usage(julia) == (0, 0)

    assert (await julia.echo("um"))["status"] == "vinculada"

    assert await usage(julia) == (1, 1)
    assert await julia.states(conversa) == ["enviada"]


@pytest.mark.parametrize(("window", "left"), [("hora", (0, 2)), ("dia", (2, 0))])
async def test_a_reset_counts_its_own_window_anew_and_is_audited(
    julia: Julia, window: str, left: tuple[int, int]
) -> None:
    for n in range(2):
        await julia.record(await julia.claim(await julia.talk("oi", number=f"55119{n:08d}")))
    reset = {"window": window, "op_id": str(uuid.uuid4()), "por": "redis"}

    for _ in range(2):
        assert (await julia.call("reset_ceiling", **reset))["status"] == "reiniciado"

    assert await usage(julia) == left
    audit = await julia.sql("select janela, por from tetos_reinicios")
    assert [tuple(row) for row in audit] == [(window, "redis")]


async def test_a_persons_messages_count_too(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)
    await julia.write_as_person(conversa, "Oi")

    await julia.claim(conversa, max_hora=1)

    assert (await usage(julia))[0] == 1


async def test_the_canary_is_claimed_at_a_full_ceiling_and_counts_for_nothing(
    julia: Julia,
) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.sql(
        """
        insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                    conteudo, control_epoch)
        select medico_id, id, instance, 1, 1, 'canary', 'canary', 'canário', 0 from conversations
        """
    )

    claim = await julia.claim(conversa, max_hora=0, max_dia=0)

    assert (claim["status"], claim["canary"]) == ("enviar", True)
    assert await usage(julia) == (0, 0)
    recorded = await julia.record(claim, "enviada", provider_message_id=None, start_delay_ms=0)
    assert recorded["fila_status"] == "enviada"
    # Nobody was written to.
    assert await julia.value("select count(*) from interacoes where tipo = 'saida'") == 0
