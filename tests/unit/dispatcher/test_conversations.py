"""One conversation at a time, many side by side."""

import asyncio

import pytest

from julia_common.errors import Retryable
from julia_dispatcher.conversations import Conversations

pytestmark = pytest.mark.unit


class Steps:
    """Answers with what it was given, and notes who ran beside whom."""

    def __init__(self, *answers: float | None, pause: float = 0) -> None:
        self.answers = list(answers)
        self.pause = pause
        self.ran: list[str] = []
        self.running: list[str] = []
        self.most = 0

    async def __call__(self, conversa_id: str) -> float | None:
        assert conversa_id not in self.running
        self.ran.append(conversa_id)
        self.running.append(conversa_id)
        self.most = max(self.most, len(self.running))
        await asyncio.sleep(self.pause)
        self.running.remove(conversa_id)
        return self.answers.pop(0) if self.answers else None


async def test_a_conversation_goes_on_while_there_is_more():
    steps = Steps(0, 0, None)
    await Conversations(steps, side_by_side=1).ring("a")
    assert len(steps.ran) == 3


async def test_a_short_refusal_is_waited_out_and_a_long_one_left_to_the_sweeper():
    steps = Steps(0.01, 60)
    await Conversations(steps, side_by_side=1).ring("a")
    assert len(steps.ran) == 2


async def test_short_refusals_are_waited_out_only_a_few_times():
    steps = Steps(*[0.001] * 50)
    await Conversations(steps, side_by_side=1).ring("a")
    assert len(steps.ran) == 6


async def test_a_second_doorbell_makes_the_running_work_look_again():
    steps = Steps(None, None, pause=0.01)
    conversations = Conversations(steps, side_by_side=4)
    first = asyncio.create_task(conversations.ring("a"))
    await asyncio.sleep(0)

    await conversations.ring("a")
    assert len(steps.ran) == 1
    await first

    assert steps.ran == ["a", "a"]


async def test_a_doorbell_ends_a_wait_at_once():
    steps = Steps(3.0, None)
    conversations = Conversations(steps, side_by_side=4)
    waiting = asyncio.create_task(conversations.ring("a"))
    await asyncio.sleep(0.01)

    await conversations.ring("a")
    async with asyncio.timeout(2):
        await waiting

    assert len(steps.ran) == 2


async def test_different_conversations_run_side_by_side_up_to_the_bound():
    steps = Steps(pause=0.01)
    conversations = Conversations(steps, side_by_side=3)
    await asyncio.gather(*(conversations.ring(str(n)) for n in range(10)))
    assert steps.most == 3
    assert len(steps.ran) == 10


async def test_no_step_starts_after_a_stop_and_waits_end():
    steps = Steps(3.0)
    conversations = Conversations(steps, side_by_side=1)
    stop = asyncio.Event()
    stopper = asyncio.create_task(conversations.run(stop))
    waiting = asyncio.create_task(conversations.ring("a"))
    await asyncio.sleep(0.01)

    stop.set()
    async with asyncio.timeout(2):
        await asyncio.gather(stopper, waiting)
    await conversations.ring("b")

    assert steps.ran == ["a"]


async def test_a_failed_step_reaches_the_doorbell_and_the_next_one_starts_afresh():
    async def away(_: str) -> None:
        message = "the database is away"
        raise Retryable(message)

    conversations = Conversations(away, side_by_side=1)
    for _ in range(2):
        with pytest.raises(Retryable):
            await conversations.ring("a")
