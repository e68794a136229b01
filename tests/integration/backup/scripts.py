"""Runs the chart's backup scripts as its Jobs do, with this machine's pg_dump and redis-cli."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from julia_dev import paths

_SCRIPTS = paths.ROOT / "charts" / "julia" / "files" / "backup"


def run(name: str, work: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a script with `WORK` and the given environment; raise nothing."""
    work.mkdir(exist_ok=True)
    shell = (_SCRIPTS / name).read_text().splitlines()[0].removeprefix("#!").split()
    return subprocess.run(
        [*shell, str(_SCRIPTS / name)],
        env={"PATH": os.environ["PATH"], "WORK": str(work), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def libpq(dsn: str, database: str | None = None) -> dict[str, str]:
    """Return psql's variables for a DSN, or for another database of its server."""
    url = urlsplit(dsn)
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if pair)
    return {
        "PGHOST": url.hostname or query.get("host", ""),
        "PGPORT": str(url.port or query.get("port", 5432)),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": database or url.path.removeprefix("/"),
    }
