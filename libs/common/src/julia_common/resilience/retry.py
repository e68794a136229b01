"""One retry layer per call: exponential back-off with jitter, under a deadline."""

import logging
import time
from collections.abc import AsyncIterator

import stamina
from stamina.instrumentation import PrometheusOnRetryHook, RetryDetails, set_on_retry_hooks

from julia_common.errors import Retryable

_log = logging.getLogger(__name__)


def _log_retry(details: RetryDetails) -> None:
    """Log a coming retry; arguments and error texts stay out, they may hold what a doctor wrote."""
    _log.warning(
        "trying again in %.1f s after %s", details.wait_for, type(details.caused_by).__name__
    )


set_on_retry_hooks([PrometheusOnRetryHook, _log_retry])


def retrying(*, attempts: int, deadline_seconds: float) -> AsyncIterator[stamina.Attempt]:
    """Yield attempts while the body raises `Retryable` or `TimeoutError`.

    Usage: `async for attempt in retrying(attempts=3, deadline_seconds=5):` / `with attempt: ...`.
    The last error is raised when `attempts` are used up or the next wait would pass the deadline.
    Waits grow from 0.1 s to 2 s, or are what the neighbour asked for.
    """
    ends = time.monotonic() + deadline_seconds

    def worth_retrying(error: Exception) -> bool | float:
        if isinstance(error, Retryable) and error.retry_after is not None:
            # stamina does not hold such a wait against its timeout.
            return error.retry_after if time.monotonic() + error.retry_after < ends else False
        return isinstance(error, (Retryable, TimeoutError))

    return aiter(
        stamina.retry_context(
            on=worth_retrying,
            attempts=attempts,
            timeout=deadline_seconds,
            wait_initial=0.1,
            wait_max=2.0,
            wait_jitter=0.5,
        )
    )
