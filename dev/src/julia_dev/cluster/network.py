"""The node's address, the pods' bridge, and the rules and settings that Kubernetes leaves."""

import json
import re
from pathlib import Path
from typing import Any

from julia_dev.cluster.command import run
from julia_dev.cluster.home import NODE_ADDRESS, POD_NETWORK, SERVICE_NETWORK, Home

_NODE_BRIDGE = "julia-node"
_POD_BRIDGE = "julia-pods"
_NETWORK = "julia-pods"
_RESULTS = Path("/var/lib/cni/results")
"""Where the plugins' library remembers what it did, whatever folder one asks for."""
_SYSCTL = Path("/proc/sys")
_IPV6 = _SYSCTL / "net" / "ipv6"
_OURS = re.compile(r"\b(KUBE-|CNI-)")
_NEEDED = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}
_SET_BY_KUBELET = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def set_up(home: Home) -> None:
    """Give the node its address, and let the kernel pass the pods' packets on."""
    # A bridge without ports: a `dummy` device is not to be had everywhere.
    run("ip", "link", "add", _NODE_BRIDGE, "type", "bridge")
    run("ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", _NODE_BRIDGE)
    run("ip", "link", "set", _NODE_BRIDGE, "up")
    # So that the machine itself reaches Services, default route or not.
    run("ip", "route", "add", SERVICE_NETWORK, "dev", _NODE_BRIDGE, "src", NODE_ADDRESS)
    _remember_settings(home)
    for name, value in _NEEDED.items():
        (_SYSCTL / name).write_text(value)


def take_down(home: Home) -> None:
    """Remove what `set_up`, the pods' bridge and kube-proxy left; restore the kernel's settings."""
    for bridge in (_POD_BRIDGE, _NODE_BRIDGE):
        if Path("/sys/class/net", bridge).exists():
            run("ip", "link", "delete", bridge)
    families = ("iptables", "ip6tables") if _IPV6.exists() else ("iptables",)
    for family in families:
        rules = run(f"{family}-save")
        if _OURS.search(rules):
            run(f"{family}-restore", stdin=without_ours(rules))
    for result in _RESULTS.glob(f"{_NETWORK}-*"):
        pod = result.name.removeprefix(f"{_NETWORK}-").partition("-")[0]
        for each in _RESULTS.glob(f"*-{pod}-*"):
            each.unlink()
    _restore_settings(home)


def without_ours(rules: str) -> str:
    """The rules that `iptables-save` printed, less Kubernetes' chains and the jumps to them."""
    return "".join(line for line in rules.splitlines(keepends=True) if not _OURS.search(line))


def pods(home: Home) -> dict[str, Any]:
    """How a pod gets its address: the list of plugins that containerd calls."""
    bridge = {
        "type": "bridge",
        "bridge": _POD_BRIDGE,
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(home.run / "cni" / "addresses"),
            "ranges": [[{"subnet": POD_NETWORK}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": _NETWORK, "plugins": [bridge, ports]}


def _settings(home: Home) -> Path:
    return home.run / "kernel-settings.json"


def _remember_settings(home: Home) -> None:
    paths = {name: _SYSCTL / name for name in (*_NEEDED, *_SET_BY_KUBELET)}
    before = {name: path.read_text().strip() for name, path in paths.items() if path.exists()}
    _settings(home).write_text(json.dumps(before))


def _restore_settings(home: Home) -> None:
    if _settings(home).exists():
        for name, value in json.loads(_settings(home).read_text()).items():
            (_SYSCTL / name).write_text(value)
