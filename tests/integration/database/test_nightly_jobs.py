"""The nightly jobs over the real endpoint, on the real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from julia_common.database import Database
from julia_dev.pytest_plugin import SupabaseEndpoint
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.proofs import proofs
from julia_scheduler.jobs.retention import retention

pytestmark = pytest.mark.integration

NIGHT = datetime(2026, 11, 23, 6, tzinfo=UTC)
# A send at 3 h in the morning of São Paulo, of a kind that nobody may send at night.
AT_NIGHT = """
with n as (insert into whatsapp_instances (instance) values ('julia-01')),
m as (insert into medicos (telefone) values ('+5511999990000') returning id),
c as (insert into conversations (medico_id, instance) select id, 'julia-01' from m returning *),
f as (insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo,
                                  conteudo, control_epoch, status, created_at)
      select medico_id, id, instance, 1, 1, 'oferta', 'oferta', 'Oi!', 0, 'erro',
             timestamptz '2024-01-01' from c returning *)
insert into envios (claim_id, fila_id, conversa_id, medico_id, kind, instance, tentativa, text_hash,
                    status, conta, claimed_at, deadline_at)
select gen_random_uuid(), id, conversa_id, medico_id, kind, instance, 1, 'x', 'nao_enviado', false,
       at, at from f, (values (timestamptz '2026-11-23T03:30:00Z')) as claimed (at)
"""


@pytest.fixture
async def database(supabase_endpoint: SupabaseEndpoint) -> AsyncIterator[Database]:
    database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    yield database
    await database.aclose()


async def test_a_violation_is_found_kept_and_told_once_and_what_is_old_goes(
    database: Database, pg_dsn: str
) -> None:
    connection = await asyncpg.connect(pg_dsn)
    try:
        await connection.execute(AT_NIGHT)
        job = proofs(database, max_hora=15, max_dia=80)
        found = [await job.run(Run(job.name, NIGHT)) for _ in range(2)]

        assert found[0] == found[1]
        assert {name: n for name, n in found[0].items() if n} == {"fora_de_horario": 1}
        assert (await database.last_proofs()).violacoes["fora_de_horario"] == 1
        assert await connection.fetchval("select count(*) from notificacoes_gestor") == 1

        await connection.execute("update envios set claimed_at = '2024-01-01'")
        gone = await retention(database).run(Run("retencao", NIGHT))
        assert gone == {"envios": 1, "fila_mensagens": 1}
    finally:
        await connection.close()
