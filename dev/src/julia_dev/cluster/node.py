"""What runs pods: containerd, kubelet and kube-proxy."""

import json
from pathlib import Path
from typing import Any

from julia_dev.cluster import cgroups, network
from julia_dev.cluster.command import run
from julia_dev.cluster.home import DNS_ADDRESS, NODE, NODE_ADDRESS, POD_NETWORK, Home
from julia_dev.kube.binaries import binary
from julia_dev.stack.errors import StackError

_POD_LOGS = Path("/var/log/containers")
_DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
_CONTAINERD = """\
version = 2
root = "{run}/containerd/root"
state = "{state}"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # Without CAP_SYS_RESOURCE runc may not lower a score, and every pod would fail.
  restrict_oom_score_adj = true
  # In the cluster's own folder, so that `down` finds them.
  netns_mounts_under_state_dir = true
  # As containerd 2 does by default, and so production: no capability for port 53.
  enable_unprivileged_ports = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{run}/cni/conf"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def write_configuration(home: Home, pause: str) -> None:
    """Write what the three read; `pause` is the image that holds a pod's namespaces."""
    (home.run / "cni" / "conf").mkdir(parents=True)
    (home.run / "cni" / "conf" / "10-pods.conflist").write_text(json.dumps(network.pods(home)))
    (home.run / "containerd.toml").write_text(
        _CONTAINERD.format(
            run=home.run, state=home.containerd_state, socket=home.containerd_socket, pause=pause
        )
    )
    (home.run / "kubelet.json").write_text(json.dumps(_kubelet(home)))


def containerd(home: Home) -> tuple[str | Path, ...]:
    """Return containerd's command."""
    return ("containerd", "--config", home.run / "containerd.toml")


def kubelet(home: Home) -> tuple[str | Path, ...]:
    """Return the kubelet's command."""
    return (
        binary("kubelet"),
        f"--config={home.run / 'kubelet.json'}",
        f"--kubeconfig={home.run / 'kubelet.kubeconfig'}",
        f"--root-dir={home.run / 'kubelet'}",
        f"--hostname-override={NODE}",
        f"--node-ip={NODE_ADDRESS}",
    )


def proxy(home: Home) -> tuple[str | Path, ...]:
    """Return kube-proxy's command."""
    return (
        binary("kube-proxy"),
        f"--kubeconfig={home.run / 'proxy.kubeconfig'}",
        f"--hostname-override={NODE}",
        f"--cluster-cidr={POD_NETWORK}",
        "--proxy-mode=iptables",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
        # The machine's own settings of connection tracking stay as they are.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        "--iptables-localhost-nodeports=false",
    )


def ctr(home: Home, *arguments: str | Path, timeout_s: float = 30.0) -> str:
    """Run containerd's own client in Kubernetes' namespace.

    Raises:
        StackError: containerd does not run, or the client failed.
    """
    if not home.containerd_socket.exists():
        raise StackError("no cluster runs here; `tests/cluster/cluster up` starts it")
    client = ("ctr", f"--address={home.containerd_socket}", "--namespace=k8s.io")
    return run(*client, *arguments, timeout_s=timeout_s)


def forget(home: Home) -> None:
    """Remove what containerd and the kubelet keep outside the folders they were given."""
    for address in home.containerd_state.glob("io.containerd.runtime.v2.task/k8s.io/*/address"):
        Path(address.read_text().removeprefix("unix://")).unlink(missing_ok=True)
    for link in _POD_LOGS.glob("*.log"):
        if link.is_symlink() and link.readlink().is_relative_to(home.run):
            link.unlink()
    (_DEVICE_PLUGINS / "kubelet.sock").unlink(missing_ok=True)


def _kubelet(home: Home) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(home.pki / "ca.crt")},
            "webhook": {"enabled": True},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(home.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(home.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{home.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroups.NAME}",
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "podLogsDir": str(home.run / "pods"),
        "failSwapOn": False,
        # The disk is the machine's, not ours: no image is thrown away and no pod evicted for it.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi"},
        # A changed Secret reaches its mounted file in seconds; by default it takes a minute.
        "syncFrequency": "10s",
    }
