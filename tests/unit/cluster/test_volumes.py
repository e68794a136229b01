"""Which claims get a folder, and which folders go."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from julia_dev import paths
from julia_dev.cluster import home, volumes

_ADDONS = paths.ROOT / "tests" / "cluster" / "addons"
_NODE_CHOSEN = {"volume.kubernetes.io/selected-node": home.NODE}


def _claim(**changes: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "data", "namespace": "a", "uid": "1", "annotations": _NODE_CHOSEN},
        "spec": {
            "storageClassName": volumes.CLASS,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "2Gi"}},
        },
        "status": {"phase": "Pending"},
    } | changes


def _volume(phase: str, **metadata: Any) -> dict[str, Any]:
    volume = volumes.volume_for(_claim(), Path("/volumes")) | {"status": {"phase": phase}}
    volume["metadata"] |= metadata
    return volume


def test_a_claim_gets_a_volume_of_its_size_that_no_other_claim_can_take() -> None:
    (claim,) = volumes.waiting([_claim()], [])

    volume = volumes.volume_for(claim, Path("/volumes"))

    assert volume["spec"]["capacity"] == {"storage": "2Gi"}
    assert volume["spec"]["claimRef"]["uid"] == "1"
    assert volume["spec"]["local"]["path"] == "/volumes/pvc-1"


@pytest.mark.parametrize(
    "claim",
    [
        _claim(metadata={"name": "data", "namespace": "a", "uid": "1"}),
        _claim(status={"phase": "Bound"}),
        _claim(spec={"storageClassName": "another"}),
    ],
    ids=["no pod has it yet", "it has its volume", "of another class"],
)
def test_other_claims_are_left_alone(claim: dict[str, Any]) -> None:
    assert not list(volumes.waiting([claim], []))


def test_a_claim_whose_volume_was_just_made_gets_no_second_one() -> None:
    assert not list(volumes.waiting([_claim()], [_volume("Available")]))


def test_a_volume_goes_when_its_claim_is_gone() -> None:
    assert list(volumes.released([_volume("Released")]))


@pytest.mark.parametrize(
    "volume",
    [
        _volume("Bound"),
        _volume("Released", deletionTimestamp="2026-01-01T00:00:00Z"),
        _volume("Released", annotations={}),
    ],
    ids=["in use", "going already", "made by hand"],
)
def test_other_volumes_stay(volume: dict[str, Any]) -> None:
    assert not list(volumes.released([volume]))


def test_a_volume_that_was_to_be_kept_stays() -> None:
    volume = _volume("Released")
    volume["spec"]["persistentVolumeReclaimPolicy"] = "Retain"

    assert not list(volumes.released([volume]))


def test_the_manifests_say_what_the_code_says() -> None:
    storage = yaml.safe_load((_ADDONS / "storage.yaml").read_text())
    coredns = list(yaml.safe_load_all((_ADDONS / "coredns.yaml").read_text()))
    service = next(each for each in coredns if each["kind"] == "Service")

    assert (storage["metadata"]["name"], storage["provisioner"]) == (
        volumes.CLASS,
        volumes.PROVISIONER,
    )
    assert service["spec"]["clusterIP"] == home.DNS_ADDRESS
