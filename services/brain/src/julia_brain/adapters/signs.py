"""Typing indicator and read receipts through Evolution, beside the real work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from julia_common.errors import Permanent, Retryable
from julia_common.evolution import EvolutionClient
from julia_common.whatsapp.jids import PHONE_SERVER

_log = logging.getLogger(__name__)

TYPING_SECONDS: Final = 5.0
"""How long one indicator stays; about what an answer takes."""

MAX_UNDER_WAY: Final = 40
"""Calls at a time; more are left out, because a late indicator is worse than none."""


class EvolutionSigns:
    """Fires calls to Evolution and forgets them."""

    def __init__(self, evolution: EvolutionClient) -> None:
        """Use `evolution`, which never retries."""
        self._evolution = evolution
        self._tasks: set[asyncio.Task[None]] = set()

    def show_thinking(self, *, instance: str, destino: str, key_ids: Sequence[str]) -> None:
        """Mark the messages as read and show "composing"; returns at once."""
        remote_jid = destino if "@" in destino else f"{destino}@{PHONE_SERVER}"
        self._fire(lambda: self._evolution.mark_read(instance, remote_jid, key_ids))
        self._fire(
            lambda: self._evolution.send_presence(
                instance, destino, "composing", hold_seconds=TYPING_SECONDS
            )
        )

    async def aclose(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _fire(self, call: Callable[[], Awaitable[None]]) -> None:
        if len(self._tasks) < MAX_UNDER_WAY:
            task = asyncio.create_task(_quietly(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _quietly(call: Callable[[], Awaitable[None]]) -> None:
    try:
        await call()
    except (Retryable, Permanent) as error:
        _log.debug("no sign of thinking: %s", error)
