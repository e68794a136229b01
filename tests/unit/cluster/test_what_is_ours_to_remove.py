"""What `cluster down` takes away, and what it leaves alone."""

from pathlib import Path

from julia_dev.cluster import cgroups, mounts, network

_MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda rw
30 22 0:26 / /sys/fs/cgroup/memory rw shared:5 - cgroup cgroup rw,memory
31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
40 22 0:50 / /home/a/run/state/rootfs rw - overlay overlay rw
41 40 0:51 / /home/a/run/state/rootfs/secret\\040one rw - tmpfs tmpfs rw
42 22 0:52 / /home/a/running rw - tmpfs tmpfs rw
"""
_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-SERVICES - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -j DOCKER
-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
COMMIT
"""


def test_inner_mounts_are_taken_away_before_the_outer_and_a_neighbour_s_never() -> None:
    assert mounts.below(Path("/home/a/run"), _MOUNTS) == [
        "/home/a/run/state/rootfs/secret one",
        "/home/a/run/state/rootfs",
    ]


def test_control_groups_are_found_in_both_versions() -> None:
    assert [tree.ours for tree in cgroups.hierarchies(_MOUNTS)] == [
        Path("/sys/fs/cgroup/memory/julia"),
        Path("/sys/fs/cgroup/unified/julia"),
    ]


def test_of_the_firewall_s_rules_only_those_of_kubernetes_go() -> None:
    assert network.without_ours(_RULES) == (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -j DOCKER\nCOMMIT\n"
    )
