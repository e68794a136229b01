"""skaffold reads skaffold.yaml, and renders the chart with the images that it would build."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from julia_dev import paths
from julia_dev.chart import programs, rendering

_BIN = Path(os.environ.get("JULIA_KUBE_BIN") or Path.home() / ".cache/julia/cluster/bin")
_SKAFFOLD = _BIN / "skaffold"
_HELM = Path(programs.program("helm3"))

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not _SKAFFOLD.exists(), reason="dev/skaffold/build has not run here"),
    pytest.mark.skipif(not _HELM.exists(), reason="dev/chart/build has not run here"),
]

SERVICES = ["julia-api", "julia-brain", "julia-dispatcher", "julia-operator", "julia-scheduler"]
OWN = [*SERVICES, "julia-migrations"]


@pytest.fixture
def skaffold(tmp_path: Path):
    """Run skaffold from the checkout, with no home of its own and no cluster."""
    # Our Helm bears no version of Kubernetes, which one that was released takes for the cluster's.
    helm = tmp_path / "helm"
    helm.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" template "*) set -- "$@" --kube-version {rendering.KUBERNETES};; esac\n'
        f'exec {_HELM} "$@"\n'
    )
    helm.chmod(0o755)
    (tmp_path / ".skaffold").mkdir()
    (tmp_path / ".skaffold" / "config").write_text("global: {collect-metrics: false}\n")
    environment = {
        "PATH": f"{tmp_path}:{_BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "SKAFFOLD_UPDATE_CHECK": "false",
        "SKAFFOLD_INTERACTIVE": "false",
        "KUBECONFIG": str(tmp_path / "none"),
    }

    def run(*arguments: str, **variables: str) -> str:
        done = subprocess.run(
            [str(_SKAFFOLD), *arguments],
            cwd=paths.ROOT,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_skaffold_finds_nothing_wrong_with_its_file(skaffold) -> None:
    read = yaml.safe_load(skaffold("diagnose", "--yaml-only"))

    assert {each["image"] for each in read["build"]["artifacts"]} == set(OWN)


def test_skaffold_renders_the_chart_with_the_images_that_it_builds_wherever_others_are_pulled_from(
    skaffold, tmp_path
) -> None:
    images = [f"--images={name}=registry.example/{name}:v7" for name in OWN]
    rendered, values = tmp_path / "rendered.yaml", tmp_path / "values.yaml"
    given = yaml.safe_load((programs.CHART / "ci" / "minimal-values.yaml").read_text())
    values.write_text(yaml.safe_dump(given | {"image": {"registry": "production.example/julia"}}))
    skaffold(
        *("render", "--offline", "--digest-source=none", f"--output={rendered}", *images),
        JULIA_VALUES=str(values),
    )

    found = [each for each in yaml.safe_load_all(rendered.read_text()) if each]
    assert sorted(
        each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in found
        if each["kind"] == "Deployment" and each["metadata"]["name"] in SERVICES
    ) == [f"registry.example/{name}:v7" for name in SERVICES]
