"""Parts and files on their way from the database to a phone, as a person would send them."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import ContentKind, Identity, IdentityKind
from julia_common.database import Database, ReceiveMessage
from julia_common.evolution import open_evolution
from julia_common.resilience.breaker import EVOLUTION, CircuitBreaker
from julia_common.resilience.clock import SystemClock
from julia_dispatcher.conversations import Conversations
from julia_dispatcher.sending import Sending, Terms
from julia_simulators import files
from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.settings import Settings
from julia_simulators.evolution.testing import serving

pytestmark = pytest.mark.integration

INSTANCE = "julia-teste"
DOCTOR = "5511988887777"
PART = """
    with c as (
      update conversations set turn_seq = turn_seq + 1 where id = $1 returning *
    )
    insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                conteudo, anexo, control_epoch, next_ring_at)
    select medico_id, id, instance, turn_seq, n, 'reply', 'reply', texto, anexo, control_epoch,
           api.agora()
      from c, jsonb_to_recordset($2) as t (n int, texto text, anexo jsonb)
"""


@dataclass
class Way:
    """The dispatcher's parts in this process, between the database and a simulated WhatsApp."""

    pool: asyncpg.Pool
    whatsapp: httpx.AsyncClient
    conversations: Conversations
    conversa: str

    async def queue(self, *parts: dict[str, object]) -> None:
        rows = [part | {"n": n} for n, part in enumerate(parts, start=1)]
        await self.pool.execute(PART, self.conversa, json.dumps(rows))

    async def records(self, kind: str) -> list[dict[str, object]]:
        query = {"kinds": kind, "doctor": DOCTOR}
        answer = await self.whatsapp.get("/_sim/records", params=query)
        return list(answer.json()["records"])


@pytest.fixture
async def way(supabase_endpoint, pg_dsn: str) -> AsyncIterator[Way]:
    settings = Settings(
        evolution_api_key="key",
        evolution_instance=INSTANCE,
        evolution_webhook_secret="secret",
        webhook_url="http://127.0.0.1:9/",
        _env_file=None,
    )
    async with AsyncExitStack() as stack:
        url = stack.enter_context(serving(create_app(settings)))
        whatsapp = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False))
        await whatsapp.post("/_sim/doctors", json={"number": DOCTOR, "name": "Dra. Ana"})
        pool = await stack.enter_async_context(asyncpg.create_pool(pg_dsn, min_size=1))
        database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
        stack.push_async_callback(database.aclose)
        evolution = await stack.enter_async_context(open_evolution(url, SecretStr("key")))
        sending = Sending(
            database,
            evolution,
            CircuitBreaker("evolution", EVOLUTION),
            Terms(max_hora=15, max_dia=80, post_timeout_s=10, owner=str(uuid.uuid4())),
            SystemClock(),
        )
        stack.push_async_callback(sending.finish)
        received = await database.receive_message(
            ReceiveMessage(
                instance=INSTANCE,
                key_id="A1",
                identities=(Identity(kind=IdentityKind.PHONE, jid=f"{DOCTOR}@s.whatsapp.net"),),
                provider_at=datetime.now(UTC),
                tipo_conteudo=ContentKind.TEXT,
                conteudo="Oi",
            )
        )
        assert received.conversa_id
        conversations = Conversations(sending.step, side_by_side=4)
        yield Way(pool, whatsapp, conversations, received.conversa_id)


async def sent(way: Way) -> list[asyncpg.Record]:
    """Ring, and return what was queued, in order, once all of it is sent."""
    await way.conversations.ring(way.conversa, INSTANCE)
    async with asyncio.timeout(30):
        while True:
            parts = await way.pool.fetch("select * from fila_mensagens order by turn_seq, part")
            if {part["status"] for part in parts} == {"enviada"}:
                return list(parts)
            await asyncio.sleep(0.05)


async def test_the_second_part_of_an_answer_is_seen_to_be_typed(way: Way) -> None:
    await way.queue({"texto": "Tem sim!"}, {"texto": "Quer que eu reserve?"})

    await sent(way)

    texts = [record["text"] for record in await way.records("delivery")]
    assert texts == ["Tem sim!", "Quer que eu reserve?"]
    typing = [r for r in await way.records("presence") if r["presence"] == "composing"]
    assert [record["delay_ms"] for record in typing] == [1000]


async def test_a_file_arrives_with_its_words_and_is_kept_as_what_it_is(way: Way) -> None:
    encoded = base64.b64encode(files.pdf()).decode()
    anexo = {"tipo": "document", "mimetype": "application/pdf", "nome": "f.pdf", "base64": encoded}
    await way.queue({"texto": "A ficha", "anexo": anexo})

    (part,) = await sent(way)

    (record,) = await way.records("delivery")
    assert (record["key_id"], record["text"]) == (part["provider_message_id"], "A ficha")
    arrived = await way.whatsapp.get(
        f"/_sim/media/{record['key_id']}", params={"instance": INSTANCE}
    )
    assert arrived.content == files.pdf()
    kept = await way.pool.fetchrow("select * from interacoes where tipo = 'saida'")
    assert (kept["tipo_conteudo"], kept["conteudo"]) == ("documento", "A ficha")
    # What has arrived need not be kept.
    assert json.loads(part["anexo"]).keys() == anexo.keys() - {"base64"}
