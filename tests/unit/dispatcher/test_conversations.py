"""One conversation at a time, many side by side."""

import asyncio
from collections.abc import Callable

import pytest

from julia_common.errors import Retryable
from julia_dispatcher.conversations import Conversations, Typing, Wait

pytestmark = pytest.mark.unit


class Steps:
    """Answers with what it was given, and notes who ran beside whom."""

    def __init__(self, *answers: Wait | Exception | None, pause: float = 0) -> None:
        self.answers = list(answers)
        self.pause = pause
        self.hang: set[str] = set()
        self.release = asyncio.Event()
        self.ran: list[str] = []
        self.running: list[str] = []
        self.most = 0

    async def __call__(self, conversa_id: str) -> Wait | None:
        assert conversa_id not in self.running
        self.ran.append(conversa_id)
        self.running.append(conversa_id)
        self.most = max(self.most, len(self.running))
        await asyncio.sleep(self.pause)
        if conversa_id.partition(" ")[0] in self.hang:
            await self.release.wait()
        self.running.remove(conversa_id)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not fact():
            await asyncio.sleep(0.001)


async def stopped(conversations: Conversations, *, when: Callable[[], bool] | None = None) -> None:
    """Ask for a stop, once `when` is true; return when everything has ended."""
    if when is not None:
        await until(when)
    stop = asyncio.Event()
    stop.set()
    await conversations.run(stop)


async def test_a_conversation_goes_on_while_there_is_more():
    steps = Steps(0, 0, None)
    await Conversations(steps, side_by_side=1).ring("a", "n")
    assert len(steps.ran) == 3


async def test_a_short_refusal_is_waited_out_without_the_doorbell():
    steps = Steps(0.01, 60)
    await Conversations(steps, side_by_side=1).ring("a", "n")
    assert len(steps.ran) == 1

    await until(lambda: len(steps.ran) == 2)


async def test_a_long_refusal_is_left_to_the_sweeper():
    steps = Steps(60)
    conversations = Conversations(steps, side_by_side=1)
    await conversations.ring("a", "n")
    # Forgotten: the next doorbell begins anew.
    await conversations.ring("a", "n")
    assert len(steps.ran) == 2


async def test_short_refusals_are_waited_out_only_a_few_times():
    steps = Steps(*[0.001] * 50)
    conversations = Conversations(steps, side_by_side=1)
    await conversations.ring("a", "n")
    await stopped(conversations, when=lambda: len(steps.ran) == 6)
    assert len(steps.ran) == 6


async def test_typing_is_waited_out_however_long_and_however_often():
    steps = Steps(*[Typing(0.001)] * 9, 0, None)
    await Conversations(steps, side_by_side=1).ring("a", "n")
    await until(lambda: len(steps.ran) == 11)


async def test_who_waits_holds_no_place():
    steps = Steps(Typing(60), None)
    conversations = Conversations(steps, side_by_side=1)
    await conversations.ring("types", "n")
    async with asyncio.timeout(30):
        await conversations.ring("b", "n")
    assert steps.ran == ["types", "b"]
    await stopped(conversations)


async def test_a_second_doorbell_makes_the_running_work_look_again():
    steps = Steps(None, None, pause=0.01)
    conversations = Conversations(steps, side_by_side=4)
    first = asyncio.create_task(conversations.ring("a", "n"))
    await until(lambda: steps.running == ["a"])

    await conversations.ring("a", "n")
    assert len(steps.ran) == 1
    await first

    assert steps.ran == ["a", "a"]


@pytest.mark.parametrize("wait", [3.0, Typing(60)])
async def test_a_doorbell_ends_a_wait_at_once(wait: Wait):
    steps = Steps(wait, None)
    conversations = Conversations(steps, side_by_side=4)
    await conversations.ring("a", "n")

    await conversations.ring("a", "n")

    await until(lambda: len(steps.ran) == 2)


async def test_different_conversations_run_side_by_side_up_to_the_bound():
    steps = Steps(pause=0.01)
    conversations = Conversations(steps, side_by_side=3)
    await asyncio.gather(*(conversations.ring(str(n), "n") for n in range(10)))
    assert steps.most == 3
    assert len(steps.ran) == 10


async def test_a_number_whose_sends_hang_leaves_the_next_place_to_another():
    """Its doorbells are not held either, however many there are: they would fill the prefetch."""
    steps = Steps()
    steps.hang = {"sick"}
    conversations = Conversations(steps, side_by_side=2)
    sick = [asyncio.create_task(conversations.ring(f"sick {n}", "sick")) for n in range(30)]
    await until(lambda: steps.most == 2)
    assert sum(not ring.done() for ring in sick) == 16

    well = asyncio.create_task(conversations.ring("well", "well"))
    await asyncio.sleep(0)
    steps.release.set()
    async with asyncio.timeout(30):
        await well

    assert steps.ran.index("well") == 2
    await asyncio.gather(*sick)


async def test_no_step_starts_after_a_stop_and_waits_end():
    steps = Steps(3.0)
    conversations = Conversations(steps, side_by_side=1)
    await conversations.ring("a", "n")

    async with asyncio.timeout(30):
        await stopped(conversations)
    await conversations.ring("b", "n")

    assert steps.ran == ["a"]


async def test_a_stop_waits_for_the_steps_that_run():
    steps = Steps(pause=0.02)
    conversations = Conversations(steps, side_by_side=1)
    ringing = asyncio.create_task(conversations.ring("a", "n"))
    await until(lambda: steps.running == ["a"])

    await stopped(conversations)

    assert steps.running == []
    await ringing


async def test_a_failed_step_reaches_the_doorbell_and_the_next_one_starts_afresh():
    async def away(_: str) -> None:
        message = "the database is away"
        raise Retryable(message)

    conversations = Conversations(away, side_by_side=1)
    for _ in range(2):
        with pytest.raises(Retryable):
            await conversations.ring("a", "n")


@pytest.mark.parametrize("error", [Retryable("the database is away"), RuntimeError("a defect")])
async def test_a_step_that_fails_after_a_wait_is_left_to_the_sweeper(error: Exception):
    steps = Steps(0.001, error)
    conversations = Conversations(steps, side_by_side=1)
    await conversations.ring("a", "n")
    await until(lambda: not any(task.get_name() == "send a" for task in asyncio.all_tasks()))
    assert len(steps.ran) == 2

    await conversations.ring("a", "n")

    assert len(steps.ran) == 3
