"""README.md of the chart, which helm-docs makes of the comments in values.yaml."""

import re

from julia_dev.chart.programs import CHART, Failed, program, run

_README = CHART / "README.md"
_SPEAKS_FOR_ITSELF = re.compile(r"\.(registry|repository|tag|digest)$")


def _made() -> str:
    text = run(
        program("helm-docs"), "--chart-search-root", str(CHART), "--dry-run",
        "--sort-values-order", "file", "--log-level", "error",
    )  # fmt: skip
    keys = re.findall(r"^\| (\S+) \| \w+ \|.*\|\s+\|$", text, re.MULTILINE)
    silent = [key for key in keys if not _SPEAKS_FOR_ITSELF.search(key)]
    if silent:
        raise Failed(
            f"values.yaml says nothing of {', '.join(silent)}: give each a `# -- ` comment"
        )
    return text


def write() -> None:
    """Write it anew. Raises `Failed`."""
    _README.write_text(_made())


def check() -> None:
    """Raise `Failed` when it is not what helm-docs would write."""
    if not _README.exists() or _README.read_text() != _made():
        raise Failed("charts/julia/README.md is not up to date: make chart ARGS=--readme")
