"""Running servers as their own users, and letting nothing outlive its supervisor.

PostgreSQL refuses to run as root, and RabbitMQ and Redis should not. Everything is started through
`setpriv` (util-linux), which drops root and asks the kernel to signal the child when its parent
dies, however the parent dies.
"""

import os
import pwd
import shutil
from pathlib import Path

from julia_dev.stack.errors import StackError


def launcher(*, user: str | None, death_signal: str, within: Path) -> tuple[str, ...]:
    """Return the command that goes before a child's own.

    Args:
        user: whom to become when we are root; `None` stays who we are.
        death_signal: what the child gets when the supervisor dies (a name such as `KILL`).
        within: the folder that the child works in.
    """
    prefix: tuple[str, ...] = ("setpriv", "--pdeathsig", death_signal)
    if user is None or os.geteuid() != 0:
        return prefix
    account = _account(user)
    prefix += ("--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups")
    if not _everyone_reaches(within):
        # A checkout in a folder that only root can enter (mktemp -d): the server keeps the one
        # capability that lets it walk there, and nothing else of root. The secure bit makes
        # access(2), by which Erlang looks at folders, count the capability too.
        prefix += ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        prefix += ("--securebits=+no_setuid_fixup",)
    return prefix


def own(folder: Path, user: str | None) -> None:
    """Make `folder` and give it to `user` alone (to ourselves, when we are not root)."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user is not None and os.geteuid() == 0:
        shutil.chown(folder, user, _account(user).pw_gid)


def give(path: Path, user: str | None) -> None:
    """Make a file readable and writable by `user` only."""
    path.chmod(0o600)
    if user is not None and os.geteuid() == 0:
        shutil.chown(path, user, _account(user).pw_gid)


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise StackError(
            f"this machine has no user `{user}` for the server to run as; "
            "`dev/bootstrap` installs the Debian packages that make it"
        ) from None


def _everyone_reaches(folder: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in folder.resolve().parents)
