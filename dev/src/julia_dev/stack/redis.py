"""A private Redis."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from julia_dev.stack.errors import StackError
from julia_dev.stack.privileges import own
from julia_dev.stack.probes import tcp
from julia_dev.stack.program import Program

_USER = "redis"


@dataclass(frozen=True)
class Redis:
    """Where the server lives and how it is reached."""

    folder: Path
    port: int
    databases: int = 16

    def url(self, database: int = 0) -> str:
        """Return the URL of one numbered database."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the server's folder."""
        own(self.folder, _USER)

    def program(self) -> Program:
        """Return the server's process.

        Raises:
            StackError: Redis is not installed.
        """
        server = shutil.which("redis-server")
        if server is None:
            raise StackError(
                "redis-server is not installed; `dev/bootstrap` as root installs it, "
                "or: apt-get install redis-server"
            )
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "databases": str(self.databases),
            "appendonly": "yes",
            "save": "",
            "loglevel": "warning",
        }
        flags = [text for name, value in options.items() for text in (f"--{name}", value)]
        return Program(
            name="redis",
            argv=(server, *flags),
            probe=tcp(self.port),
            folder=self.folder,
            user=_USER,
            tells=re.compile(r"(?i)\b(error|fatal|failed)\b"),
        )
