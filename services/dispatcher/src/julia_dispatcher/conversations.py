"""Whose turn it is in this process: one conversation at a time, many side by side."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from julia_common.errors import Retryable
from julia_common.lifecycle import stopped_within
from julia_dispatcher.slots import Slots

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Typing:
    """The doctor sees that somebody types, for so long; then the part may go."""

    seconds: float


type Wait = float | Typing
"""Seconds after which something may go; 0: at once."""

SHORT_WAIT_SECONDS: Final = 3.0
"""A refusal that lasts no longer is waited out here; the sweeper rings for the others."""

_SHORT_WAITS: Final = 5
_KEPT_DOORBELLS: Final = 16
"""Doorbells of one number that are kept until something was done about them."""


@dataclass(slots=True)
class _Visit:
    instance: str
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    # Done when the doorbell is not needed any more: what follows the sweeper would ring for too.
    answered: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Conversations:
    """Repeats `step` for each conversation that was rung for, at most `side_by_side` at once.

    A step answers when something more may go, or None when the rest is not for now. Waiting takes
    no place, and no doorbell: those of a number that has little luck must not keep the others' in
    the broker. The database guards a conversation against other processes; this class only saves
    their refusals.
    """

    def __init__(self, step: Callable[[str], Awaitable[Wait | None]], *, side_by_side: int) -> None:
        """Prepare; nothing runs before the first `ring`."""
        self._step = step
        self._slots = Slots(side_by_side)
        self._visits: dict[str, _Visit] = {}
        self._kept: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    name = "conversations"

    async def run(self, stop: asyncio.Event) -> None:
        """Start no further step once `stop` is set; return when those that run have ended."""
        await stop.wait()
        self._stopping.set()
        for visit in self._visits.values():
            visit.rung.set()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def ring(self, conversa_id: str, instance: str) -> None:
        """Return when what may go at once has been sent; raise what the step raises.

        Returns early when the conversation is being worked on (that work looks once more), when it
        has to wait, and when many of its number do already: the work goes on by itself.
        """
        if conversa_id in self._visits:
            self._visits[conversa_id].rung.set()
            return
        visit = self._visits[conversa_id] = _Visit(instance)
        task = asyncio.create_task(self._attend(conversa_id, visit), name=f"send {conversa_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._kept[instance] >= _KEPT_DOORBELLS:
            visit.answered.set_result(None)
            return
        self._kept[instance] += 1
        try:
            await asyncio.shield(visit.answered)
        finally:
            self._kept[instance] -= 1

    async def _attend(self, conversa_id: str, visit: _Visit) -> None:
        try:
            await self._work(conversa_id, visit)
        except Exception as error:
            if not visit.answered.done():
                visit.answered.set_exception(error)
            elif isinstance(error, Retryable):
                log.warning("left to the sweeper", conversa_id=conversa_id, error=str(error))
            else:
                log.exception("left to the sweeper", conversa_id=conversa_id)
        finally:
            del self._visits[conversa_id]
            if not visit.answered.done():
                visit.answered.set_result(None)

    async def _work(self, conversa_id: str, visit: _Visit) -> None:
        waits = 0
        while not self._stopping.is_set():
            visit.rung.clear()
            async with self._slots.one_for(visit.instance):
                if self._stopping.is_set():
                    return
                wait = await self._step(conversa_id)
            if wait == 0 or visit.rung.is_set():
                continue
            if not visit.answered.done():
                visit.answered.set_result(None)
            if isinstance(wait, Typing):
                await stopped_within(visit.rung, wait.seconds)
                continue
            if wait is None or wait > SHORT_WAIT_SECONDS or waits == _SHORT_WAITS:
                return
            waits += 1
            await stopped_within(visit.rung, wait)
