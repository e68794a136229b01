"""What the use case needs from outside; the broker's adapter and the tests' fakes provide it."""

from typing import Protocol

from julia_common.contracts.messages import Message


class Outlet(Protocol):
    """Where everything that was accepted goes.

    Both methods return when the broker has it for good, and raise `Retryable` when it perhaps has
    not.
    """

    async def publish(self, message: Message, *, key: str) -> None:
        """Publish one message; `key` is its conversation's opaque id."""
        ...

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        """Keep a body that could not be read, sealed, for a person and a later replay."""
        ...
