"""Is the process alive, and should it get work?

Liveness never asks a neighbour: it only says whether the event loop turns. Readiness asks what the
service owns, and turns false for good when the process is told to stop.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from julia_common.errors import Misdeployed, Permanent
from julia_common.telemetry import metrics

Check = Callable[[], Awaitable[Any]]
"""An async check that raises when the thing is not ready; what it returns does not matter."""

CHECK_TIMEOUT_SECONDS = 2
HEARTBEAT_SECONDS = 1
STUCK_AFTER_SECONDS = 10

_log = logging.getLogger(__name__)


class Probes:
    """The state behind `/livez` and `/readyz`."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._beat = time.monotonic()
        self._draining = False

    def drain(self) -> None:
        """Answer "not ready" from now on."""
        self._draining = True

    async def beat(self) -> None:
        """Beat until cancelled; an event loop that is blocked for long makes liveness fail."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def livez(self, _: Request) -> Response:
        """200 while the event loop turns."""
        behind = time.monotonic() - self._beat
        alive = behind < STUCK_AFTER_SECONDS
        return JSONResponse(
            {"status": "alive" if alive else "stuck", "heartbeat_age_seconds": round(behind, 1)},
            status_code=200 if alive else 503,
        )

    async def readyz(self, _: Request) -> Response:
        """200 when every check passes; otherwise 503 with the failing ones named, and why."""
        if self._draining:
            return JSONResponse({"status": "draining"}, status_code=503)
        results = await asyncio.gather(*map(_run, self._checks.values()))
        checks = dict(zip(self._checks, results, strict=True))
        ready = all(result == "ok" for result in results)
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "checks": checks},
            status_code=200 if ready else 503,
        )

    def routes(self) -> list[Route]:
        """`/livez`, `/readyz` and `/metrics`."""
        return [
            Route("/livez", self.livez),
            Route("/readyz", self.readyz),
            Route("/metrics", _metrics),
        ]


async def _run(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await check()
    except TimeoutError:
        return "timeout"
    except (Misdeployed, Permanent) as error:  # a person has to look: say at what
        _log.warning("not ready: %s", error)
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the check failed
        _log.info("not ready", exc_info=True)
        return type(error).__name__
    return "ok"


async def _metrics(_: Request) -> Response:
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)
