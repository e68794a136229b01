"""Where the cluster keeps its files, and its addresses."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

NODE = "node1"
NODE_ADDRESS = "10.87.0.1"
"""The node's own; pods reach processes of the machine by it."""
POD_NETWORK = "10.86.0.0/16"
"""Not 10.88.0.0/16, which podman and buildah give to a bridge of theirs."""
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
API_URL = f"https://{NODE_ADDRESS}:6443"
ETCD_URL = "http://127.0.0.1:12379"
ETCD_PEER_URL = "http://127.0.0.1:12380"


@dataclass(frozen=True)
class Home:
    """Files of the cluster; everything that one life of it writes is in `run`."""

    folder: Path

    @classmethod
    def of_user(cls) -> Self:
        """`~/.cache/julia/cluster`, or `JULIA_CLUSTER_HOME`."""
        given = os.environ.get("JULIA_CLUSTER_HOME")
        return cls(Path(given) if given else Path.home() / ".cache" / "julia" / "cluster")

    @property
    def lock(self) -> Path:
        """Held by whoever starts, stops or fills the cluster."""
        return self.folder / ".lock"

    @property
    def run(self) -> Path:
        """What `down` removes."""
        return self.folder / "run"

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.run / "pki"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.run / "log"

    @property
    def volumes(self) -> Path:
        """What pods keep in persistent volumes."""
        return self.run / "volumes"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.run / "admin.kubeconfig"

    @property
    def containerd_state(self) -> Path:
        """Mounts, network namespaces and the shims of running containers."""
        return self.run / "containerd" / "state"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return self.run / "containerd" / "containerd.sock"
