"""One retry layer: what is worth retrying is retried, under a deadline."""

import pytest
import stamina

from julia_common.errors import Permanent, Retryable
from julia_common.resilience.retry import retrying


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=3):
        yield


class Neighbour:
    """Fails with `error` for the first `failures` calls."""

    def __init__(self, error: Exception, failures: int = 9) -> None:
        self.calls = 0
        self._error = error
        self._failures = failures

    async def ask(self, *, attempts: int = 3, deadline_seconds: float = 5) -> None:
        async for attempt in retrying(attempts=attempts, deadline_seconds=deadline_seconds):
            with attempt:
                self.calls += 1
                if self.calls <= self._failures:
                    raise self._error


@pytest.mark.parametrize("error", [Retryable("away"), TimeoutError()])
async def test_what_may_pass_is_tried_again(error: Exception) -> None:
    neighbour = Neighbour(error, failures=2)

    await neighbour.ask()

    assert neighbour.calls == 3


async def test_the_last_error_is_raised() -> None:
    neighbour = Neighbour(Retryable("away"))

    with pytest.raises(Retryable, match="away"):
        await neighbour.ask()

    assert neighbour.calls == 3


@pytest.mark.parametrize("error", [Permanent("no such row"), KeyError("bug")])
async def test_anything_else_is_raised_at_once(error: Exception) -> None:
    neighbour = Neighbour(error)

    with pytest.raises(type(error)):
        await neighbour.ask()

    assert neighbour.calls == 1


async def test_a_wait_that_the_deadline_does_not_allow_is_not_begun() -> None:
    neighbour = Neighbour(Retryable("come back in an hour", retry_after=3600))

    with stamina.set_testing(False), pytest.raises(Retryable):
        await neighbour.ask(attempts=5, deadline_seconds=0.5)

    assert neighbour.calls == 1


async def test_a_wait_that_the_neighbour_asks_for_is_kept() -> None:
    neighbour = Neighbour(Retryable("come back soon", retry_after=0.01), failures=1)

    with stamina.set_testing(False):
        await neighbour.ask()

    assert neighbour.calls == 2
