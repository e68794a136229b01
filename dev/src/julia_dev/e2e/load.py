"""Doctors who write while something is done to the cluster, and the account of it."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from julia_dev.e2e.accounts import Tally, answers, only
from julia_dev.ledger import plan
from julia_dev.ledger.account import balance
from julia_dev.ledger.draining import drain
from julia_dev.ledger.driver import Driver
from julia_dev.ledger.world import World, gather
from julia_dev.stopping.scene import eventually, require

LONGEST_S: Final = 900
"""So long doctors write at most, whatever is done meanwhile."""
DRAIN_S: Final = 240
"""Far more than recovery takes: 120 s where a send is uncertain."""
_PAUSE_S: Final = 30
"""A doctor writes about so often."""
_LEAST_DOCTORS: Final = 40
_SLOTS, _APART = 50, 20_000
"""Doctors and messages of one load are numbered apart from those of the next."""
_PROGRESS_S: Final = 15


@dataclass
class Loads:
    """The loads of a run, one after the other; each has doctors of its own.

    Attributes:
        rate: messages in a second, of all doctors together.
        numbers: our numbers, to which the doctors write in turn.
        tallies: what became of the loads so far.
    """

    world: World
    rng: random.Random
    rate: float
    numbers: tuple[str, ...]
    tallies: list[Tally] = field(default_factory=list)
    _slots: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin anywhere: a run that goes on with what another left meets other doctors."""
        slots = range(1, _SLOTS)
        begin = self.rng.randrange(len(slots))
        self._slots = itertools.cycle((*slots[begin:], *slots[:begin]))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Driver]:
        """Let doctors write while the block runs; then wait for the answers and make the account.

        The block begins when the first messages were answered.

        Raises:
            Wrong: the account misses a bar; it is among the tallies nevertheless.
        """
        drawn = plan.draw(
            self.rng,
            doctor_count=max(_LEAST_DOCTORS, round(self.rate * _PAUSE_S)),
            message_count=min(round(self.rate * LONGEST_S), _APART - 1),
            takeover_count=0,
            stop_count=0,
            lasts_s=LONGEST_S,
            first=next(self._slots) * _APART,
        )
        await self.world.forget_thoughts()
        since = (await self.world.summary())["last"]
        await self.world.join(drawn.doctors)
        write_to = dict(zip(drawn.doctors, itertools.cycle(self.numbers), strict=False))
        driver = Driver(self.world, drawn, write_to)
        sent = (await self.world.summary())["deliveries"]
        telling = asyncio.create_task(self._tell(driver))
        writing = asyncio.create_task(driver.run())
        try:
            await eventually("the first answer", lambda: self._sent_more_than(sent), within_s=90)
            yield driver
        except Exception:
            # What went wrong is told; the account is made all the same.
            await self._end(driver, drawn, writing, since)
            raise
        finally:
            telling.cancel()
            driver.enough()
        tally = await self._end(driver, drawn, writing, since)
        missed = tally.missed()
        require(not missed, "; ".join(missed))

    async def _sent_more_than(self, count: int) -> bool:
        return bool((await self.world.summary())["deliveries"] > count)

    async def _end(
        self, driver: Driver, drawn: plan.Plan, writing: "asyncio.Task[None]", since: int
    ) -> Tally:
        driver.enough()
        await writing
        tally = await self._settle(driver, drawn, since)
        self.tallies.append(tally)
        _show(tally)
        return tally

    async def _settle(self, driver: Driver, drawn: plan.Plan, since: int) -> Tally:
        began = time.monotonic()
        pending = await drain(self.world, within_s=DRAIN_S)
        drained_s = time.monotonic() - began
        records = await gather(
            self.world, written=driver.written, by_sql={}, by_phone=set(), stops=()
        )
        return Tally(
            account=balance(only(records, drawn.doctors)),
            answers=answers(await self.world.records("webhook", after=since)),
            pending=pending,
            drained_s=drained_s,
        )

    async def _tell(self, driver: Driver) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            summary = await self.world.summary()
            print(
                f"    written {len(driver.written)}, "
                f"webhooks on their way {summary['webhooks_on_their_way']}, "
                f"sent since the beginning {summary['deliveries']}",
                flush=True,
            )


def _show(tally: Tally) -> None:
    a = tally.account
    print(
        f"    accepted {a.accepted} = answered {a.answered} + handed over {a.handed_over}"
        f" + lost {a.lost}; doubled {a.doubled}, out of order {a.out_of_order},"
        f" non-2xx {tally.non_2xx}, drained in {tally.drained_s:.0f} s;"
        f" refused or reset, and tried again: {dict(tally.answers.unanswered) or 0}",
        flush=True,
    )
