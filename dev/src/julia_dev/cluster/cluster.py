"""The life of the cluster: up, down, and what is running now."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from julia_dev import paths
from julia_dev.cluster import (
    cgroups,
    control_plane,
    images,
    machine,
    mounts,
    network,
    node,
    processes,
    programs,
    volumes,
)
from julia_dev.cluster.command import run
from julia_dev.cluster.home import API_URL, NODE, Home
from julia_dev.kube.access import Access
from julia_dev.kube.binaries import binary
from julia_dev.stack.errors import StackError

_ADDONS = paths.ROOT / "tests" / "cluster" / "addons"
_PARTS = frozenset(
    {
        *("etcd", "api-server", "controller-manager", "scheduler"),
        *("containerd", "kubelet", "proxy", "volumes"),
    }
)
_READY_S = 120.0
_LOCK_S = 600.0
_POLL_S = 0.3


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Let one process at a time change the cluster.

    Raises:
        StackError: somebody else has been at it for ten minutes.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    with home.lock.open("w") as lock:
        deadline = time.monotonic() + _LOCK_S
        while True:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise StackError(f"another process has held {home.lock} too long") from None
            time.sleep(_POLL_S)
        yield


def up(home: Home) -> None:
    """Start the cluster, if it does not run already; what is left of a dead one is removed first.

    Raises:
        StackError: the machine cannot, something could not be compiled, or a part did not come up
            in two minutes.
    """
    if _works(home):
        return
    machine.check()
    programs.compile_cluster()
    images.make_node_images()
    down(home)
    home.run.mkdir(parents=True)
    try:
        _start(home)
        _complete(home).touch()
    except StackError as error:
        # What runs is left for who looks into it; the next `up` or `down` clears it away.
        raise StackError(f"{error}\nThe logs are in {home.logs}") from error


def down(home: Home) -> None:
    """End everything that the cluster started, and leave the machine as it was."""
    # Made before and removed after everything else.
    if not home.run.exists():
        return
    processes.kill_all(home)
    cgroups.remove()
    mounts.detach(home.run)
    network.take_down(home)
    node.forget(home)
    shutil.rmtree(home.run, ignore_errors=True)
    if home.run.exists():
        raise StackError(f"{home.run} could not be removed; somebody still uses it")


def kubectl(home: Home, *arguments: str | Path, stdin: str = "", timeout_s: float = 30.0) -> str:
    """Run kubectl as the cluster's administrator."""
    program = (binary("kubectl"), f"--kubeconfig={home.kubeconfig}")
    return run(
        *program,
        f"--cache-dir={home.run / 'kubectl'}",
        *arguments,
        stdin=stdin,
        timeout_s=timeout_s,
    )


def _complete(home: Home) -> Path:
    """Name the file of a start that came to its end: one may stop half-way, all alive."""
    return home.run / "complete"


def _works(home: Home) -> bool:
    if not _complete(home).exists() or set(processes.running(home).values()) != _PARTS:
        return False
    try:
        _node_ready(home)
    except StackError:
        return False
    return True


def _start(home: Home) -> None:
    control_plane.certify(home.pki)
    access = Access(home.run, home.pki, API_URL)
    for client in control_plane.CLIENTS:
        access.kubeconfig(client)
    node.write_configuration(home, images.PAUSE)
    # They live as long as the cluster: waiting for a slow disk at every message proves nothing.
    mounts.keep_in_memory(home.volumes)
    network.set_up(home)
    cgroups.create()

    say("starting the API server")
    processes.start(home, "etcd", *control_plane.etcd(home))
    processes.start(home, "containerd", *node.containerd(home))
    processes.start(home, "api-server", *control_plane.api_server(home))
    _until_works(home, "containerd", lambda: node.ctr(home, "version"))
    images.load(home, images.NODE_IMAGES)
    _until_works(home, "api-server", lambda: kubectl(home, "get", "--raw", "/readyz"))
    say("starting the node")
    processes.start(home, "controller-manager", *control_plane.controller_manager(home))
    processes.start(home, "scheduler", *control_plane.scheduler(home))
    processes.start(home, "kubelet", *node.kubelet(home))
    processes.start(home, "proxy", *node.proxy(home))
    processes.start(home, "volumes", sys.executable, "-m", volumes.__name__, home.folder)
    _until_works(home, "kubelet", lambda: _node_ready(home))
    say("starting DNS and metrics-server")
    kubectl(home, "apply", "--server-side", "-f", _ADDONS)
    kubectl(
        *(home, "--namespace=kube-system", "rollout", "status", "deployment"),
        f"--timeout={_READY_S:.0f}s",
        timeout_s=_READY_S + 5,
    )


def _node_ready(home: Home) -> None:
    kubectl(home, "wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=2s")


def _until_works(home: Home, part: str, ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        processes.must_run(home, part)
        try:
            ask()
        except StackError as error:
            if time.monotonic() >= deadline:
                raise StackError(f"{part} is not ready after {_READY_S:.0f} s: {error}") from error
        else:
            return
        time.sleep(_POLL_S)


def say(text: str) -> None:
    """Tell a person how far it is; what programs read goes to standard output."""
    print(f"cluster: {text}", file=sys.stderr, flush=True)
