"""Whether this machine can run pods at all; what is missing is said before anything is started."""

import os
import shutil
from pathlib import Path

from julia_dev.cluster.command import run
from julia_dev.stack.errors import StackError

_PROGRAMS = (
    *("containerd", "ctr", "runc", "etcd", "buildah"),
    *("ip", "iptables", "conntrack", "socat", "mount", "umount", "tar"),
)
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_CHROOT": 18, "CAP_SYS_ADMIN": 21}
_PROBE = "julia-probe"


def check() -> None:
    """Look for everything that is missing.

    Raises:
        StackError: names it, and the way out.
    """
    wrong = [*_rights(), *_programs(), *_kernel()]
    if wrong:
        lines = "\n".join(f"- {each}" for each in wrong)
        raise StackError(
            f"this machine cannot run a cluster of its own:\n{lines}\n"
            "A KUBECONFIG of another cluster serves the end-to-end tests as well."
        )


def missing_capabilities(status: str) -> list[str]:
    """The capabilities that the text of `/proc/self/status` lacks."""
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    mask = int(effective.split()[1], 16)
    return [name for name, bit in _CAPABILITIES.items() if not mask >> bit & 1]


def _rights() -> list[str]:
    if os.geteuid() != 0:
        return ["only root can start containers: run it as root (sudo)"]
    lacking = missing_capabilities(Path("/proc/self/status").read_text())
    return [f"root here lacks {name} (a container without --privileged)" for name in lacking]


def _programs() -> list[str]:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    missing = [name for name in _PROGRAMS if shutil.which(name, path=path) is None]
    if not missing:
        return []
    return [f"not installed: {', '.join(missing)} (dev/bootstrap --with-cluster installs them)"]


def _kernel() -> list[str]:
    if os.geteuid() != 0:
        return []
    wrong = []
    if "overlay" not in Path("/proc/filesystems").read_text().split():
        wrong.append("the kernel has no overlay file system")
    if not _can_bridge():
        wrong.append("the kernel makes no network bridge (module `bridge`)")
    if not Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists():
        wrong.append("the kernel does not filter bridges (module `br_netfilter`)")
    return wrong


def _can_bridge() -> bool:
    try:
        run("ip", "link", "add", _PROBE, "type", "bridge")
    except StackError:
        return False
    run("ip", "link", "delete", _PROBE)
    return True
