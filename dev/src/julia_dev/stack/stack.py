"""An instance of the whole: servers, simulators and services, started and stopped in order."""

import asyncio
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from julia_dev.stack import database, endpoint, environment, ports
from julia_dev.stack.config import SERVERS, SERVICES, SIMULATORS, StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.keeper import Keeper
from julia_dev.stack.output import Output
from julia_dev.stack.postgres import Postgres
from julia_dev.stack.probes import http
from julia_dev.stack.program import Program
from julia_dev.stack.rabbitmq import RabbitMQ
from julia_dev.stack.redis import Redis
from julia_dev.stack.secrets import Secrets

_SERVER_PORTS = {
    "rabbitmq": ("rabbitmq", "rabbitmq_management", "rabbitmq_dist", "rabbitmq_epmd"),
}
_STOP_TIMEOUT_S = 20.0
"""A service drains what it has in hand before it ends."""


@dataclass(frozen=True)
class _Part:
    """One thing to start: what must be up before it, and what is done before and after."""

    name: str
    needs: tuple[str, ...]
    program: Callable[[], Program]
    before: Callable[[], None] | None = None
    after: Callable[[], Awaitable[object]] | None = None


class Stack:
    """A running instance; use it as an async context manager, or `start` and `stop`.

    Processes that end are started again (`Keeper`). Names of processes are those of the parts;
    a service with several replicas has `brain-1`, `brain-2` and so on.
    """

    def __init__(self, config: StackConfig, output: Output | None = None) -> None:
        """Prepare an instance; nothing is started yet. Without `output` the console stays quiet."""
        at, port = config.folder, config.ports
        self.config = config
        at.mkdir(parents=True, exist_ok=True)
        self.output = output or Output(at / "logs", console=None)
        self.secrets = Secrets.load(at / "secrets.json")
        self.postgres = Postgres(
            at / "postgres", port["postgres"], self.secrets.of_postgres(), durable=config.durable
        )
        self.redis = Redis(at / "redis", port["redis"])
        self.rabbitmq = RabbitMQ(
            at / "rabbitmq",
            port=port["rabbitmq"],
            management_port=port["rabbitmq_management"],
            dist_port=port["rabbitmq_dist"],
            epmd_port=port["rabbitmq_epmd"],
            password=self.secrets.rabbitmq_password,
        )
        self._keepers: dict[str, Keeper] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop(at_once=not self.config.durable)

    async def start(self) -> None:
        """Start every part and wait until all are ready.

        Raises:
            StackError: a port is taken, something is not installed, a migration fails, or a part
                does not get ready. What was started by then is stopped again.
        """
        self._require_ports()
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._parts():
                    needed = [tasks[name] for name in part.needs if name in tasks]
                    tasks[part.name] = group.create_task(self._bring_up(part, needed))
        except BaseExceptionGroup as group_of_errors:
            await self.stop(at_once=True)
            refusals = group_of_errors.subgroup(StackError)
            raise (_first(refusals) if refusals else group_of_errors) from None
        except asyncio.CancelledError:
            await self.stop(at_once=True)
            raise

    async def stop(self, *, at_once: bool = False) -> None:
        """Stop everything, what was started last first; `at_once` lets nothing tidy up."""
        for names in (SERVICES, SIMULATORS, (*SERVERS, "epmd")):
            going = [
                self._keepers.pop(each) for each in list(self._keepers) if _part_of(each) in names
            ]
            await asyncio.gather(*(keeper.stop(at_once=at_once) for keeper in going))
        self.output.close()

    def processes(self, part: str | None = None) -> list[str]:
        """Return the names of all processes, or of those of one part."""
        return [name for name in self._keepers if part is None or _part_of(name) == part]

    def pid(self, name: str) -> int | None:
        """Return the id of a process, or `None` while it is down."""
        return self._keepers[name].pid

    def starts(self, name: str) -> int:
        """Return how often a process was started so far."""
        return self._keepers[name].starts

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal to a process, which is started again when it ends.

        Returns False when it was down already.
        """
        return self._keepers[name].kill(number)

    async def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Stop a process in order and wait until it is ready again.

        With `env` it starts, from now on, with these variables over those of its part.
        """
        keeper = self._keepers[name]
        if env is not None:
            keeper.program = replace(keeper.program, env={**keeper.program.env, **env})
        await keeper.restart()

    async def wait_ready(self, *names: str) -> None:
        """Wait until the processes (all, when none is named) are ready, again if need be."""
        for name in names or tuple(self._keepers):
            await self._keepers[name].wait_ready()

    def url(self, part: str) -> str:
        """Return the base URL of a service or simulator (of its first replica)."""
        return f"http://127.0.0.1:{self.config.ports[part]}"

    def broker_url(self) -> str:
        """Return the URL of RabbitMQ's management API, with user and password."""
        return self.rabbitmq.management_url()

    def pg_dsn(self) -> str:
        """Return the superuser's DSN of the instance's database."""
        return self.postgres.dsn(environment.DATABASE)

    def environment(self) -> dict[str, str]:
        """Return what the services are started with, `PORT` aside."""
        return environment.of_services(self.config, self.secrets, self.rabbitmq, self.redis)

    async def _bring_up(self, part: _Part, needed: list[asyncio.Task[None]]) -> None:
        if needed:
            await asyncio.wait(needed)
            if any(task.cancelled() or task.exception() for task in needed):
                return  # the group is ending because of it
        if part.before is not None:
            await asyncio.to_thread(part.before)
        keeper = Keeper(part.program(), self.output)
        self._keepers[part.name] = keeper
        await keeper.start()
        if part.after is not None:
            await part.after()
        self.output.announce(f"{part.name} is ready")

    def _require_ports(self) -> None:
        for part in sorted(self.config.parts):
            for name in _SERVER_PORTS.get(part, (part,)):
                ports.require_free(name, self.config.ports[name])

    def _parts(self) -> Iterator[_Part]:
        wanted = self.config.parts
        for part in (*self._servers(), *self._simulators(), *self._services()):
            if _part_of(part.name) in wanted or (part.name == "epmd" and "rabbitmq" in wanted):
                yield part

    def _servers(self) -> Iterator[_Part]:
        rabbitmq, redis, postgres = self.rabbitmq, self.redis, self.postgres
        yield _Part("epmd", (), rabbitmq.epmd, before=rabbitmq.prepare)
        yield _Part("rabbitmq", ("epmd",), rabbitmq.program)
        yield _Part("redis", (), redis.program, before=redis.prepare)
        yield _Part(
            "postgres",
            (),
            postgres.program,
            before=postgres.prepare,
            after=lambda: database.prepare(postgres, environment.DATABASE, seed=self.config.seed),
        )

    def _simulators(self) -> Iterator[_Part]:
        yield _Part("supabase", ("postgres",), partial(self._program, "supabase", self._supabase))
        yield _Part("evolution", (), partial(self._program, "evolution", self._evolution))
        if not environment.answered_by_claude(self.config):
            yield _Part("anthropic", (), partial(self._program, "anthropic", self._anthropic))
        if not environment.transcribed_elsewhere(self.config):
            make = partial(self._program, "transcription", self._transcription)
            yield _Part("transcription", (), make)
        if not environment.told_to_slack(self.config):
            yield _Part("slack", (), partial(self._program, "slack", self._slack))
        if not environment.shown_in_chatwoot(self.config):
            yield _Part("chatwoot", (), partial(self._program, "chatwoot", self._chatwoot))

    def _services(self) -> Iterator[_Part]:
        needs = (*SERVERS, *SIMULATORS)
        for service in SERVICES:
            count = self.config.replicas.get(service, 1)
            for number, port in enumerate((self.config.ports[service], *ports.free(count - 1)), 1):
                name = service if count == 1 else f"{service}-{number}"
                make = partial(self._service, name, f"julia_{service}", port)
                yield _Part(name, needs, partial(self._program, service, make))

    def _program(self, part: str, make: Callable[[], Program]) -> Program:
        program = make()
        program.folder.mkdir(parents=True, exist_ok=True)
        return replace(program, env={**program.env, **self.config.part_env.get(part, {})})

    def _supabase(self) -> Program:
        return endpoint.program(
            dsn=self.postgres.dsn(environment.DATABASE, "authenticator"),
            port=self.config.ports["supabase"],
            jwt_secret=self.secrets.jwt_secret,
            folder=self.config.folder,
        )

    def _evolution(self) -> Program:
        folder = self.config.folder / "evolution"
        env = environment.of_evolution(self.config, self.environment(), folder)
        return self._python("evolution", "julia_simulators.evolution", "/_sim/page", env, folder)

    def _anthropic(self) -> Program:
        env = environment.of_anthropic(self.config, self.environment())
        return self._python("anthropic", "julia_simulators.anthropic", "/_sim", env)

    def _transcription(self) -> Program:
        env = environment.of_transcription(self.config, self.environment())
        return self._python("transcription", "julia_simulators.transcription", "/_sim", env)

    def _slack(self) -> Program:
        env = environment.of_slack(self.config, self.environment())
        return self._python("slack", "julia_simulators.slack", "/_sim", env)

    def _chatwoot(self) -> Program:
        env = environment.of_chatwoot(self.config, self.environment())
        return self._python("chatwoot", "julia_simulators.chatwoot", "/_sim", env)

    def _service(self, name: str, module: str, port: int) -> Program:
        return self._python(name, module, "/readyz", {**self.environment(), "PORT": str(port)})

    def _python(
        self, name: str, module: str, ready: str, env: Mapping[str, str], folder: Path | None = None
    ) -> Program:
        return Program(
            name=name,
            argv=(sys.executable, "-m", module),
            probe=http(int(env["PORT"]), ready),
            folder=folder or self.config.folder,
            env=env,
            stop_timeout_s=_STOP_TIMEOUT_S,
        )


def _part_of(process: str) -> str:
    return re.sub(r"-\d+$", "", process)


def _first(group: BaseExceptionGroup[StackError]) -> StackError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
