"""Waiting until nothing is left to be done."""

import asyncio
import time
from typing import Final

from julia_dev.ledger.world import World

_CALM_LOOKS: Final = 7
"""The broker counts its queues every five seconds only."""


async def drain(world: World, *, within_s: float) -> int:
    """Wait until nothing is open for a while; returns how much still is in the end."""
    deadline = time.monotonic() + within_s
    calm = 0
    left = -1
    while time.monotonic() < deadline and calm < _CALM_LOOKS:
        await asyncio.sleep(1)
        on_their_way = (await world.summary())["webhooks_on_their_way"]
        left = await world.backlog() + await world.queued() + on_their_way
        calm = calm + 1 if left == 0 else 0
    return left
