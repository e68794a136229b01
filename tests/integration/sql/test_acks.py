"""WhatsApp may acknowledge a message before we know that it is ours."""

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together

pytestmark = pytest.mark.integration


async def ack(julia: Julia, key_id: str, status: str) -> str:
    answer = await julia.call("record_ack", instance=INSTANCE, key_id=key_id, status=status)
    return str(answer["status"])


async def test_acks_that_came_before_the_record_count_once_it_is_made(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.claim(conversa)
    for status in ("SERVER_ACK", "DELIVERY_ACK", "SERVER_ACK"):
        assert await ack(julia, "W1", status) == "desconhecida"

    await julia.record(claim, provider_message_id="W1")

    assert (await julia.parts(conversa))[0]["ack_status"] == "DELIVERY_ACK"
    assert await julia.value("select count(*) from acks_adiantados") == 0


async def test_acks_of_a_send_that_nobody_was_sure_of_are_not_lost(julia: Julia) -> None:
    conversa = await julia.talk("um")
    claim = await julia.uncertain(conversa)
    await ack(julia, "W1", "READ")

    await julia.settle(claim, "positiva", provider_message_id="W1")

    assert (await julia.parts(conversa))[0]["ack_status"] == "READ"


async def test_an_ack_and_the_record_at_once_never_miss_each_other(julia: Julia) -> None:
    claims = [await julia.claim(await julia.talk("um", number=f"55119{n:08d}")) for n in range(20)]

    async def act(n: int) -> None:
        if n % 2:
            await ack(julia, f"W{n // 2}", "DELIVERY_ACK")
        else:
            await julia.record(claims[n // 2], provider_message_id=f"W{n // 2}")

    await together(40, act)

    known = await julia.sql("select distinct ack_status from fila_mensagens")
    assert [row["ack_status"] for row in known] == ["DELIVERY_ACK"]


async def test_acks_of_what_was_never_ours_are_forgotten(julia: Julia) -> None:
    await ack(julia, "typed on the phone", "READ")
    await julia.later(days=1, minutes=1)

    await ack(julia, "another", "READ")

    kept = await julia.sql("select key_id from acks_adiantados")
    assert [row["key_id"] for row in kept] == ["another"]
