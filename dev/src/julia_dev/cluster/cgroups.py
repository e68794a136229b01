"""The control group that holds every container of the cluster, in version 1 or 2."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from julia_dev.cluster.processes import kill_until_gone
from julia_dev.stack.errors import StackError

NAME = "julia"
"""The kubelet's root: what lies below is ours to end, whoever else runs containers here."""

# All pods together would weigh as much as a single shell of the machine: eight, in both versions.
_WEIGHTS = {"cpu.shares": "8192", "cpu.weight": "800"}
_NEEDED = ("cpu", "cpuset", "memory", "pids")
_V1, _V2 = "cgroup", "cgroup2"
_MOUNTS = Path("/proc/self/mountinfo")
_REMOVAL_S = 5.0


@dataclass(frozen=True)
class Hierarchy:
    """A mounted tree of control groups; version 1 has one per controller."""

    folder: Path
    kind: str

    @property
    def ours(self) -> Path:
        """Our group in it."""
        return self.folder / NAME


def hierarchies(mounts: str) -> list[Hierarchy]:
    """The trees in the text of `/proc/self/mountinfo`."""
    found = []
    for line in mounts.splitlines():
        place, _, kind = line.partition(" - ")
        if kind.split()[0] in (_V1, _V2):
            found.append(Hierarchy(Path(place.split()[4]), kind.split()[0]))
    return found


def create() -> None:
    """Make our group in every tree.

    Raises:
        StackError: the machine does not let us, or a controller is missing.
    """
    trees = hierarchies(_MOUNTS.read_text())
    if not trees:
        raise StackError("no control groups are mounted; without /sys/fs/cgroup no pod can run")
    # A machine that mounts both versions runs containers in the first.
    trees = [tree for tree in trees if tree.kind == _V1] or trees
    for tree in trees:
        try:
            if tree.kind == _V2:
                _hand_down(tree.folder)
            tree.ours.mkdir(exist_ok=True)
            for name, weight in _WEIGHTS.items():
                if (tree.ours / name).exists():
                    (tree.ours / name).write_text(weight)
        except OSError as error:
            raise StackError(
                f"cannot make the control group {tree.ours} ({error.strerror}); a container needs "
                "--privileged --cgroupns=private for it, and no process in its root group"
            ) from error


def _hand_down(folder: Path) -> None:
    offered = (folder / "cgroup.controllers").read_text().split()
    missing = sorted(set(_NEEDED) - set(offered))
    if missing:
        raise StackError(f"{folder} does not offer the controllers {', '.join(missing)}")
    (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in offered))


def remove() -> None:
    """End every container and remove our group with all below it."""
    groups = [tree.ours for tree in hierarchies(_MOUNTS.read_text()) if tree.ours.is_dir()]

    def alive() -> Iterator[int]:
        for group in groups:
            for path in group.rglob("cgroup.procs"):
                with suppress(OSError):
                    yield from map(int, path.read_text().split())

    kill_until_gone(lambda: set(alive()))
    deadline = time.monotonic() + _REMOVAL_S
    while left := [group for group in groups if not _removed(group)]:
        if time.monotonic() >= deadline:
            raise StackError(f"still in use: {', '.join(map(str, left))}")
        time.sleep(0.1)


def _removed(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not group.exists()
