from types import SimpleNamespace
from typing import Any, cast

import pytest

from julia_common.errors import Unreachable
from julia_dev.sending.simulated import Simulated


class SlowDatabase:
    """Answers a look at what is due only when asked again."""

    def __init__(self, *, slow: int) -> None:
        self.slow = slow

    async def expire_replies(self, **_: Any) -> None:
        return None

    async def due_doorbells(self, **_: Any) -> SimpleNamespace:
        self.slow -= 1
        if self.slow >= 0:
            raise Unreachable("did not answer")
        return SimpleNamespace(
            conversas=[SimpleNamespace(instance="julia-1", conversa_id="uma conversa")]
        )


class Sending:
    def __init__(self) -> None:
        self.stepped: list[str] = []

    async def step(self, conversation: str) -> None:
        self.stepped.append(conversation)


def scene(database: SlowDatabase, sending: Sending) -> Simulated:
    nothing = cast("Any", None)
    return Simulated(
        cast("Any", database), nothing, nothing, nothing, cast("Any", sending), owner="cena"
    )


async def test_what_is_due_is_sent_though_the_machine_was_too_busy_to_say_so() -> None:
    sending = Sending()
    await scene(SlowDatabase(slow=2), sending).send_due()
    assert sending.stepped == ["uma conversa"]


async def test_a_database_that_stays_away_ends_the_scene() -> None:
    with pytest.raises(Unreachable):
        await scene(SlowDatabase(slow=99), Sending()).send_due()
