"""Servers for one test run: `python -m julia_dev.testbed <part> <folder> <owner's pid>`.

The first test that wants a server starts this process; it ends, and the server with it, when the
owner (the pytest process that the run belongs to) is gone, however that happened.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from julia_dev.kube.kube import Kube
from julia_dev.stack import database, ports
from julia_dev.stack.errors import StackError
from julia_dev.stack.postgres import Postgres
from julia_dev.stack.probes import NotReady
from julia_dev.stack.program import Child, Program
from julia_dev.stack.rabbitmq import RabbitMQ
from julia_dev.stack.redis import Redis
from julia_dev.stack.secrets import Secrets

REDIS_DATABASES = 64
TEMPLATE = "julia_template"
"""The migrated database that each test's own is copied from."""

READY = "ready.json"
"""Written when the server is usable: how to reach it, or `error`, why it is not."""


@dataclass(frozen=True)
class _Bed:
    """What runs, and what the tests need to know about it."""

    stop: Callable[[], Awaitable[None]]
    facts: dict[str, str]


async def _postgres(folder: Path) -> _Bed:
    server = Postgres(folder, ports.free(1)[0], Secrets.generate().of_postgres(), durable=False)
    server.prepare()
    child = await _start(server.program())
    await database.prepare(server, TEMPLATE)
    facts = {"dsn": server.dsn(""), "authenticator_dsn": server.dsn("", "authenticator")}
    return _Bed(partial(_kill, child), facts)


async def _redis(folder: Path) -> _Bed:
    server = Redis(folder, ports.free(1)[0], databases=REDIS_DATABASES)
    server.prepare()
    return _Bed(partial(_kill, await _start(server.program())), {"url": server.url()})


async def _rabbitmq(folder: Path) -> _Bed:
    port, management_port, dist_port, epmd_port = ports.free(4)
    server = RabbitMQ(
        folder,
        port=port,
        management_port=management_port,
        dist_port=dist_port,
        epmd_port=epmd_port,
        password=Secrets.generate().rabbitmq_password,
    )
    server.prepare()
    epmd, rabbitmq = await _start(server.epmd()), await _start(server.program())
    facts = {"url": server.url(""), "management_url": server.management_url()}
    return _Bed(partial(_kill, rabbitmq, epmd), facts)


async def _kubernetes(folder: Path) -> _Bed:
    kube = Kube(folder)
    await kube.start()
    access = kube.access
    facts = {"folder": str(access.folder), "pki": str(access.pki), "url": access.url}
    return _Bed(kube.stop, facts)


_PARTS: dict[str, Callable[[Path], Awaitable[_Bed]]] = {
    "postgres": _postgres,
    "redis": _redis,
    "rabbitmq": _rabbitmq,
    "kubernetes": _kubernetes,
}


async def _kill(*children: Child) -> None:
    for child in children:
        await child.stop(at_once=True)


async def _start(program: Program) -> Child:
    child = await Child.start(
        program, lambda line: print(line.decode(errors="replace"), flush=True)
    )
    await child.wait_ready()
    return child


async def _gone(pid: int) -> None:
    ended = asyncio.Event()
    descriptor = os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()


async def _main(part: str, folder: Path, owner: int) -> None:
    try:
        bed = await _PARTS[part](folder / "server")
    except (StackError, NotReady) as error:
        _publish(folder, {"error": f"{part} for the tests: {error} (log: {folder}/log)"})
        return
    _publish(folder, bed.facts)
    await _gone(owner)
    await bed.stop()
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # the last one to go


def _publish(folder: Path, facts: dict[str, str]) -> None:
    draft = folder / "draft.json"
    draft.write_text(json.dumps(facts))
    draft.replace(folder / READY)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
