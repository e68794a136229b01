"""A private PostgreSQL with the roles that Supabase has."""

import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from julia_dev.stack.errors import StackError
from julia_dev.stack.privileges import give, launcher, own
from julia_dev.stack.probes import NotReady, Probe
from julia_dev.stack.program import Program

_USER = "postgres"
_PACKAGES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Postgres:
    """Where the server lives and how it is reached."""

    folder: Path
    port: int
    passwords: Mapping[str, str] = field(repr=False)
    """Of the roles that log in: `postgres` (superuser) and `authenticator`."""
    durable: bool = True
    """False trades safety against a power cut (not against a kill) for speed."""

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def dsn(self, database: str, user: str = _USER) -> str:
        """Return the URL of `database` for one of the roles that may log in."""
        return f"postgresql://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Create the cluster if there is none.

        Raises:
            StackError: PostgreSQL is not installed, or the cluster is another version's.
        """
        binaries = find_binaries()
        own(self.folder, _USER)
        if (self._data / "PG_VERSION").exists():
            self._require_version(binaries)
        else:
            self._initdb(binaries)
        self._configure()

    def program(self) -> Program:
        """Return the server's process."""
        return Program(
            name="postgres",
            argv=(str(find_binaries() / "postgres"), "-D", str(self._data)),
            probe=self._probe(),
            folder=self.folder,
            user=_USER,
            tells=re.compile(r"^(WARNING|ERROR|FATAL|PANIC)"),
            # SIGTERM would wait for clients that are still connected; SIGINT rolls them back.
            stop_signal=signal.SIGINT,
            # Its children go too: SIGKILL would leave them to notice by themselves.
            death_signal="QUIT",
        )

    def _initdb(self, binaries: Path) -> None:
        password = self.folder / "password"
        password.write_text(self.passwords[_USER])
        give(password, _USER)
        command = [
            *launcher(user=_USER, death_signal="KILL", within=self.folder),
            str(binaries / "initdb"),
            *("--pgdata", str(self._data), "--username", _USER),
            *("--pwfile", str(password), "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            *(() if self.durable else ("--no-sync",)),
        ]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        password.unlink()
        if done.returncode != 0:
            raise StackError(f"initdb could not create {self._data}:\n{done.stderr or done.stdout}")

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            # No socket file: a path in a deep checkout is longer than the kernel allows.
            "unix_socket_directories": "",
            "max_connections": 200,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "",
            "log_min_messages": "warning",
            "wal_level": "minimal",
            "max_wal_senders": 0,
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        path = self._data / "postgresql.auto.conf"
        path.write_text(text)
        give(path, _USER)

    def _require_version(self, binaries: Path) -> None:
        ours = (self._data / "PG_VERSION").read_text().strip()
        if binaries.parent.name != ours:
            raise StackError(
                f"{self._data} was made by PostgreSQL {ours}, but {binaries} is installed now; "
                "`make reset` throws the local data away and starts anew"
            )

    def _probe(self) -> Probe:
        async def probe() -> None:
            try:
                connection = await asyncpg.connect(self.dsn("postgres"), timeout=2)
            except (OSError, asyncpg.PostgresError, TimeoutError) as error:
                raise NotReady(f"PostgreSQL on port {self.port}: {error}") from error
            await connection.close()

        return probe


def find_binaries() -> Path:
    """Return the folder of the newest installed PostgreSQL's programs.

    Raises:
        StackError: there is none.
    """
    found = [each for each in _PACKAGES.glob("*/bin") if (each / "postgres").exists()]
    if not found:
        raise StackError(
            f"PostgreSQL is not installed ({_PACKAGES} has none); "
            "`dev/bootstrap` as root installs it, or: apt-get install postgresql"
        )
    return max(found, key=lambda each: [int(part) for part in re.findall(r"\d+", each.parent.name)])
