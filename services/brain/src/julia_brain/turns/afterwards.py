"""Work that begins when a turn is committed and that nobody waits for."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from julia_brain import metrics
from julia_common.database import Spent, TurnBegun
from julia_common.errors import Permanent, Retryable

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommittedTurn:
    """What is known of a turn that has just been answered."""

    begun: TurnBegun
    conversa_id: str
    usd: Decimal
    """What the turn itself cost."""
    claude_answered: bool
    """False when rules decided."""

    @property
    def spent(self) -> Spent:
        """What has been spent by now, this turn included."""
        before = self.begun.gasto
        return before.model_copy(
            update={
                "conversa_usd": before.conversa_usd + self.usd,
                "medico_dia_usd": before.medico_dia_usd + self.usd,
                "dia_usd": before.dia_usd + self.usd,
            }
        )


type Work = Callable[[], Awaitable[str]]
"""Answers with a word for how it ended, for the metric."""


class Errand(Protocol):
    """One kind of such work."""

    @property
    def name(self) -> str:
        """What to call it in metrics and logs."""
        ...

    @property
    def at_once(self) -> int:
        """How many of it may be under way in this process; what comes then is left undone."""
        ...

    def work(self, turn: CommittedTurn) -> Work | None:
        """What is to be done after this turn; None: nothing."""
        ...


class Afterwards:
    """Starts errands. `run` it as a `Background` of the service, which drops them at its end."""

    name = "afterwards"

    def __init__(self, *errands: Errand) -> None:
        """Start these after each turn that wants them."""
        self._errands = errands
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False

    def begin(self, turn: CommittedTurn) -> None:
        """Start what this turn wants; returns at once and never raises."""
        if self._ended:
            return
        for errand in self._errands:
            task = asyncio.create_task(self._do(errand, turn), name=f"{errand.name} after a turn")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for `stop`, then drop what is under way: nothing depends on it."""
        await stop.wait()
        self._ended = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel("the process is stopping")
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, errand: Errand, turn: CommittedTurn) -> None:
        result = "falha"
        try:
            work = errand.work(turn)
            if work is None:
                return
            result = await self._in_a_place(errand, work)
        except (Retryable, Permanent) as error:
            _log.warning("%s after a turn was not done: %s", errand.name, error)
        except Exception:  # noqa: BLE001 - nothing after a turn may end the process
            _log.exception("a bug in %s after a turn", errand.name)
        metrics.AFTERWARDS.labels(errand.name, result).inc()

    async def _in_a_place(self, errand: Errand, work: Work) -> str:
        if self._under_way[errand.name] >= errand.at_once:
            return "ocupado"
        self._under_way[errand.name] += 1
        try:
            return await work()
        finally:
            self._under_way[errand.name] -= 1
