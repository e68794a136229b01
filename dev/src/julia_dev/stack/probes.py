"""Waiting until something answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

Probe = Callable[[], Awaitable[None]]
"""Returns when the thing is ready; raises `NotReady` while it is not."""

_POLL_S = 0.1
_PROBE_TIMEOUT_S = 2.0


class NotReady(Exception):
    """The probed thing does not answer as it should yet."""


def tcp(port: int) -> Probe:
    """Build a probe that is content with an open port of this machine."""

    async def probe() -> None:
        try:
            _, writer = await asyncio.wait_for(
                asyncio.open_connection("127.0.0.1", port), _PROBE_TIMEOUT_S
            )
        except (OSError, TimeoutError) as error:
            raise NotReady(f"nothing listens on port {port}") from error
        writer.close()

    return probe


def http(port: int, path: str) -> Probe:
    """Build a probe that wants a 2xx from `path`."""
    url = f"http://127.0.0.1:{port}{path}"

    async def probe() -> None:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_PROBE_TIMEOUT_S) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            raise NotReady(f"GET {url}: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise NotReady(f"GET {url} answers {answer.status_code}: {answer.text[:200]}")

    return probe


async def wait_until(probe: Probe, timeout_s: float) -> None:
    """Poll `probe` until it returns.

    Raises:
        NotReady: the last refusal, when `timeout_s` seconds have passed.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return await probe()
        except NotReady:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(_POLL_S)
