"""The local stack's commands: `python -m julia_dev.stack up|down|reset|psql`."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from typing import NoReturn

from julia_dev.stack import running, session
from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.output import Output
from julia_dev.stack.postgres import find_binaries
from julia_dev.stack.running import Claim
from julia_dev.stack.stack import Stack

_STOP_S = 90.0
_DATA = ("rabbitmq", "redis", "postgres", "evolution", "secrets.json")


def main() -> int:
    """Run one command; return the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m julia_dev.stack", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "reset", "psql"))
    options, further = parser.parse_known_args()
    command = options.command
    if further and command != "psql":
        parser.error(f"{command} takes no arguments: {' '.join(further)}")
    try:
        config = StackConfig.of_make_up()
        if command == "up":
            return asyncio.run(_up(config))
        if command == "psql":
            _psql(config, further)
        stopped = running.stop(config.folder, _STOP_S)
        print("The stack is stopped." if stopped else "No stack was running.")
        if command == "reset":
            _forget(config)
            print(f"Its data in {config.folder} is gone; `make up` starts anew.")
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


async def _up(config: StackConfig) -> int:
    with Claim(config.folder) as claim:
        if not claim.ours:
            found = running.find(config.folder, wait_s=session.START_TIMEOUT_S)
            print(found.welcome() if found else "It has just been stopped; start it again.")
            return 0
        told = _told_to_stop()
        stack = Stack(config, Output(config.folder / "logs"))
        try:
            if await _unless(told, stack.start()):
                facts = session.facts(config)
                claim.publish(facts)
                print(facts.welcome(), flush=True)
                await told.wait()
        finally:
            stack.output.announce("stopping")
            await stack.stop()
            stack.output.announce("stopped")
    return 0


def _told_to_stop() -> asyncio.Event:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def _unless(told: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do `work` unless `told` is set before it is done; tell whether it was done."""
    doing, waiting = asyncio.create_task(work), asyncio.create_task(told.wait())
    await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if told.is_set():
        doing.cancel()
        await asyncio.wait({doing})
        return False
    await doing
    return True


def _psql(config: StackConfig, arguments: list[str]) -> NoReturn:
    """Become psql on the database of the stack that runs."""
    found = running.find(config.folder, wait_s=session.START_TIMEOUT_S)
    if found is None:
        raise StackError("no stack is running; start it in another terminal: make up")
    dsn = Stack(replace(config, ports=found.ports)).pg_dsn()
    psql = find_binaries() / "psql"
    os.execv(psql, [str(psql), dsn, *arguments])  # noqa: S606 - becomes it, for the terminal


def _forget(config: StackConfig) -> None:
    for name in _DATA:
        path = config.folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
