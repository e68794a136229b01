"""Finds due conversations in the table and runs their turns: oldest first, not too many at once.

The table is polled every second, which is what makes it certain that nothing is forgotten. What
makes it fast: whoever received a message polls when that message's quiet time ends.
"""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from julia_brain import metrics
from julia_brain.ports import Turns
from julia_brain.turns.engine import Finished
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import Clock

_log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
SOON_SECONDS: Final = 0.25
"""What is due this soon is waited for instead of a whole poll. What is due later wakes the replica
that received it, so that the others do not compete for each turn."""

GATHER_SECONDS: Final = 0.02
"""Wake-ups this close together are one poll."""

DRAIN_SECONDS: Final = 12.0


class TurnTaker:
    """The loop that takes turns. `run` it as a `Background` of the service."""

    name = "turns"

    def __init__(
        self,
        turns: Turns,
        run_turn: Callable[[str], Awaitable[Finished]],
        *,
        owner: str,
        clock: Clock,
        capacity: int,
    ) -> None:
        """At most `capacity` turns are run at a time by `run_turn`."""
        self._turns = turns
        self._run_turn = run_turn
        self._owner = owner
        self._clock = clock
        self._capacity = capacity
        self._running: dict[str, asyncio.Task[None]] = {}
        self._alarms: list[float] = []
        self._changed = asyncio.Event()

    def due_in(self, seconds: float) -> None:
        """Look again after `seconds`: a conversation becomes due then."""
        heapq.heappush(self._alarms, self._clock.monotonic() + seconds)
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until `stop` is set; then finish those under way, or give them back."""
        stopping = asyncio.create_task(self._wake_on(stop))
        try:
            while not stop.is_set():
                await self._pause(stop, await self._poll())
        finally:
            stopping.cancel()
            await self._drain()

    async def _poll(self) -> float:
        """Start what is due; returns after how many seconds to look again at the latest."""
        now = self._clock.monotonic()
        while self._alarms and self._alarms[0] <= now + GATHER_SECONDS:
            heapq.heappop(self._alarms)
        # Asked even with no place free: the question also tells that this process lives.
        free = self._capacity - len(self._running)
        try:
            due = await self._turns.due_turns(
                owner=self._owner, limit=free, exclude=frozenset(self._running)
            )
        except Retryable as error:
            _log.warning("the due turns are not known: %s", error)
            return POLL_SECONDS
        for turn in due.turns:
            self._start(turn.conversa_id)
        next_due = POLL_SECONDS if due.next_due_in_ms is None else due.next_due_in_ms / 1000
        return next_due if next_due <= SOON_SECONDS else POLL_SECONDS

    def _start(self, conversa_id: str) -> None:
        if conversa_id in self._running:
            return
        task = asyncio.create_task(self._turn(conversa_id), name=f"turn {conversa_id}")
        self._running[conversa_id] = task
        metrics.TURNS_RUNNING.set(len(self._running))
        task.add_done_callback(lambda _: self._ended(conversa_id))

    async def _turn(self, conversa_id: str) -> None:
        try:
            finished = await self._run_turn(conversa_id)
        except Retryable as error:
            _log.warning("the turn of %s was left to its lease: %s", conversa_id, error)
        except Permanent as error:
            _log.error("the turn of %s failed: %s", conversa_id, error)
        except Exception:  # noqa: BLE001 - one turn must not end the others
            # Given back as failed: the database counts, and after the third a person gets it.
            _log.exception("a bug in the turn of %s", conversa_id)
        else:
            if finished.due_in_s is not None:
                self.due_in(finished.due_in_s)

    def _ended(self, conversa_id: str) -> None:
        was_full = len(self._running) >= self._capacity
        del self._running[conversa_id]
        metrics.TURNS_RUNNING.set(len(self._running))
        if was_full:
            self.due_in(0)

    async def _pause(self, stop: asyncio.Event, at_most: float) -> None:
        """Sleep until the first alarm, a stop, or `at_most` seconds have passed."""
        end = self._clock.monotonic() + at_most
        while not stop.is_set():
            self._changed.clear()
            until = min(end, self._alarms[0]) if self._alarms else end
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._changed.set()

    async def _drain(self) -> None:
        tasks = set(self._running.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel("the process is stopping")
        if late:
            await asyncio.wait(late)
