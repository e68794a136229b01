"""Whose turn it is in this process: one conversation at a time, many side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from julia_common.lifecycle import stopped_within

type Wait = float
"""Seconds after which something may go; 0: at once."""

SHORT_WAIT_SECONDS: Final = 3.0
"""A refusal that lasts no longer is waited out here; the sweeper rings for the others."""

_SHORT_WAITS: Final = 5


class Conversations:
    """Repeats `step` for each conversation that was rung for, at most `side_by_side` at once.

    A step answers when something more may go, or None when the rest is not for now. The database
    guards a conversation against other processes; this class only saves their refusals.
    """

    def __init__(self, step: Callable[[str], Awaitable[Wait | None]], *, side_by_side: int) -> None:
        """Prepare; nothing runs before the first `ring`."""
        self._step = step
        self._slots = asyncio.Semaphore(side_by_side)
        self._rung: dict[str, asyncio.Event] = {}
        self._stopping = asyncio.Event()

    name = "conversations"

    async def run(self, stop: asyncio.Event) -> None:
        """Start no further step once `stop` is set; the steps that run end by themselves."""
        await stop.wait()
        self._stopping.set()
        for rung in self._rung.values():
            rung.set()

    async def ring(self, conversa_id: str) -> None:
        """Return when everything has been sent that may go now; raise what the step raises.

        When the conversation is being worked on, that work looks once more and this call returns
        at once: the doorbell that began the work still stands for both.
        """
        if conversa_id in self._rung:
            self._rung[conversa_id].set()
            return
        rung = self._rung[conversa_id] = asyncio.Event()
        try:
            await self._work(conversa_id, rung)
        finally:
            del self._rung[conversa_id]

    async def _work(self, conversa_id: str, rung: asyncio.Event) -> None:
        waits = 0
        while not self._stopping.is_set():
            rung.clear()
            async with self._slots:
                if self._stopping.is_set():
                    return
                wait = await self._step(conversa_id)
            if wait == 0 or rung.is_set():
                continue
            if wait is None or wait > SHORT_WAIT_SECONDS or waits == _SHORT_WAITS:
                return
            waits += 1
            await stopped_within(rung, wait)
