"""The canary goes the way of a doctor's message, and counts for nothing."""

from datetime import datetime, timedelta

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia

pytestmark = pytest.mark.integration

NUMBER = "5500000000000"


async def prepared(julia: Julia) -> dict:
    return await julia.call("prepare_canary", instance=INSTANCE)


async def status(julia: Julia) -> dict:
    return await julia.call("canary_status")


async def chirp(julia: Julia, minute: int = 0) -> str:
    """Let the canary write; answers its conversation."""
    key_id = f"CANARIO20261123{minute:04}"
    return (await julia.receive(NUMBER, "Canário", key_id=key_id))["conversa_id"]


async def answered(julia: Julia, minute: int = 0) -> str:
    conversa = await chirp(julia, minute)
    await julia.answer(conversa, "Canário respondido")
    claim = await julia.claim(conversa)
    assert claim["canary"]
    await julia.record(claim, provider_message_id=None)
    return conversa


async def test_the_number_of_the_canary_is_marked_and_no_other(julia: Julia) -> None:
    await chirp(julia)
    await julia.receive("5511988887777")

    marked = await julia.sql("select telefone from medicos where canario")
    assert [row["telefone"] for row in marked] == [f"+{NUMBER}"]
    assert (await prepared(julia))["numero"] == NUMBER


async def test_a_turn_knows_that_it_answers_the_canary_and_its_answer_is_none_to_post(
    julia: Julia,
) -> None:
    conversa = await chirp(julia)
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert turn["medico"]["canario"]

    await julia.commit(turn, "Canário respondido")

    [part] = await julia.parts(conversa)
    assert part["kind"] == "canary"


async def test_an_answered_canary_shows_when_and_how_fast_and_counts_towards_no_ceiling(
    julia: Julia,
) -> None:
    assert (await status(julia))["idade_s"] is None

    await answered(julia)

    seen = await status(julia)
    assert seen["respondido_em"] is not None
    assert 0 <= seen["segundos"] < 60
    assert 0 <= seen["idade_s"] < 60
    usage = await julia.call("rate_usage")
    assert (usage["hora"], usage["dia"]) == (0, 0)


async def test_an_unanswered_canary_ages(julia: Julia) -> None:
    await answered(julia)
    await julia.later(minutes=3)

    await chirp(julia, minute=3)

    assert (await status(julia))["idade_s"] >= 180


async def test_a_pause_is_no_silence(julia: Julia) -> None:
    await answered(julia)
    assert not (await prepared(julia))["pausada"]
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via)"
        " values ('pausado', 'teste', 'manual')"
    )
    assert (await prepared(julia))["pausada"]
    await julia.later(minutes=5)
    now = (await prepared(julia))["agora"]
    await julia.sql(
        "insert into execucoes (job, scheduled_at, owner, lease_until, started_at, detalhes)"
        " values ('canario', $1::text::timestamptz, gen_random_uuid(), api.agora(), api.agora(),"
        """ '{"pausada": true}')""",
        now,
    )

    assert (await status(julia))["idade_s"] < 60


async def test_a_canary_that_waited_too_long_is_dropped_and_no_person_bothered(
    julia: Julia,
) -> None:
    conversa = await chirp(julia)
    await julia.later(minutes=31)
    await julia.make_due(conversa)
    await julia.begin(conversa)

    assert await julia.situations(conversa) == ["sem_resposta"]
    assert await julia.value("select count(*) from handoffs") == 0
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"
    assert await answered(julia, minute=31) == conversa


async def test_turns_that_die_do_not_silence_the_canary_for_ever(julia: Julia) -> None:
    conversa = await chirp(julia)
    await julia.make_due(conversa)
    for _ in range(4):
        turn = await julia.begin(conversa)
        if turn["status"] != "iniciado":
            break
        await julia.call(
            "release_turn", conversa_id=conversa, token=turn["token"], motivo="falha", falhou=True
        )

    assert turn["status"] == "transferido"
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"
    assert await answered(julia, minute=1) == conversa


async def test_the_day_befores_canaries_are_forgotten_and_doctors_are_not(julia: Julia) -> None:
    doctor = await julia.talk("Oi!")
    for minute in (1, 2):
        await answered(julia, minute)
    await julia.later(days=1, minutes=1)
    canary = await answered(julia, minute=3)

    await prepared(julia)

    left = [
        await julia.value(f"select count(*) from {table} where conversa_id = $1", canary)  # noqa: S608
        for table in ("fila_mensagens", "envios", "turnos", "interacoes", "inbox_keys")
    ]
    assert left == [1] * 5
    assert await julia.states(doctor) == ["pendente"]
    assert await julia.situations(doctor) == ["respondida"]


async def test_the_canary_does_not_make_a_number_older_than_its_first_connection(
    julia: Julia,
) -> None:
    await chirp(julia)
    await julia.later(hours=2)

    await julia.call("connection_changed", instance=INSTANCE, state="open")

    since = await julia.value("select api.agora() - first_connected_at from whatsapp_instances")
    assert since.total_seconds() < 60


async def test_a_number_known_by_its_canary_alone_has_nothing_to_catch_up(julia: Julia) -> None:
    await chirp(julia)

    [window] = (await julia.call("catchup_windows"))["instances"]

    since, until = (datetime.fromisoformat(window[end]) for end in ("since", "until"))
    assert until - since < timedelta(seconds=1)


async def test_the_answer_to_one_message_is_not_the_answer_to_another(julia: Julia) -> None:
    await answered(julia, minute=1)
    await chirp(julia, minute=2)

    async def answer_to(key_id: str) -> str | None:
        told = await julia.call("canary_answer", instance=INSTANCE, key_id=key_id)
        return told["respondido_em"]

    assert await answer_to("CANARIO202611230001") is not None
    assert await answer_to("CANARIO202611230002") is None
    assert await answer_to("CANARIO202611230003") is None


async def test_nothing_is_told_of_the_answer_to_a_doctor(julia: Julia) -> None:
    received = await julia.receive("5511988887777", key_id="3EB0C767D097B7C7A4A5")
    await julia.answer(received["conversa_id"], "Tem sim.")
    await julia.record(await julia.claim(received["conversa_id"]))

    told = await julia.call("canary_answer", instance=INSTANCE, key_id="3EB0C767D097B7C7A4A5")

    assert told == {"respondido_em": None}
