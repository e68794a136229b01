"""A secret whose value may be replaced, and how it is used while that happens.

Nothing replaces a value everywhere at one moment: a mounted file reaches the pods up to a minute
and a half apart, and the neighbour learns of it at yet another time. So the value before stays good
for a while: who checks what others bring accepts both, who is refused with one tries the other.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from prometheus_client import Gauge
from pydantic import SecretStr

OVERLAP_SECONDS: Final = 1800.0
"""How long a replaced value stays good: as long as Evolution may try to deliver a webhook that it
signed before."""

_REFUSED: Final = Gauge(
    "julia_secret_refused",
    "1 while whom it is meant for refuses the secret's present value",
    ["setting"],
)

_log = logging.getLogger(__name__)


def _nowhere() -> None:
    """There is no file to look at."""


class RotatingSecret(SecretStr):
    """A `SecretStr` that always holds the present value, and knows those it has just replaced."""

    def __init__(
        self, secret_value: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with this value; it has no name and no file yet."""
        super().__init__(secret_value)
        self.setting = ""
        """The name in the environment, for logs and metrics."""
        self.look: Callable[[], None] = _nowhere
        """Looks at the file at once, because the present value was refused."""
        self._monotonic = monotonic
        self._replaced: list[tuple[str, float]] = []
        self._answer: bool | None = None
        """To the present value."""
        self._good: str | None = None
        """The value that was accepted last."""

    @property
    def values(self) -> tuple[str, ...]:
        """All that are good now, the present one first; an empty one is none."""
        now = self._monotonic()
        self._replaced = [(value, until) for value, until in self._replaced if now < until]
        values = (self.get_secret_value(), *(value for value, _ in reversed(self._replaced)))
        return tuple(filter(None, values))

    @property
    def is_refused(self) -> bool:
        """Whether the present value was refused when it was used last."""
        return self._answer is False

    @property
    def is_useless(self) -> bool:
        """Whether the present value is refused, and no other that is good is known to work."""
        return self.is_refused and self._good not in self.values

    @property
    def is_accepted(self) -> bool:
        """Whether the present value was accepted when it was used last."""
        return self._answer is True

    def take(self, value: str) -> None:
        """Replace the value; the one before stays good for `OVERLAP_SECONDS`.

        An empty value takes the secret away, with all that it was.
        """
        before = self.get_secret_value()
        if value == before:
            return
        until = self._monotonic() + OVERLAP_SECONDS
        kept = [(old, end) for old, end in self._replaced if old not in (before, value)]
        self._replaced = [*kept, (before, until)] if value else []
        self._secret_value = value
        self._note(answer=None)

    def note(self, value: str, *, accepted: bool) -> None:
        """Remember what became of `value`."""
        if accepted:
            self._good = value
        elif value == self._good:
            self._good = None
        if value == self.get_secret_value() and accepted is not self._answer:
            if not accepted:
                _log.error("%s is refused: put the right value there", self.setting)
            elif self._answer is False:
                _log.warning("%s is accepted again", self.setting)
            self._note(answer=accepted)

    def _note(self, *, answer: bool | None) -> None:
        self._answer = answer
        if self.setting:
            _REFUSED.labels(self.setting).set(1 if answer is False else 0)


def accepted_values(secret: SecretStr) -> tuple[str, ...]:
    """The values that others may bring now; none if it is empty."""
    if isinstance(secret, RotatingSecret):
        return secret.values
    return tuple(filter(None, (secret.get_secret_value(),)))


def values_to_try(secret: SecretStr) -> Iterator[str]:
    """The present value; then, asked for more because that was refused, one other if there is one.

    That is what the file says by now, or else the value that was replaced last.
    """
    tried = secret.get_secret_value()
    yield tried
    if isinstance(secret, RotatingSecret):
        secret.look()
        yield from [value for value in secret.values if value != tried][:1]


def note_answer(secret: SecretStr, value: str, *, accepted: bool) -> None:
    """Say what became of a value; see `RotatingSecret.note`."""
    if isinstance(secret, RotatingSecret):
        secret.note(value, accepted=accepted)


async def with_secret[T](
    secret: SecretStr,
    call: Callable[[str], Awaitable[T]],
    *,
    is_refusal: Callable[[Exception], bool],
) -> T:
    """Await `call(value)`; when that is refused, once more with another value if there is one.

    `is_refusal` tells the refusals of the secret among what `call` raises: after one of them
    nothing has been done, so that a second call is harmless. Raises what the last call raised.
    """
    values = values_to_try(secret)
    value = next(values)
    while True:
        try:
            answer = await call(value)
        except Exception as error:
            if not is_refusal(error):
                raise
            note_answer(secret, value, accepted=False)
            other = next(values, None)
            if other is None:
                raise
        else:
            note_answer(secret, value, accepted=True)
            return answer
        value = other
