"""Folders of this machine for claims of persistent volumes, as a cloud's driver gives disks.

Kubernetes' own `local` volumes are made by hand and serve one claim only; this makes one for every
claim and removes it with the claim. It runs as a part of the cluster:
`python -m julia_dev.cluster.volumes FOLDER`.
"""

import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from julia_dev.cluster.home import API_URL, NODE, Home
from julia_dev.kube.access import Access

CLASS = "local"
PROVISIONER = "julia.dev/local"
"""Also in tests/cluster/addons/storage.yaml."""

_MADE_BY = "pv.kubernetes.io/provisioned-by"
_CLAIMS = "/api/v1/persistentvolumeclaims"
_VOLUMES = "/api/v1/persistentvolumes"
_POLL_S = 1.0

type _Resource = Mapping[str, Any]


def serve(home: Home) -> None:
    """Look once a second, for ever."""
    trust = Access(home.run, home.pki, API_URL).trust()
    with httpx.Client(base_url=API_URL, verify=trust, trust_env=False) as api:
        while True:
            try:
                settle(api, home.volumes)
            except (httpx.HTTPError, OSError) as error:
                print(f"volumes: {error or type(error).__name__}", file=sys.stderr, flush=True)
            time.sleep(_POLL_S)


def settle(api: httpx.Client, folder: Path) -> None:
    """Make what claims wait for; remove what nobody claims any more."""
    claims, volumes = _items(api, _CLAIMS), _items(api, _VOLUMES)
    for claim in waiting(claims, volumes):
        volume = volume_for(claim, folder)
        # Root's own, as a new disk is: it is `fsGroup` that lets a pod write.
        Path(volume["spec"]["local"]["path"]).mkdir(parents=True, exist_ok=True)
        api.post(_VOLUMES, json=volume).raise_for_status()
    for unclaimed in released(volumes):
        shutil.rmtree(unclaimed["spec"]["local"]["path"], ignore_errors=True)
        api.delete(f"{_VOLUMES}/{unclaimed['metadata']['name']}").raise_for_status()


def waiting(claims: Iterable[_Resource], volumes: Iterable[_Resource]) -> Iterator[_Resource]:
    """Claims of our class whose pod has a node, and that have no volume yet."""
    made = {volume["metadata"]["name"] for volume in volumes}
    for claim in claims:
        chosen = claim["metadata"].get("annotations", {}).get("volume.kubernetes.io/selected-node")
        ours = claim["spec"].get("storageClassName") == CLASS and chosen
        if ours and claim["status"].get("phase") == "Pending" and _name(claim) not in made:
            yield claim


def released(volumes: Iterable[_Resource]) -> Iterator[_Resource]:
    """Volumes of ours whose claim is gone and that were not to be kept."""
    for volume in volumes:
        ours = volume["metadata"].get("annotations", {}).get(_MADE_BY) == PROVISIONER
        kept = volume["spec"]["persistentVolumeReclaimPolicy"] != "Delete"
        leaving = "deletionTimestamp" in volume["metadata"]
        if ours and not kept and not leaving and volume["status"].get("phase") == "Released":
            yield volume


def volume_for(claim: _Resource, folder: Path) -> dict[str, Any]:
    """The volume that this claim and no other is bound to."""
    origin = claim["metadata"]
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _name(claim), "annotations": {_MADE_BY: PROVISIONER}},
        "spec": {
            "storageClassName": CLASS,
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": "Filesystem",
            "local": {"path": str(folder / _name(claim))},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": origin["namespace"],
                "name": origin["name"],
                "uid": origin["uid"],
            },
        },
    }


def _name(claim: _Resource) -> str:
    return f"pvc-{claim['metadata']['uid']}"


def _items(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = api.get(path).raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


if __name__ == "__main__":
    serve(Home(Path(sys.argv[1])))
