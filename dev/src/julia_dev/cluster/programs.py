"""The programs of the cluster, compiled by `dev/kube/build` and `dev/chart/build`."""

import subprocess

from julia_dev import paths
from julia_dev.chart.programs import program as chart_program
from julia_dev.cluster.home import Home
from julia_dev.kube.binaries import home as binaries
from julia_dev.stack.errors import StackError


def compile_cluster() -> None:
    """Compile what is missing of the cluster's programs, and put Helm beside kubectl.

    Raises:
        StackError: a compiler failed; its words were printed.
    """
    _make("dev/kube/build", "cluster")
    _make("dev/chart/build", "helm4")
    helm = binaries() / "helm"
    helm.unlink(missing_ok=True)
    helm.symlink_to(chart_program("helm4"))


def compile_keda() -> None:
    """Compile KEDA if it is missing.

    Raises:
        StackError: the compiler failed; its words were printed.
    """
    _make("dev/kube/build", "keda")


def install_packages() -> None:
    """Install the packages of Debian that the cluster needs.

    Raises:
        StackError: they could not be installed; the reason was printed.
    """
    _make("dev/bootstrap", "--without-servers", "--with-cluster")


def environment(home: Home) -> str:
    """The line for a shell that reaches the cluster."""
    return f"export KUBECONFIG={home.kubeconfig} PATH={binaries()}:$PATH"


def _make(*command: str) -> None:
    try:
        subprocess.run([paths.ROOT / command[0], *command[1:]], check=True, stdout=2)
    except subprocess.CalledProcessError as error:
        raise StackError(f"{' '.join(command)} failed (see above)") from error
