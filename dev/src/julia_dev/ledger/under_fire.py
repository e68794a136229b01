"""300 doctors write thousands of messages while everything is killed."""

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from julia_dev.extent import LedgerExtent
from julia_dev.ledger import plan
from julia_dev.ledger.account import Account, balance
from julia_dev.ledger.chaos import Chaos, Toll
from julia_dev.ledger.draining import drain
from julia_dev.ledger.driver import Driver
from julia_dev.ledger.world import World, gather
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

DOCTORS = 300
TAKEOVERS = 20
STOPS = 2
KILLS_EACH, LEAST_KILLS = 2, 8
REPLICAS = {"brain": 2, "dispatcher": 2, "scheduler": 2}
PER_HOUR, PER_DAY = 8_000, 20_000
"""Raised, so that the ceilings of production do not decide who is answered; still asserted."""

DRAIN_S = 300
"""Far more than recovery takes (120 s where a send is uncertain): two busy cores set the pace."""


@dataclass(frozen=True)
class Verdict:
    """The figures of the run."""

    extent: LedgerExtent
    account: Account
    toll: Toll
    pending: int
    claims_after_stop: int
    late_starts: int
    sent_in_an_hour: int
    drained_s: float

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        a = self.account
        return {
            "accepted": a.accepted,
            "refused": a.refused,
            "answered": a.answered,
            "handed_over": a.handed_over,
            "handed_over_by_julia": a.handed_over_by_julia,
            "lost": a.lost,
            "doubled": a.doubled,
            "out_of_order": a.out_of_order,
            "crossed": a.crossed,
            "pending": self.pending,
            "after_stop": a.after_stop + self.claims_after_stop + self.late_starts,
            "kills": self.toll.total,
            "killed": self.toll.kills,
            "restarted": [*self.toll.restarted, *["redis flushed"] * self.toll.flushed],
            "sent_in_an_hour": self.sent_in_an_hour,
            "drained_s": round(self.drained_s, 1),
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        a = self.account
        shown, share = self.figures(), self.extent.handed_over_share
        zero = ("refused", "lost", "doubled", "out_of_order", "crossed", "pending", "after_stop")
        bars = {f"{name} is {shown[name]}, not 0": shown[name] == 0 for name in zero}
        bars |= {
            f"accepted is {a.accepted}, not {self.extent.messages}": (
                a.accepted == self.extent.messages
            ),
            "answered + handed_over is not accepted": a.answered + a.handed_over == a.accepted,
            f"{a.handed_over_by_julia} messages handed over beyond takeovers, above {share:.0%}": (
                a.handed_over_by_julia <= share * a.accepted
            ),
            f"{self.toll.total} kills with work in hand, below {LEAST_KILLS}": (
                self.toll.total >= LEAST_KILLS
            ),
            "a service process was killed less than twice": (
                len(self.toll.kills) == 1 + sum(REPLICAS.values())
                and min(self.toll.kills.values()) >= KILLS_EACH
            ),
            "the ceiling of an hour was exceeded": self.sent_in_an_hour <= PER_HOUR,
        }
        return [bar for bar, kept in bars.items() if not kept]


async def run(
    folder: Path, seed: int, extent: LedgerExtent, *, fought: asyncio.Event | None = None
) -> Verdict:
    """Play it all; returns the figures. `fought` is set when all is written and killed."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable run, not a secret
    drawn = plan.draw(
        rng,
        doctor_count=DOCTORS,
        message_count=extent.messages,
        takeover_count=TAKEOVERS,
        stop_count=STOPS,
        lasts_s=extent.lasts_s,
    )
    env = {"MAX_MSGS_POR_HORA": str(PER_HOUR), "MAX_MSGS_POR_DIA": str(PER_DAY)}
    config = StackConfig.apart(folder, replicas=REPLICAS, env=env)
    async with (
        Stack(config) as stack,
        World(stack) as world,
    ):
        print(f"the stack is up; {extent.messages} messages in {extent.lasts_s:.0f} s", flush=True)
        await world.tune(webhook_time_scale=0.1)
        await world.slow_sends(0.15)
        await world.join(drawn.doctors)
        driver, chaos = Driver(world, drawn), Chaos(stack, world, rng)
        async with asyncio.TaskGroup() as group:
            progress = group.create_task(_progress(world, chaos.toll))
            async with asyncio.TaskGroup() as acts:
                acts.create_task(driver.run())
                acts.create_task(chaos.run(times=KILLS_EACH, lasts_s=extent.lasts_s))
            print("all is written and killed; draining", flush=True)
            if fought is not None:
                fought.set()
            began = time.monotonic()
            pending = await drain(world, within_s=DRAIN_S)
            drained_s = time.monotonic() - began
            progress.cancel()
        records = await gather(
            world,
            written=driver.written,
            by_sql=driver.by_sql,
            by_phone=driver.by_phone,
            stops=driver.stops,
        )
        return Verdict(
            extent=extent,
            account=balance(records),
            toll=chaos.toll,
            pending=pending,
            claims_after_stop=await _claims_after_stop(world),
            late_starts=await _late_starts(world),
            sent_in_an_hour=len(records.deliveries),
            drained_s=drained_s,
        )


async def _progress(world: World, toll: Toll) -> None:
    while True:
        await asyncio.sleep(15)
        summary = await world.summary()
        print(
            f"  written {summary['inbound']}, sent {summary['deliveries']}, "
            f"webhooks on their way {summary['webhooks_on_their_way']}, "
            f"kills {sum(toll.kills.values())}",
            flush=True,
        )


async def _claims_after_stop(world: World) -> int:
    """Count claims dated inside a pause: both times are the database's, taken under its lock."""
    (row,) = await world.sql(
        "select count(*) as n from envios e"
        " where coalesce((select s.status <> 'ativo' from julia_status s"
        " where s.created_at <= e.claimed_at order by s.id desc limit 1), false)"
        " and (select r.pausa from fila_mensagens f join regras_envio r on r.kind = f.kind"
        " where f.id = e.fila_id)"
    )
    return int(row["n"])


async def _late_starts(world: World) -> int:
    (row,) = await world.sql("select count(*) as n from envios where late_start")
    return int(row["n"])
