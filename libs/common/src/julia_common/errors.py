"""The kinds of failure that decide what happens next.

Adapters translate what a library raises into one of these at the edge; nothing inside a service
looks at a library's exceptions. Messages say what happened, to which thing, and the way out; they
never hold a phone number, a name, a message text or a secret.
"""


class Retryable(Exception):
    """The same call may succeed later: a neighbour is away, slow or overloaded.

    `retry_after` is the number of seconds the neighbour asked us to wait, if it said so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(Retryable):
    """No answer came: the neighbour, or the way to it, is away."""


class Misdeployed(Retryable):
    """The deployment is wrong, not what the call was about: it heals when a person mends that."""


class Permanent(Exception):
    """The same call would fail for ever: the input is wrong. A person has to look."""


class Refused(Exception):
    """A rule said no (pause, ceiling, opt-out). Nothing is broken and nothing is to be retried."""
