"""The cluster's processes: they outlive `up`, and are known again by a mark in their environment.

No file of process ids is kept: the mark is there whatever became of who started them, is inherited
by containerd's shims, and can never name a process of somebody else.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from julia_dev.cluster.home import Home
from julia_dev.stack.errors import StackError

_MARK = "JULIA_CLUSTER_PART"
_POLL_S = 0.05
_DEATH_S = 20.0
_EXEC_S = 5.0
"""So long a program of a hundred megabytes may take from a cold disk until it shows its mark."""
_LOOKS = 5
_LOOK_S = 0.01


def start(home: Home, name: str, *argv: str | Path) -> None:
    """Start one part of the cluster in a session of its own; its output goes to its log."""
    home.logs.mkdir(parents=True, exist_ok=True)
    environment = {
        # Debian keeps iptables and its like where only root looks.
        "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(home.run),
        _MARK: _mark(home, name),
    }
    with (home.logs / f"{name}.log").open("ab") as log:
        # No child of ours: it belongs to init at once, as it will when `up` has ended.
        command = ("setsid", "--fork", *map(str, argv))
        subprocess.run(
            command,
            cwd=home.run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )


def running(home: Home) -> dict[int, str]:
    """The cluster's processes by id, with the part each belongs to."""
    prefix = f"{_MARK}={_mark(home, '')}".encode()
    return {
        process: entry.removeprefix(prefix).decode()
        for process, environment in _environments()
        for entry in environment.split(b"\0")
        if entry.startswith(prefix)
    }


def must_run(home: Home, name: str) -> None:
    """Ask whether a part still runs.

    Raises:
        StackError: it has ended; holds the last lines of its log.
    """
    deadline = time.monotonic() + _EXEC_S
    while name not in running(home).values():
        if time.monotonic() >= deadline:
            lines = (home.logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
            raise StackError("\n".join([f"{name} ended by itself; it said last:", *lines]))
        time.sleep(_POLL_S)


def kill_all(home: Home) -> None:
    """Kill the whole cluster: nothing that it would still write is kept."""
    kill_until_gone(lambda: running(home))


def kill_until_gone(alive: Callable[[], Iterable[int]]) -> None:
    """Kill what is alive until nothing is.

    Raises:
        StackError: something does not die; a process that waits for a disk, for example.
    """
    deadline = time.monotonic() + _DEATH_S
    while left := sorted(alive()):
        if time.monotonic() >= deadline:
            raise StackError(f"these processes do not die: {', '.join(map(str, left))}")
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(_POLL_S)


def _mark(home: Home, name: str) -> str:
    return f"{home.run}:{name}"


def _environments() -> Iterator[tuple[int, bytes]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            # It may have ended, or belong to somebody else.
            with suppress(OSError):
                yield int(folder.name), _environment(folder)


def _environment(folder: Path) -> bytes:
    for _ in range(_LOOKS):
        environment = (folder / "environ").read_bytes()
        if environment:
            return environment
        # A program that just takes another's place shows none for a moment. What has no program,
        # a thread of the kernel or a process that ended, raises here.
        (folder / "exe").readlink()
        time.sleep(_LOOK_S)
    return b""
