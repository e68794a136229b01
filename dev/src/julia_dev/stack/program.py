"""One child process: what it is, and its life from start to stop."""

import asyncio
import os
import re
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from julia_dev.stack.privileges import launcher
from julia_dev.stack.probes import NotReady, Probe, wait_until

_LINE_LIMIT = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command, how to know that it is ready, and how it wants to be stopped."""

    name: str
    argv: tuple[str, ...]
    probe: Probe
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    ready_timeout_s: float = 120.0
    """Far more than a start takes: three stacks may start at once on two cores."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 10.0
    death_signal: str = "KILL"
    tells: re.Pattern[str] | None = None
    """What a line must contain to be worth a person's attention; `None`: every line is."""


class Child:
    """A running `Program`, in a session of its own so that a Ctrl-C reaches only us."""

    def __init__(
        self,
        program: Program,
        process: asyncio.subprocess.Process,
        on_line: Callable[[bytes], None],
    ) -> None:
        self.program = program
        self._process = process
        self._pump = asyncio.create_task(_read_lines(process.stdout, on_line))

    @classmethod
    async def start(cls, program: Program, on_line: Callable[[bytes], None]) -> Self:
        """Start it and hand every line of its output (both streams) to `on_line`."""
        prefix = launcher(
            user=program.user, death_signal=program.death_signal, within=program.folder
        )
        process = await asyncio.create_subprocess_exec(
            *prefix,
            *program.argv,
            cwd=program.folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **program.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
        return cls(program, process, on_line)

    @property
    def pid(self) -> int:
        """The id of the process, which leads a process group of its own."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by that signal), or `None` while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait until it has ended and its last line was read."""
        code = await self._process.wait()
        # A grandchild that outlives it may hold the pipe open; what it says is not awaited.
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._pump), 1.0)
        return code

    async def wait_ready(self) -> None:
        """Wait until it answers.

        Raises:
            NotReady: it ended, or its time is over.
        """
        ended = asyncio.create_task(self._process.wait())
        ready = asyncio.create_task(wait_until(self.program.probe, self.program.ready_timeout_s))
        try:
            await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise NotReady(f"it ended with code {self.exit_code} before it was ready")
            ready.result()
        finally:
            ended.cancel()
            ready.cancel()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and those it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    async def stop(self, *, at_once: bool = False) -> None:
        """Ask it to end; when its time is over, kill it and those it started.

        `at_once` asks with the signal that it gets when its supervisor dies: nothing is tidied up.
        """
        if self.exit_code is None:
            program = self.program
            asked = signal.Signals[f"SIG{program.death_signal}"] if at_once else program.stop_signal
            with suppress(ProcessLookupError):
                self._process.send_signal(asked)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self.program.stop_timeout_s)
        self.signal(signal.SIGKILL)
        await self.wait()


async def _read_lines(
    stream: asyncio.StreamReader | None, on_line: Callable[[bytes], None]
) -> None:
    while stream is not None:
        try:
            line = await stream.readline()
        except ValueError:
            line = b"(a line longer than 1 MiB was left out)\n"
        if not line:
            return
        on_line(line.rstrip(b"\r\n"))
