"""Where the binaries of Kubernetes are that `dev/kube/build` compiled."""

import os
import shutil
from pathlib import Path

from julia_dev.stack.errors import StackError


def home() -> Path:
    """The folder of the binaries; `JULIA_KUBE_BIN` moves it."""
    given = os.environ.get("JULIA_KUBE_BIN")
    return Path(given) if given else Path.home() / ".cache" / "julia" / "cluster" / "bin"


def binary(name: str) -> str:
    """Return the path of a program of Kubernetes, or of one on the PATH.

    Raises:
        StackError: it has not been built.
    """
    built = home() / name
    if built.is_file():
        return str(built)
    found = shutil.which(name)
    if found is None:
        raise StackError(f"{name} is not there; `dev/kube/build` makes it (minutes, once)")
    return found
