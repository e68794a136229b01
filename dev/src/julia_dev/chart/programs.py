"""The programs that `dev/chart/build` compiled, and how they are run."""

import os
import shutil
import subprocess
from pathlib import Path

from julia_dev import paths

CHART = paths.ROOT / "charts" / "julia"


class Failed(Exception):
    """What a program said when it failed."""


def build() -> None:
    """Compile what is not there yet; minutes the first time. Raises `Failed`."""
    run(str(paths.ROOT / "dev" / "chart" / "build"))


def program(name: str) -> str:
    """Return the path of one of them; `JULIA_CHART_BIN` moves their folder."""
    given = os.environ.get("JULIA_CHART_BIN")
    home = Path(given) if given else Path.home() / ".cache" / "julia" / "chart" / "bin"
    return str(home / name)


def go() -> str:
    """Return the path of Go, which need not be on the PATH."""
    return shutil.which("go") or "/usr/local/go/bin/go"


def run(*argv: str, stdin: str = "") -> str:
    """Run a program and return what it printed.

    Raises:
        Failed: it is not there, or ended with an error; holds all that it said.
    """
    try:
        done = subprocess.run(
            argv, cwd=paths.ROOT, input=stdin, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Failed(f"{argv[0]} is not there; `dev/chart/build` makes what is missing") from error
    if done.returncode:
        said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
        raise Failed(f"{Path(argv[0]).name} {' '.join(argv[1:4])} ...\n{said}")
    return done.stdout
