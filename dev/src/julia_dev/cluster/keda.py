"""KEDA, compiled from its module and installed from the manifests that lie in it."""

import json
import os
import tempfile
from pathlib import Path

from julia_dev import paths
from julia_dev.chart.programs import go
from julia_dev.cluster import images, programs
from julia_dev.cluster.cluster import kubectl, say
from julia_dev.cluster.command import run
from julia_dev.cluster.home import Home
from julia_dev.kube.binaries import home as binaries

_MODULE = paths.ROOT / "dev" / "kube" / "keda"
_IMAGE = "localhost/keda:1"
# Not its webhooks: they only judge what a person writes.
_MANIFESTS = ("crd", "general", "rbac", "manager", "metrics-server", "service_account")
_READY_S = 120.0
_RECIPE = """\
FROM scratch
COPY keda-operator /keda
COPY keda-adapter /keda-adapter
USER 65534:65534
ENTRYPOINT ["/keda"]
"""


def install(home: Home) -> None:
    """Compile KEDA (minutes, once) and run it in the cluster.

    Raises:
        StackError: it could not be compiled, or is not ready two minutes after its installation.
    """
    programs.compile_keda()
    images.build_from(_IMAGE, _RECIPE, binaries() / "keda-operator", binaries() / "keda-adapter")
    images.load(home, [_IMAGE])
    say("installing KEDA")
    # On the server's side: its CRDs are larger than an annotation may be.
    kubectl(home, "apply", "--server-side", "-f", "-", stdin=_manifests(home))
    kubectl(
        *(home, "--namespace=keda", "rollout", "status", "deployment"),
        f"--timeout={_READY_S:.0f}s",
        timeout_s=_READY_S + 5,
    )


def _manifests(home: Home) -> str:
    module = run(go(), "-C", _MODULE, "list", "-m", "-f", "{{.Dir}}", "github.com/kedacore/keda/v2")
    config = Path(module.strip()) / "config"
    container = "/spec/template/spec/containers/0"
    ours = {"image": _IMAGE, "imagePullPolicy": "Never"}
    patch = [
        {"op": "replace", "path": f"{container}/{field}", "value": value}
        for field, value in ours.items()
    ]
    with tempfile.TemporaryDirectory(prefix="julia-keda-") as folder:
        overlay = {
            "resources": [os.path.relpath(config / each, folder) for each in _MANIFESTS],
            "patches": [{"target": {"kind": "Deployment"}, "patch": json.dumps(patch)}],
        }
        (Path(folder) / "kustomization.yaml").write_text(json.dumps(overlay))
        return kubectl(home, "kustomize", folder)
