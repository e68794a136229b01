"""Places are shared out fairly between the company's numbers."""

import asyncio

import pytest

from julia_dispatcher.slots import Slots

pytestmark = pytest.mark.unit


class Crowd:
    """Takes places and holds them until told; notes the order in which they were given."""

    def __init__(self, total: int) -> None:
        self.slots = Slots(total)
        self.given: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        """`a1` is somebody of the number `a`."""
        for name in names:
            self.ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._hold(name))
        await settled()

    async def go(self, name: str) -> None:
        self.ends[name].set()
        await settled()

    async def give_up(self, name: str) -> None:
        self.tasks[name].cancel()
        await settled()

    async def _hold(self, name: str) -> None:
        async with self.slots.one_for(name[0]):
            self.given.append(name)
            await self.ends[name].wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_next_place_goes_to_the_number_that_holds_the_fewest() -> None:
    crowd = Crowd(3)
    await crowd.come("a1", "a2", "b1", "a3", "a4", "b2", "c1")
    assert crowd.given == ["a1", "a2", "b1"]

    for leaver in ("a1", "b1", "c1", "b2"):
        await crowd.go(leaver)

    assert crowd.given[3:] == ["c1", "b2", "a3", "a4"]


async def test_numbers_that_hold_as_few_take_turns() -> None:
    crowd = Crowd(1)
    await crowd.come("z1", "a1", "a2", "b1", "b2")

    for leaver in ("z1", "a1", "b1", "a2"):
        await crowd.go(leaver)

    assert crowd.given == ["z1", "a1", "b1", "a2", "b2"]


async def test_who_gives_up_waiting_leaves_no_place_unused() -> None:
    crowd = Crowd(1)
    await crowd.come("a1", "a2", "a3")

    await crowd.give_up("a2")
    await crowd.go("a1")

    assert crowd.given == ["a1", "a3"]


async def test_a_place_that_was_given_to_somebody_who_just_gave_up_goes_on_to_the_next() -> None:
    crowd = Crowd(1)
    await crowd.come("a1", "a2", "a3")

    crowd.ends["a1"].set()
    # a1 leaves and hands its place to a2, which is cancelled before it can take it.
    await asyncio.sleep(0)
    await crowd.give_up("a2")

    assert crowd.given == ["a1", "a3"]
