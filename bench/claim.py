"""What the gates of the claim cost: `claim_next` against the barest claim there is.

    .venv/bin/python bench/claim.py [rounds] [claims a round]

Both go through the same endpoint, from the same client, over the same rows: the barest claim is one
`UPDATE … WHERE id = (SELECT … FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING`, `claim_next` decides
about pause, control, opt-out, ceilings and order, and counts the attempt. The rounds alternate, so
that whatever else the machine does weighs on both. Ends with one line of JSON; `claim_ratio` is the
median over the rounds of claims a second, `claim_next` over bare.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx

from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

SIDE_BY_SIDE = 8
"""Calls under way at once: about as many as a dispatcher with work makes."""

INSTANCE = "bench"
CEILING = 1_000_000

BARE = """
create function api.bare_claim(p jsonb) returns jsonb
language sql volatile security definer set search_path = ''
as $$
  update public.fila_mensagens f
     set status = 'processando', claim_id = (p ->> 'claim_id')::uuid,
         processando_desde = api.agora(), tentativas = tentativas + 1
   where f.id = (select id from public.fila_mensagens
                  where status = 'pendente' and next_ring_at <= api.agora()
                  order by next_ring_at limit 1 for update skip locked)
  returning to_jsonb(f)
$$;
grant execute on function api.bare_claim to service_role;
notify pgrst, 'reload schema';
"""

DOCTORS = """
with medico as (
  insert into medicos (telefone)
  select '+' || (5511940000000 + n) from generate_series(1, $2::int) n returning id
)
insert into conversations (medico_id, instance, turn_seq) select id, $1, 1 from medico
"""

# One reply waits in every conversation; what an earlier round claimed is gone.
WAITING = (
    "delete from envios",
    "delete from fila_mensagens",
    """
    insert into fila_mensagens
      (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, prioridade,
       control_epoch, next_ring_at)
    select medico_id, id, instance, 1, 1, 'reply', 'reply', 'Oi! Tem sim, te conto já.', 10,
           control_epoch, api.agora()
      from conversations
    """,
    "vacuum analyze fila_mensagens",
    "vacuum analyze envios",
)


class Bench:
    """The endpoint, and the conversations in which something waits."""

    def __init__(
        self, pool: asyncpg.Pool, http: httpx.AsyncClient, conversations: list[str]
    ) -> None:
        """Prepare."""
        self._pool = pool
        self._http = http
        self._conversations = conversations

    async def bare(self) -> float:
        """Return bare claims a second."""
        return await self._measure("bare_claim", lambda _: {})

    async def full(self) -> float:
        """Return claims a second by `claim_next`."""
        terms = {"max_hora": CEILING, "max_dia": CEILING, "post_timeout_s": 10}
        owner = str(uuid.uuid4())
        return await self._measure(
            "claim_next",
            lambda conversation: {"conversa_id": conversation, "owner": owner, **terms},
        )

    async def _measure(self, function: str, arguments: Callable[[str], dict[str, object]]) -> float:
        for statement in WAITING:
            await self._pool.execute(statement)
        left = iter(self._conversations)

        async def claim_on() -> None:
            for conversation in left:
                p = {"claim_id": str(uuid.uuid4()), **arguments(conversation)}
                answer = await self._http.post(f"/rpc/{function}", json={"p": p})
                answer.raise_for_status()

        began = time.perf_counter()
        await _together(claim_on)
        rate = len(self._conversations) / (time.perf_counter() - began)
        claimed = await self._pool.fetchval(
            "select count(*) from fila_mensagens where status = 'processando'"
        )
        if claimed != len(self._conversations):
            sys.exit(f"{function} claimed {claimed} of {len(self._conversations)}")
        return rate


async def _together(work: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*(work() for _ in range(SIDE_BY_SIDE)))


@asynccontextmanager
async def opened(folder: Path, claims: int) -> AsyncIterator[Bench]:
    """Open a database with its endpoint, with so many conversations."""
    config = StackConfig.apart(folder, parts=frozenset({"postgres", "supabase"}))
    async with (
        Stack(config) as stack,
        asyncpg.create_pool(stack.pg_dsn(), min_size=1, max_size=2) as pool,
    ):
        await pool.execute(BARE)
        await pool.execute(
            "insert into whatsapp_instances (instance, state) values ($1, 'open')", INSTANCE
        )
        await pool.execute(DOCTORS, INSTANCE, claims)
        conversations = [str(row["id"]) for row in await pool.fetch("select id from conversations")]
        environment = stack.environment()
        async with httpx.AsyncClient(
            base_url=environment["SUPABASE_URL"],
            headers={
                "Authorization": f"Bearer {environment['SUPABASE_SERVICE_KEY']}",
                "Content-Profile": "api",
            },
            timeout=30,
            trust_env=False,
        ) as http:
            # The endpoint reads anew which functions there are.
            async with asyncio.timeout(10):
                while (await http.post("/rpc/bare_claim", json={"p": {}})).is_error:
                    await asyncio.sleep(0.1)
            yield Bench(pool, http, conversations)


async def _main(rounds: int, claims: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), claims) as bench:
            await bench.full()
            pairs = [(await bench.bare(), await bench.full()) for _ in range(rounds)]
    print(
        json.dumps(
            {
                "claim_ratio": round(statistics.median(full / bare for bare, full in pairs), 2),
                "bare_per_s": round(statistics.median(bare for bare, _ in pairs)),
                "claims_per_s": round(statistics.median(full for _, full in pairs)),
                "rounds": rounds,
                "claims": claims,
            }
        )
    )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    asyncio.run(_main(*given, *(5, 300)[len(given) :]))
