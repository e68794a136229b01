"""Writes the chart's dashboards anew; `--check` fails when they are not what would be written."""

import json
import sys
from pathlib import Path
from typing import Final

from julia_dev import paths
from julia_dev.dashboards.pages import ALL
from julia_dev.dashboards.rendering import render
from julia_dev.dashboards.validation import wrong_with

FOLDER: Final = paths.ROOT / "charts" / "julia" / "files" / "monitoring" / "dashboards"


def main() -> int:
    """Write or check; returns the process's exit code."""
    wanted = {FOLDER / f"{page.uid}.json": render(page) for page in ALL}
    for path, text in wanted.items():
        if wrong := wrong_with(json.loads(text)):
            print(f"{path.name} is no dashboard to Grafana: {wrong}", file=sys.stderr)
            return 1
    if sys.argv[1:] == ["--check"]:
        return _check(wanted)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in set(FOLDER.glob("*.json")) - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    print(f"{len(wanted)} dashboards in {FOLDER.relative_to(paths.ROOT)}")
    return 0


def _check(wanted: dict[Path, str]) -> int:
    there = {path: path.read_text() for path in FOLDER.glob("*.json")}
    if there == wanted:
        return 0
    names = sorted(path.name for path, _ in there.items() ^ wanted.items())
    print(
        f"not up to date: {', '.join(sorted(set(names)))}. Write them anew: "
        "python -m julia_dev.dashboards",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
