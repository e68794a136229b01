"""A trace survives its rows: what a call brings in `traceparent` is handed on by later ones."""

import json
import uuid

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, phone

pytestmark = pytest.mark.integration

FIRST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECOND = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"


async def call(julia: Julia, traceparent: str | None, function: str, **p: object):
    """Call as PostgREST does, with the request's headers beside it."""
    headers = {"apikey": "x"} if traceparent is None else {"traceparent": traceparent}
    async with julia.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "select set_config('request.headers', $1, true)", json.dumps(headers)
        )
        return await julia.call_on(connection, function, **p)


async def receive(julia: Julia, traceparent: str | None) -> str:
    received = await call(
        julia,
        traceparent,
        "receive_message",
        instance=INSTANCE,
        key_id=uuid.uuid4().hex,
        identities=[phone()],
        provider_at=julia.now().isoformat(),
        tipo_conteudo="texto",
        conteudo="Oi",
    )
    return received["conversa_id"]


async def test_a_turn_learns_the_span_of_each_of_its_messages(julia: Julia) -> None:
    for traceparent in (FIRST, SECOND, None):
        conversa = await receive(julia, traceparent)
    await julia.make_due(conversa)

    begun = await julia.begin(conversa)

    assert [message["traceparent"] for message in begun["pending"]] == [FIRST, SECOND, None]


@pytest.mark.parametrize("header", ["", "nonsense", "00-xyz-1-01", f"{FIRST}-or-1=1", "1" * 5000])
async def test_what_is_no_traceparent_is_not_kept(julia: Julia, header: str) -> None:
    await receive(julia, header)

    assert await julia.value("select traceparent from interacoes") is None


async def test_a_send_is_claimed_with_the_span_that_committed_it(julia: Julia) -> None:
    conversa = await receive(julia, FIRST)
    await julia.make_due(conversa)
    begun = await julia.begin(conversa)
    await call(
        julia,
        SECOND,
        "commit_turn",
        conversa_id=conversa,
        token=begun["token"],
        turno_id=begun["turno_id"],
        control_epoch=begun["control_epoch"],
        inbox_seq=begun["inbox_seq"],
        outcome="resposta",
        parts=["Tenho sim"],
    )

    claimed = await julia.claim(conversa)

    assert claimed["status"] == "enviar"
    assert claimed["traceparent"] == SECOND
