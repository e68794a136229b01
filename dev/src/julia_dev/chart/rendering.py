"""What the chart makes of values, by Helm 3 and by Helm 4."""

from dataclasses import dataclass
from pathlib import Path

from julia_dev.chart.programs import CHART, program, run

KUBERNETES = "1.34.4"
NAMESPACE = "julia"
HELMS = ("helm3", "helm4")


@dataclass(frozen=True)
class Rendering:
    """The manifests of one file of values by one Helm."""

    helm: str
    values: Path
    text: str

    @property
    def name(self) -> str:
        """Such as `production (helm4)`."""
        return f"{self.values.name.removesuffix('-values.yaml')} ({self.helm})"


def cases() -> list[Path]:
    """Return the files of values that have to work."""
    return sorted((CHART / "ci").glob("*-values.yaml"))


def lint(helm: str, values: Path) -> None:
    """Let Helm look for mistakes, warnings among them. Raises `Failed`."""
    run(
        program(helm), "lint", "--strict", "--quiet", str(CHART),
        "--values", str(values), "--kube-version", KUBERNETES, "--namespace", NAMESPACE,
    )  # fmt: skip


def render(helm: str, values: Path) -> Rendering:
    """Render everything, hooks and tests too. Raises `Failed`."""
    text = run(
        program(helm), "template", "julia", str(CHART),
        "--values", str(values), "--kube-version", KUBERNETES, "--namespace", NAMESPACE,
    )  # fmt: skip
    return Rendering(helm, values, text)
