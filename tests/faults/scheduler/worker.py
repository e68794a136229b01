"""A scheduler of one job, until it is killed: `worker.py <url> <key> <endless|quick|each>`.

It says when each run begins and ends, on a line of its own: the word and the planned time.
"""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from pydantic import JsonValue

from julia_common.database import Database
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.jobs.runner import Runner

_DAILY = "0 0 * * *"
"""Hardly ever falls due while a test lasts."""


def _say(word: str, run: Run) -> None:
    sys.stdout.write(f"{word} {run.scheduled_at.isoformat()}\n")
    sys.stdout.flush()


async def _endless(run: Run) -> Mapping[str, JsonValue]:
    _say("begun", run)
    await asyncio.Event().wait()
    return {}


async def _quick(run: Run) -> Mapping[str, JsonValue]:
    _say("begun", run)
    await asyncio.sleep(0.05)
    _say("ended", run)
    return {"por": "quem viveu"}


_JOBS = {
    "endless": Job("tarefa", _DAILY, Missed.LATEST, _endless, 3),
    "quick": Job("tarefa", _DAILY, Missed.LATEST, _quick, 3),
    "each": Job("tarefa", _DAILY, Missed.EACH, _quick, 60, timedelta(days=8)),
}


async def main(url: str, key: str, kind: str) -> None:
    database = await Database.create(url, key)
    runner = Runner(database, [_JOBS[kind]], owner=str(uuid4()))
    while True:
        await runner.step()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
