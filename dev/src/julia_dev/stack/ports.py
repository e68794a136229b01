"""Which ports the local stack uses, and who holds one that is taken."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from julia_dev.stack.errors import StackError

DEFAULTS = {
    "ingest": 8000,
    "evolution": 8080,
    "supabase": 18000,
    "brain": 18001,
    "dispatcher": 18002,
    "scheduler": 18003,
    "anthropic": 18010,
    "transcription": 18011,
    "slack": 18012,
    "chatwoot": 18013,
    "redis": 18379,
    "postgres": 18432,
    "rabbitmq": 18672,
    "rabbitmq_management": 18673,
    "rabbitmq_dist": 18674,
    "rabbitmq_epmd": 18675,
}

_HIGHEST = 65535


def variable(name: str) -> str:
    """Return the environment variable that moves the port called `name`."""
    return f"JULIA_PORT_{name.upper()}"


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, int]:
    """Return the ports of `make up`: the defaults, moved by `JULIA_PORT_<NAME>`.

    Raises:
        StackError: a variable is no port number, or two names got the same port.
    """
    ports: dict[str, int] = {}
    for name, default in DEFAULTS.items():
        text = environ.get(variable(name)) or str(default)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _HIGHEST:
            raise StackError(f"{variable(name)}={text!r} is no port number (1 to 65535)")
        if int(text) in ports.values():
            raise StackError(f"{variable(name)}={text} is the port of another part too; move one")
        ports[name] = int(text)
    return ports


def free(count: int) -> list[int]:
    """Return `count` different ports that nobody listened on a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def all_free() -> dict[str, int]:
    """Return a free port for every name, for an instance beside others."""
    return dict(zip(DEFAULTS, free(len(DEFAULTS)), strict=True))


def require_free(name: str, port: int) -> None:
    """Check that `port` can be listened on.

    Raises:
        StackError: it cannot; names the holder where the kernel tells us.
    """
    with socket.socket() as probe:
        # As servers do: a connection of the last run in TIME_WAIT holds no port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - finds listeners on any address; closed at once
        except OSError as error:
            holder = _holder(port)
            raise StackError(
                f"port {port} ({name}) cannot be used: {error.strerror}"
                + (f"; held by {holder}" if holder else "")
                + f". Stop that, or move ours: {variable(name)}=<port> make up"
            ) from None


def _holder(port: int) -> str | None:
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = any(link.readlink().name in inodes for link in (process / "fd").iterdir())
            if held:
                command = (process / "cmdline").read_text().replace("\0", " ").strip()
                return f"process {process.name} ({command[:120]})"
        except OSError:
            continue  # ended meanwhile, or not ours to look into
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    listening = "0A"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == listening and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
