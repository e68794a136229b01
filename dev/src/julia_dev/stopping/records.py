"""What the database recorded of stops and of claims, for those who judge it."""

import json
from typing import Final

from julia_dev.ledger.world import World
from julia_dev.stopping.stops import Claim, Decision

_DECISIONS: Final = """
select id, status, escopo::text, encerra, extract(epoch from created_at)::float8 as at,
       extract(epoch from ate)::float8 as until
  from julia_status
"""
_CLAIMS: Final = """
select e.claim_id::text as id, extract(epoch from e.claimed_at)::float8 as at,
       extract(epoch from e.claimed_at)::float8 + e.start_delay_ms / 1000.0::float8 as begun_at,
       x.nome as especialidade, m.estado, f.campanha_id::text as campanha, e.instance as instancia
  from envios e
  join regras_envio k on k.kind = e.kind and k.pausa and k.postado
  join fila_mensagens f on f.id = e.fila_id
  join medicos m on m.id = e.medico_id
  left join especialidades x on x.id = m.especialidade_id
"""


async def decisions(world: World) -> list[Decision]:
    """Return every row of `julia_status`."""
    return [
        Decision(
            id=row["id"],
            at=row["at"],
            status=row["status"],
            scope=json.loads(row["escopo"]),
            until=row["until"],
            ends=None if row["encerra"] is None else frozenset(row["encerra"]),
        )
        for row in await world.sql(_DECISIONS)
    ]


async def claims(world: World) -> list[Claim]:
    """Return every attempt to send what a pause may stop."""
    names = ("especialidade", "estado", "campanha", "instancia")
    return [
        Claim(row["id"], row["at"], row["begun_at"], {name: row[name] for name in names})
        for row in await world.sql(_CLAIMS)
    ]
