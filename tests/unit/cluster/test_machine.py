"""What a machine is told that cannot run a cluster."""

from julia_dev.cluster import machine


def test_a_root_without_rights_is_told_which_it_lacks() -> None:
    status = "Name:\tsh\nCapEff:\t00000000a80425fb\n"

    assert machine.missing_capabilities(status) == ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]


def test_a_root_with_all_rights_lacks_none() -> None:
    assert machine.missing_capabilities("CapEff:\t000001ffffffffff\n") == []
