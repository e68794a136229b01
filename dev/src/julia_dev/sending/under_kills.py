"""Low ceilings, two dispatchers, two schedulers, and one of the four killed every few seconds.

Each number begins with a past that fills its ceiling to the last message and slides out of the
window while doctors write: places open one by one, and every claim of the run is made at the edge.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from julia_dev.ledger import plan
from julia_dev.ledger.account import Account, balance
from julia_dev.ledger.chaos import Chaos, Toll
from julia_dev.ledger.draining import drain
from julia_dev.ledger.driver import Driver
from julia_dev.ledger.world import World, gather
from julia_dev.sending.windows import most_within
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

HOUR_S, DAY_S = 3_600, 86_400
PER_HOUR, PER_DAY = 40, 100
POST_TIMEOUT_S = 3
NUMBERS = {"julia-hora-1": HOUR_S, "julia-hora-2": HOUR_S, "julia-dia": DAY_S}
"""Each number, and the window that its past fills."""

DOCTORS_EACH = 60
KILLED = ("dispatcher", "scheduler")
KILL_EVERY_S = 30
"""How often each of the four is killed, on average."""
_WRITING = 0.8
"""The share of the time in which doctors write: the rest drains what may still go."""
_RING_S = 20
"""Who waits for a place is looked at again within this time."""
_DRAIN_S = 300
_REPLY_WINDOW_MIN = 31

_PAST = """
with medico as (
  insert into medicos (telefone) values ($2) returning id
), conversa as (
  insert into conversations (medico_id, instance) select id, $1 from medico returning *
), sent as (
  insert into fila_mensagens
    (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, control_epoch,
     status, outcome, claim_id, enviada_em)
  select c.medico_id, c.id, $1, -n, 1, 'reply', 'reply', 'antes', 0, 'enviada', 'SENT',
         gen_random_uuid(), to_timestamp(moment)
    from conversa c, unnest($3::float8[]) with ordinality as past(moment, n)
  returning *
)
insert into envios
  (claim_id, fila_id, conversa_id, medico_id, kind, instance, tentativa, text_hash, status, conta,
   claimed_at, deadline_at, resolved_at)
select claim_id, id, conversa_id, medico_id, kind, instance, 1, 'antes', 'enviado', true,
       enviada_em, enviada_em, enviada_em
  from sent
"""


@dataclass(frozen=True)
class UnderKills:
    """The figures of the run; the fullest windows are of the fullest number."""

    account: Account
    toll: Toll
    kills_planned: int
    pending: int
    sent: int
    fullest_by_record: Mapping[str, int]
    """The fullest window of each number, by the claims in the database."""
    fullest_by_phones: Mapping[str, int]
    """The same by what was delivered at the simulated WhatsApp."""
    over_ceiling: int

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        return {
            "accepted": self.account.accepted,
            "answered": self.account.answered,
            "handed_over": self.account.handed_over,
            "lost": self.account.lost,
            "doubled": self.account.doubled,
            "out_of_order": self.account.out_of_order,
            "pending": self.pending,
            "sent": self.sent,
            "kills": self.toll.total,
            "fullest_by_record": self.fullest_by_record,
            "fullest_by_phones": self.fullest_by_phones,
            "over_ceiling": self.over_ceiling,
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        a = self.account
        zero = {"lost": a.lost, "doubled": a.doubled, "pending": self.pending}
        zero |= {"out_of_order": a.out_of_order, "over_ceiling": self.over_ceiling}
        bars = {f"under kills: {name} is {n}, not 0": n == 0 for name, n in zero.items()}
        places = PER_HOUR * len(NUMBERS)
        bars |= {
            "under kills: not everybody was answered or handed over": (
                a.answered + a.handed_over == a.accepted == DOCTORS_EACH * len(NUMBERS)
            ),
            f"under kills: {self.toll.total} kills with work in hand of {self.kills_planned}": (
                self.toll.total >= self.kills_planned / 2
            ),
            # A send of unknown fate keeps its place, and its resend takes another.
            f"under kills: {self.sent} sent where {places} places opened": (
                self.sent >= 0.8 * places
            ),
        }
        return [bar for bar, kept in bars.items() if not kept]


async def run(folder: Path, seed: int, *, lasts_s: float) -> UnderKills:
    """Play it; returns the figures."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable run, not a secret
    env = {
        "MAX_MSGS_POR_HORA": str(PER_HOUR),
        "MAX_MSGS_POR_DIA": str(PER_DAY),
        "EVOLUTION_TIMEOUT_SECONDS": str(POST_TIMEOUT_S),
        "EVOLUTION_INSTANCE": ",".join(NUMBERS),
    }
    config = StackConfig.apart(folder, replicas=dict.fromkeys(KILLED, 2), env=env)
    async with Stack(config) as stack, World(stack) as world:
        await world.tune(webhook_time_scale=0.1)
        await world.slow_sends(0.15)
        people = plan.doctors(DOCTORS_EACH * len(NUMBERS))
        await world.join(people, plain=True)
        number_of = dict(zip(people, sorted(NUMBERS) * DOCTORS_EACH, strict=True))
        past = await _fill(world, rng, lasts_s)
        print(f"  {len(people)} doctors write to {len(NUMBERS)} full numbers", flush=True)
        driver = Driver(world, _plan(rng, people, lasts_s), number_of)
        chaos, times = Chaos(stack, world, rng), round(lasts_s / KILL_EVERY_S)
        async with asyncio.TaskGroup() as acts:
            acts.create_task(driver.run())
            acts.create_task(
                chaos.run(times=times, lasts_s=lasts_s, services=KILLED, servers=False)
            )
        pending = await _drain(world)
        records = await gather(world, written=driver.written, by_sql={}, by_phone=set(), stops=[])
        by_record = await _claims(world)
        by_phones = await _deliveries(world, past)
        return UnderKills(
            account=balance(records),
            toll=chaos.toll,
            kills_planned=2 * len(KILLED) * times,
            pending=pending,
            sent=len(records.deliveries),
            fullest_by_record=_fullest(by_record),
            fullest_by_phones=_fullest(by_phones),
            over_ceiling=_over(by_record) + _over(by_phones),
        )


def _plan(rng: random.Random, people: tuple[str, ...], lasts_s: float) -> plan.Plan:
    """Let everybody write once, at any moment."""
    return plan.draw(
        rng,
        doctor_count=len(people),
        message_count=len(people),
        takeover_count=0,
        stop_count=0,
        lasts_s=_WRITING * lasts_s,
    )


async def _fill(world: World, rng: random.Random, lasts_s: float) -> dict[str, list[float]]:
    """Give each number its past; returns the moments."""
    now, past = time.time(), {}
    for n, (name, window) in enumerate(NUMBERS.items()):
        await world.sql(
            "select api.connection_changed(jsonb_build_object('instance', $1::text,"
            " 'state', 'open'))",
            name,
        )
        # As many slide out as an hour may hold; the rest of a day lies between.
        past[name] = [now - window + rng.uniform(0, lasts_s) for _ in range(PER_HOUR)]
        past[name] += [
            now - rng.uniform(4, 20) * HOUR_S for _ in range(_ceiling(window) - PER_HOUR)
        ]
        await world.sql(_PAST, name, f"+55119800000{n:02}", past[name])
    return past


async def _drain(world: World) -> int:
    """Wait until only what the ceilings hold is open, then let its time run out."""
    await asyncio.sleep(_RING_S)
    calm, deadline = 0, time.monotonic() + _DRAIN_S
    # A claim under way when the clock is moved would look like one whose dispatcher died.
    while time.monotonic() < deadline and calm < 3:  # noqa: PLR2004
        await asyncio.sleep(1)
        (row,) = await world.sql(
            "select (select count(*) from envios where status in ('aberto', 'incerto'))"
            " + (select count(*) from interacoes where situacao = 'pendente') as n"
        )
        calm = calm + 1 if row["n"] + await world.queued() == 0 else 0
    await world.sql(
        "create or replace function api.agora() returns timestamptz language sql volatile"
        " set search_path = '' as $$ select clock_timestamp() + interval"
        f" '{_REPLY_WINDOW_MIN} minutes' $$"
    )
    # What runs out is handed over, which is work again: one look that finds nothing proves little.
    return await drain(world, within_s=deadline - time.monotonic())


async def _claims(world: World) -> dict[str, list[float]]:
    rows = await world.sql(
        "select instance, extract(epoch from claimed_at)::float8 as at from envios where conta"
    )
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row["instance"]].append(row["at"])
    return found


async def _deliveries(world: World, past: Mapping[str, list[float]]) -> dict[str, list[float]]:
    found = {name: list(moments) for name, moments in past.items()}
    for record in await world.records("delivery"):
        found[record["instance"]].append(record["started_at"])
    return found


def _ceiling(window: int) -> int:
    return PER_HOUR if window == HOUR_S else PER_DAY


def _fullest(moments: Mapping[str, list[float]]) -> dict[str, int]:
    """Return the fullest window of each number, of the length that its past was made for."""
    return {name: most_within(moments[name], window) for name, window in NUMBERS.items()}


def _over(moments: Mapping[str, list[float]]) -> int:
    """Return by how much the fullest hours and days of all numbers exceed the ceilings."""
    return sum(
        max(0, most_within(moments[name], window) - _ceiling(window))
        for name in NUMBERS
        for window in (HOUR_S, DAY_S)
    )
