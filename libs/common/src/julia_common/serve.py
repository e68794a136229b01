"""One process of Julia: HTTP for probes and routes, background work beside it, an orderly end.

A service's `__main__` is `run("julia-brain", Settings, build)`. `build` opens everything on the
given exit stack and returns a `Service`.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from julia_common.errors import Permanent
from julia_common.impatient import ImpatientProtocol
from julia_common.lifecycle import Background
from julia_common.probes import Check, Probes
from julia_common.secrets import SecretFiles
from julia_common.secrets.following import passwords
from julia_common.settings import CommonSettings, load_settings
from julia_common.telemetry import metrics
from julia_common.telemetry.level import LevelFile
from julia_common.telemetry.logging import configure_logging
from julia_common.telemetry.redaction import Redactor
from julia_common.telemetry.tracing_export import exporting

EXIT_FAILED = 1

KEEP_ALIVE_SECONDS = 75
"""Longer than callers keep idle connections (Node: 5 s): whoever closes one first may close it on
a request under way, which a caller survives on purpose and a server only by being asked again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What a service's `build` returns.

    `state` is what HTTP handlers find in `request.state`; `readiness` the checks of what the
    service owns, by name; `background` runs beside the server (consumers, loops): when one of them
    ends or fails before a stop, the process ends with an error.
    """

    routes: Sequence[BaseRoute] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    readiness: Mapping[str, Check] = field(default_factory=dict)
    background: Sequence[Background] = ()
    drain_seconds: float = 20


type Build[S] = Callable[[S, AsyncExitStack], Awaitable[Service]]


def run[S: CommonSettings](service_name: str, settings_type: type[S], build: Build[S]) -> NoReturn:
    """Run the service until SIGTERM or SIGINT, and exit.

    Exit codes: 0 after a stop; 1 when a part of it died or could not be built, with the reason in
    the log; 2 for bad settings.
    """
    settings = load_settings(settings_type)
    level = "DEBUG" if settings.debug else settings.log_level
    mask = configure_logging(service_name, level, secrets=_secrets(settings))
    metrics.build_info(service_name)
    followers: list[Background] = [SecretFiles(settings, settings.secrets_dir, mask=mask)]
    if not settings.debug:
        followers.append(LevelFile(settings.secrets_dir, level))
    redactor = Redactor(secret.get_secret_value() for secret in _secrets(settings))
    try:
        with exporting(service_name, settings, redactor):
            asyncio.run(_main(settings, build, followers))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _log.warning("stopped at once by a second signal")
        sys.exit(EXIT_FAILED)
    except Exception:  # whatever it is, it has to be in the log  # noqa: BLE001
        _log.critical("the process ends because a part of it failed", exc_info=True)
        sys.exit(EXIT_FAILED)
    sys.exit(0)


async def _main[S: CommonSettings](
    settings: S, build: Build[S], followers: Sequence[Background]
) -> None:
    stop = asyncio.Event()
    _on_signals(stop)
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        service = replace(service, background=[*service.background, *followers])
        await serve(service, host=settings.host, port=settings.port, stop=stop)
    _log.info("stopped")


async def serve(service: Service, *, host: str, port: int, stop: asyncio.Event) -> None:
    """Run the HTTP server and the background work until `stop` is set, then end in order.

    Order: readiness turns false; background work is asked to stop and gets `drain_seconds` to
    finish; the server finishes its requests. When a part dies, the others are stopped in the same
    order and its error is raised in an `ExceptionGroup`.
    """
    probes = Probes(service.readiness)
    http = _http_server(application(service, probes), service.drain_seconds)
    failures: list[Exception] = []
    with _listen(host, port) as listener:
        async with asyncio.TaskGroup() as group:
            heartbeat = group.create_task(probes.beat(), name="heartbeat")
            workers = [
                group.create_task(_watch(work.name, work.run(stop), stop, failures), name=work.name)
                for work in service.background
            ]
            serving = group.create_task(
                _watch("http", http.serve(sockets=[listener]), stop, failures), name="http"
            )
            await stop.wait()
            probes.drain()
            await _drain(workers, service.drain_seconds)
            http.should_exit = True
            await serving
            heartbeat.cancel()
    if failures:
        raise ExceptionGroup("a part of the process failed", failures)


def application(service: Service, probes: Probes) -> Starlette:
    """The ASGI application: the service's routes and the probes'."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        yield dict(service.state)

    return Starlette(routes=[*service.routes, *probes.routes()], lifespan=lifespan)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the first signal has to drain consumers first."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _http_server(app: Starlette, drain_seconds: float) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            http=ImpatientProtocol,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(drain_seconds)),
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise Permanent(
            f"cannot listen on {host}:{port} ({error.strerror}): "
            "stop what uses the port, or set HOST and PORT"
        ) from error


async def _watch(
    name: str, work: Awaitable[None], stop: asyncio.Event, failures: list[Exception]
) -> None:
    """Await the work; when it fails, or ends before the stop, note why and stop everything."""
    try:
        await work
    except Exception as error:  # whatever it is, it ends the process  # noqa: BLE001
        _log.error("%s failed", name, exc_info=True)
        failures.append(error)
    else:
        if not stop.is_set():
            failures.append(RuntimeError(f"{name} ended by itself"))
    finally:
        stop.set()


async def _drain(workers: Sequence[asyncio.Task[None]], seconds: float) -> None:
    if not workers:
        return
    _, late = await asyncio.wait(workers, timeout=seconds)
    for worker in late:
        _log.error("%s did not finish within %g s and is cut off", worker.get_name(), seconds)
        worker.cancel()


def _on_signals(stop: asyncio.Event) -> None:
    """Let the first SIGTERM or SIGINT ask for an orderly stop; a second one stops at once."""
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def handle(number: signal.Signals) -> None:
        _log.info("%s received: stopping", number.name)
        if stop.is_set() and main is not None:
            main.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, handle, number)


def _secrets(settings: CommonSettings) -> list[SecretStr]:
    """The settings that are secrets, and the passwords inside those that are URLs."""
    values = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    return [SecretStr(part) for value in values for part in passwords(value)]
