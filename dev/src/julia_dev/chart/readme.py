"""README.md of the chart, which helm-docs makes of the comments in values.yaml."""

from julia_dev.chart.programs import CHART, Failed, program, run

_README = CHART / "README.md"


def _made() -> str:
    return run(
        program("helm-docs"), "--chart-search-root", str(CHART), "--dry-run",
        "--sort-values-order", "file", "--log-level", "error",
        "--documentation-strict-mode",
        "--documentation-strict-ignore-absent-regex", r".*\.(registry|tag|digest)$",
    )  # fmt: skip


def write() -> None:
    """Write it anew. Raises `Failed`."""
    _README.write_text(_made())


def check() -> None:
    """Raise `Failed` when it is not what helm-docs would write."""
    if not _README.exists() or _README.read_text() != _made():
        raise Failed("charts/julia/README.md is not up to date: make chart ARGS=--readme")
