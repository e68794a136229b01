"""A short run at production's 15 an hour and 80 a day: the rest is handed to people.

The database's clock is moved on by hours; everything else is real.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from julia_dev.ledger import plan
from julia_dev.ledger.account import balance
from julia_dev.ledger.world import World, gather
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

PER_HOUR, PER_DAY = 15, 80
WRITE_AN_HOUR = 20
HOURS = 6
_SETTLE_S = 90


@dataclass(frozen=True)
class Ceilings:
    """The figures of the run."""

    accepted: int
    answered: int
    handed_over: int
    lost: int
    doubled: int
    sent: int
    most_in_an_hour: int
    most_in_a_day: int

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        bars = {
            "at 15/80: not everybody was answered or handed over": (
                self.answered + self.handed_over == self.accepted == WRITE_AN_HOUR * HOURS
            ),
            f"at 15/80: lost {self.lost}": self.lost == 0,
            f"at 15/80: doubled {self.doubled}": self.doubled == 0,
            f"at 15/80: {self.most_in_an_hour} in an hour": self.most_in_an_hour <= PER_HOUR,
            f"at 15/80: {self.most_in_a_day} in a day": self.most_in_a_day <= PER_DAY,
            f"at 15/80: only {self.sent} sent, so no ceiling was reached": self.sent == PER_DAY,
        }
        return [bar for bar, kept in bars.items() if not kept]


async def run(folder: Path) -> Ceilings:
    """Let more doctors write than may be answered, for more hours than the day allows."""
    env = {"MAX_MSGS_POR_HORA": str(PER_HOUR), "MAX_MSGS_POR_DIA": str(PER_DAY)}
    people = plan.doctors(WRITE_AN_HOUR * HOURS)
    written: dict[str, tuple[int, str, int]] = {}
    in_hour: list[int] = []
    async with (
        Stack(StackConfig.apart(folder, env=env)) as stack,
        World(stack) as world,
    ):
        print(f"{len(people)} doctors at {PER_HOUR} an hour and {PER_DAY} a day", flush=True)
        await world.join(people, plain=True)
        for hour in range(HOURS):
            sent_before = (await world.summary())["deliveries"]
            # A little more than an hour: an attempt counts for its own duration beyond the window.
            await _move_clock(world, hours=hour, minutes=hour)
            await _write(world, people[hour * WRITE_AN_HOUR :][:WRITE_AN_HOUR], hour, written)
            room = min(PER_HOUR, PER_DAY - sent_before)
            await _until_sent(world, sent_before + room)
            # Half an hour later who still waits is handed to a person.
            await _move_clock(world, hours=hour, minutes=hour + 31)
            await _until_empty(world)
            in_hour.append((await world.summary())["deliveries"] - sent_before)
        records = await gather(world, written=written, by_sql={}, by_phone=set(), stops=[])
        account = balance(records)
        return Ceilings(
            accepted=account.accepted,
            answered=account.answered,
            handed_over=account.handed_over,
            lost=account.lost,
            doubled=account.doubled,
            sent=len(records.deliveries),
            most_in_an_hour=max(in_hour),
            most_in_a_day=len(records.deliveries),
        )


async def _move_clock(world: World, *, hours: int, minutes: int) -> None:
    """Move the clock of this run's own database; production has no such offset."""
    await world.sql(
        "create or replace function api.agora() returns timestamptz language sql volatile"
        " set search_path = '' as $$ select clock_timestamp() + interval"
        f" '{hours} hours {minutes} minutes' $$"
    )


async def _write(
    world: World, people: tuple[str, ...], hour: int, written: dict[str, tuple[int, str, int]]
) -> None:
    at = int(time.time()) + hour * 3660
    numbers = range(len(written) + 1, len(written) + 1 + len(people))
    records = await world.write(
        [
            {"doctor": doctor, "text": f"Oi, tem plantão? #m{number}", "timestamp": at}
            for number, doctor in zip(numbers, people, strict=True)
        ]
    )
    for number, doctor, record in zip(numbers, people, records, strict=True):
        written[record["key_id"]] = (number, doctor, at)


async def _until_sent(world: World, count: int) -> None:
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        if (await world.summary())["deliveries"] >= count and await _all_committed(world):
            return
        await asyncio.sleep(0.5)


async def _all_committed(world: World) -> bool:
    (row,) = await world.sql("select count(*) as n from interacoes where situacao = 'pendente'")
    return int(row["n"]) == 0


async def _until_empty(world: World) -> None:
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline and await world.backlog():
        await asyncio.sleep(0.5)
