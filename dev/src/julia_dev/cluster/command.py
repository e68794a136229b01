"""Running other programs to their end."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from julia_dev.stack.errors import StackError

_TIMEOUT_S = 120.0
_SHOWN = 2000


def run(
    *argv: str | Path,
    stdin: str = "",
    timeout_s: float = _TIMEOUT_S,
    env: Mapping[str, str] | None = None,
) -> str:
    """Return what the program printed.

    Raises:
        StackError: it is missing, failed or took too long; holds its words.
    """
    shown = shlex.join(map(str, argv))
    try:
        done = subprocess.run(
            list(map(str, argv)),
            input=stdin,
            env=env,
            text=True,
            capture_output=True,
            check=True,
            timeout=timeout_s,
        )
    except FileNotFoundError:
        raise StackError(f"`{argv[0]}` is not installed; dev/bootstrap --with-cluster") from None
    except subprocess.TimeoutExpired:
        raise StackError(f"not done after {timeout_s:.0f} s: {shown}") from None
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout).strip()[-_SHOWN:]
        raise StackError(f"failed with code {error.returncode}: {shown}\n{words}") from None
    return done.stdout
