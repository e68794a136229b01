"""What the API server says of a pod, as the scenarios read it."""

from copy import deepcopy

from julia_dev.e2e.pods import read

POD = {
    "metadata": {
        "name": "julia-brain-1",
        "uid": "u-1",
        "labels": {"app.kubernetes.io/component": "brain"},
    },
    "spec": {"containers": [{"image": "localhost/julia-brain:dev"}]},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"restartCount": 2}],
    },
}


def test_a_pod_that_runs_is_ready() -> None:
    pod = read(POD)
    assert (pod.name, pod.component, pod.ready, pod.restarts) == (
        "julia-brain-1",
        "brain",
        True,
        2,
    )
    assert pod.image == "localhost/julia-brain:dev"


def test_a_pod_that_ends_is_not_ready() -> None:
    ending = deepcopy(POD)
    ending["metadata"]["deletionTimestamp"] = "2026-11-23T08:00:00Z"
    assert not read(ending).ready


def test_a_pod_that_was_just_made_is_not_ready() -> None:
    young = deepcopy(POD)
    young["status"] = {"phase": "Pending"}
    assert (read(young).ready, read(young).restarts) == (False, 0)
