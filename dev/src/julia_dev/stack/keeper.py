"""Keeps one program running, as Kubernetes would: a process that ends is started again."""

import asyncio
import signal
import time

from julia_dev.stack.errors import StackError
from julia_dev.stack.output import Output
from julia_dev.stack.probes import NotReady
from julia_dev.stack.program import Child, Program

_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 10.0
_STEADY_AFTER_S = 10.0
_ENDS_NOTHING = (signal.SIGSTOP, signal.SIGCONT)


class Keeper:
    """A program that runs until it is told to stop."""

    def __init__(self, program: Program, output: Output) -> None:
        self.program = program
        self.starts = 0
        self._output = output
        self._take = output.sink(program.name, program.tells)
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The running process, or `None` while there is none."""
        child = self._child
        return child.pid if child is not None and child.exit_code is None else None

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            StackError: it was not ready in time; holds the last lines that it wrote.
        """
        child = await self._launch()
        try:
            await child.wait_ready()
        except NotReady as error:
            await child.stop()
            raise StackError(
                f"{self.program.name} did not start: {error}. Its last words "
                f"({self._output.log_path(self.program.name)}):\n"
                f"{self._output.tail(self.program.name)}"
            ) from error
        except asyncio.CancelledError:
            await child.stop(at_once=True)
            raise
        self._ready.set()
        self._watch = asyncio.create_task(self._keep(child), name=f"keep {self.program.name}")

    async def wait_ready(self) -> None:
        """Wait until it is ready, again if need be."""
        await self._ready.wait()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal; it will be started again when it ends. False: nothing was running."""
        if self._child is None or self._child.exit_code is not None:
            return False
        if number not in _ENDS_NOTHING:
            self._ready.clear()
        self._child.signal(number)
        return True

    async def restart(self) -> None:
        """Stop it in order, and wait until it is ready again."""
        if self._child is not None:
            self._ready.clear()
            await self._child.stop()
        await self.wait_ready()

    async def stop(self, *, at_once: bool = False) -> None:
        """Stop it for good."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        if self._child is not None:
            await self._child.stop(at_once=at_once)

    async def _launch(self) -> Child:
        self.starts += 1
        self._child = await Child.start(self.program, self._take)
        return self._child

    async def _keep(self, child: Child) -> None:
        delay = _FIRST_DELAY_S
        while True:
            began = time.monotonic()
            readiness = asyncio.create_task(self._note_ready(child))
            try:
                code = await child.wait()
            finally:
                readiness.cancel()
            self._ready.clear()
            if time.monotonic() - began > _STEADY_AFTER_S:
                delay = _FIRST_DELAY_S
            name = self.program.name
            self._output.announce(f"{name} {_describe(code)}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY_S)
            child = await self._launch_whole()

    async def _launch_whole(self) -> Child:
        """Launch it; when we are cancelled meanwhile, not before `stop` can find the child."""
        launching = asyncio.create_task(self._launch())
        try:
            return await asyncio.shield(launching)
        except asyncio.CancelledError:
            await launching
            raise

    async def _note_ready(self, child: Child) -> None:
        if self._ready.is_set():
            return
        began = time.monotonic()
        while True:
            try:
                await child.wait_ready()
            except NotReady as error:
                self._output.announce(f"{self.program.name} is not ready: {error}")
                if child.exit_code is not None:
                    return
            else:
                break
        self._ready.set()
        self._output.announce(f"{self.program.name} is back after {time.monotonic() - began:.1f} s")


def _describe(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"
