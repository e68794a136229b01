"""Folders in memory, and taking away what the kubelet and containerd mounted."""

import re
from pathlib import Path

from julia_dev.cluster.command import run


def keep_in_memory(folder: Path) -> None:
    """Make a folder whose files are in memory only; it can fill half of the machine's."""
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)


def below(folder: Path, mounts: str) -> list[str]:
    """Mount points in `folder` by the text of `/proc/self/mountinfo`; the innermost come first."""
    points = (_plain(line.split()[4]) for line in mounts.splitlines())
    return sorted((point for point in points if Path(point).is_relative_to(folder)), reverse=True)


def detach(folder: Path) -> None:
    """Unmount everything in `folder`, even what somebody still looks at."""
    for point in below(folder, Path("/proc/self/mountinfo").read_text()):
        run("umount", "--lazy", point)


def _plain(text: str) -> str:
    # The kernel writes blanks and backslashes of a path as octal numbers.
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
