"""Keeping a turn ours while Claude thinks."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final

from julia_brain.ports import Turns
from julia_common.database import TurnBegun, TurnLost
from julia_common.errors import Retryable
from julia_common.resilience.clock import Clock

_log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 15
RENEW_SECONDS: Final = 5.0


class Loss(StrEnum):
    """Why the draft under way is of no use any more."""

    LEASE = "lease"
    """Another process has the turn, or it ended."""
    EPOCH = "epoca"
    """A person took over, or the doctor opted out."""
    PAUSE = "pausa"
    """Julia is paused."""


class TurnDropped(Exception):
    """The turn cannot be answered by this draft."""

    def __init__(self, loss: Loss) -> None:
        """Say why."""
        super().__init__(loss.value)
        self.loss = loss


class Lease:
    """A turn's lease as its keeper last saw it."""

    def __init__(self) -> None:
        """Nothing is lost yet."""
        self._lost: asyncio.Future[Loss] = asyncio.get_running_loop().create_future()

    def lose(self, loss: Loss) -> None:
        """Note why the turn is lost; the first reason stands."""
        if not self._lost.done():
            self._lost.set_result(loss)

    async def guard[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Await the work, but drop it and raise `TurnDropped` as soon as the turn is lost."""
        task = asyncio.create_task(work)
        waited: set[asyncio.Future[Any]] = {task, self._lost}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if self._lost.done():
                raise TurnDropped(self._lost.result())
            return task.result()
        finally:
            await _cancelled(task)


@asynccontextmanager
async def keep_lease(
    turns: Turns, clock: Clock, begun: TurnBegun, conversa_id: str, token: str
) -> AsyncIterator[Lease]:
    """Renew the lease every five seconds during the block."""
    lease = Lease()
    keeper = asyncio.create_task(_keep(turns, clock, begun, conversa_id, token, lease))
    try:
        yield lease
    finally:
        await _cancelled(keeper)


async def _keep(
    turns: Turns, clock: Clock, begun: TurnBegun, conversa_id: str, token: str, lease: Lease
) -> None:
    while True:
        await clock.sleep(RENEW_SECONDS)
        try:
            renewed = await turns.renew_turn(
                conversa_id=conversa_id, token=token, lease_s=LEASE_SECONDS
            )
        except Retryable as error:
            # Not a loss: if the lease really ends, the token refuses our commit.
            _log.warning("the lease of %s was not renewed: %s", conversa_id, error)
            continue
        if isinstance(renewed, TurnLost):
            return lease.lose(Loss.LEASE)
        if renewed.control_epoch != begun.control_epoch:
            return lease.lose(Loss.EPOCH)
        if renewed.paused:
            return lease.lose(Loss.PAUSE)


async def _cancelled(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
