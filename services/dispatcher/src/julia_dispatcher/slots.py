"""How many work side by side, shared out fairly between the company's numbers."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """A semaphore whose next free place goes to the number that holds the fewest.

    So a number whose POSTs hang, or that has thousands to send, keeps the others waiting for one
    place at most.
    """

    def __init__(self, total: int) -> None:
        """Prepare `total` places."""
        self._free = total
        self._held: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)

    @asynccontextmanager
    async def one_for(self, instance: str) -> AsyncIterator[None]:
        """Hold a place for the number; those of one number come in turn."""
        await self._take(instance)
        try:
            yield
        finally:
            self._give_back(instance)

    async def _take(self, instance: str) -> None:
        # Whoever waits is handed the place that becomes free: one is never left for newcomers.
        if self._free:
            self._grant(instance)
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting[instance].append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give_back(instance)
            raise

    def _grant(self, instance: str) -> None:
        self._free -= 1
        self._held[instance] += 1

    def _give_back(self, instance: str) -> None:
        self._free += 1
        self._held[instance] -= 1
        if not self._held[instance]:
            del self._held[instance]
        self._hand_on()

    def _hand_on(self) -> None:
        while self._waiting:
            instance = min(self._waiting, key=self._held.__getitem__)
            queue = self._waiting.pop(instance)
            place = queue.popleft()
            if queue:
                # Behind the others: among numbers that hold as few it is not the first again.
                self._waiting[instance] = queue
            if not place.cancelled():
                self._grant(instance)
                place.set_result(None)
                return
