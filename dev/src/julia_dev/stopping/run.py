"""One run: a whole stack, an API server, two operators; scenarios, stops under load, accounts."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from julia_common.database import Database
from julia_dev.extent import OperatorExtent
from julia_dev.kube.kube import Kube
from julia_dev.ledger.account import balance
from julia_dev.ledger.world import World, gather
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack
from julia_dev.stopping import propagation, records, scenarios
from julia_dev.stopping.letters import CROWDED, Letters, Load
from julia_dev.stopping.operators import Operators
from julia_dev.stopping.scenarios.play import play
from julia_dev.stopping.scene import NAMESPACE, NUMBERS, Scene
from julia_dev.stopping.stops import after_stop, begun_late
from julia_dev.stopping.verdict import Verdict

DOCTORS: Final = 300
MESSAGES_A_SECOND: Final = 2.0
SEND_S: Final = 2.5
"""So long a send to the crowd takes at Evolution: at every moment some are under way."""

_ENV: Final = {
    "EVOLUTION_INSTANCE": ",".join((*NUMBERS, CROWDED)),
    # Raised, so that the ceilings of production do not decide what is sent.
    "MAX_MSGS_POR_HORA": "8000",
    "MAX_MSGS_POR_DIA": "20000",
}
_CLAUDE: Final = {"SIM_ANTHROPIC_FIRST_TOKEN_MEDIAN_S": "0.2"}

_FURNISH: Final = (
    # Whether something goes is to depend on stops alone: not on spacing, typing, the hour of day.
    "update configuracoes set valor = '[0, 0]' where chave = 'espacamento_segundos'",
    "update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere'",
    "create or replace function private.opens_at(p_now timestamptz) returns timestamptz"
    " language sql stable as 'select null::timestamptz'",
    "insert into especialidades (nome) values ('Pediatria'), ('Anestesiologia')",
)

_OLD_NUMBER: Final = """
select api.connection_changed(jsonb_build_object('instance', $1::text, 'state', 'open')),
       api.definir_numero(jsonb_build_object('instance', $1::text, 'antigo', true, 'por', 'cena'))
"""


async def run(folder: Path, seed: int, extent: OperatorExtent) -> Verdict:
    """Play it all; returns the figures.

    Raises:
        StackError: something of it did not start.
    """
    rng = random.Random(seed)  # noqa: S311 - a repeatable run, not a secret
    async with _furnished(folder, rng) as scene:
        print(f"scenarios: {len(scenarios.ALL)}", flush=True)
        groups = [[one] for one in scenarios.ALL] if extent.one_at_a_time else scenarios.GROUPS
        *first, last = groups
        outcomes = await play(scene, first)
        print("stops under load", flush=True)
        stops = await propagation.run(scene, rng, extent.trials)
        # What takes minutes to be told has had them.
        outcomes += await play(scene, [last])
        decisions, claims = await records.decisions(scene.world), await records.claims(scene.world)
        account = balance(
            await gather(
                scene.world,
                written=scene.letters.written,
                by_sql={},
                by_phone=set(),
                stops=(),
            )
        )
        return Verdict(
            least_trials=extent.trials,
            trials=await propagation.trials(scene, stops),
            outcomes=outcomes,
            account=account,
            pending=await scene.world.backlog(),
            decisions=len(decisions),
            claims=len(claims),
            claims_after_commit=len(after_stop(decisions, claims)),
            late_starts=len(begun_late(decisions, claims)),
        )


@asynccontextmanager
async def _furnished(folder: Path, rng: random.Random) -> AsyncIterator[Scene]:
    config = StackConfig.apart(
        folder,
        replicas={"dispatcher": 2},
        env=_ENV,
        part_env={"anthropic": _CLAUDE},
        durable=False,
    )
    async with AsyncExitStack() as held:
        stack, kube = Stack(config), Kube(folder / "kube")
        held.push_async_callback(kube.stop)
        held.push_async_callback(stack.stop, at_once=True)
        await asyncio.gather(stack.start(), kube.start())
        world = await held.enter_async_context(World(stack))
        operators = await Operators.at_home(stack, kube.access, NAMESPACE)
        held.push_async_callback(operators.stop, at_once=True)
        await operators.start()
        database = await Database.create(stack.url("supabase"), stack.secrets.service_key)
        held.push_async_callback(database.aclose)
        letters = Letters(world)
        load = Load(world, letters, rng, doctors=DOCTORS, a_second=MESSAGES_A_SECOND)
        await world.tune(webhook_time_scale=0.1)
        await world.slow_sends(SEND_S, instance=CROWDED)
        for statement in _FURNISH:
            await world.sql(statement)
        for number in (*NUMBERS, CROWDED):
            await world.sql(_OLD_NUMBER, number)
        await load.join()
        yield Scene(
            stack=stack,
            world=world,
            kube=kube,
            kubectl=kube.access.kubectl(NAMESPACE),
            operators=operators,
            database=database,
            letters=letters,
            load=load,
        )
