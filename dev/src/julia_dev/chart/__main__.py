"""`make chart`: is the chart what Helm 3 and 4, its tests, its schemas and an API server accept?

Every judgement is made, whatever the others said. The last line is JSON: `linted`, `rendered`,
`valid` and `accepted` count files of values times two Helms, `tests` the chart's own; `failed`
names what did not pass. Exit code 1 when anything did not.

`--readme` writes the chart's README.md anew, and nothing else. `--values NAME` judges only
`ci/NAME-values.yaml`.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from julia_dev.chart import definitions, readme, schemas, server
from julia_dev.chart.programs import CHART, Failed, build, program, run
from julia_dev.chart.rendering import HELMS, Rendering, cases, lint, render
from julia_dev.stack.errors import StackError


class Judgement:
    """What passed and what did not."""

    def __init__(self) -> None:
        """Begin with nothing judged."""
        self.failed: list[str] = []

    def passes[**P](
        self, what: str, step: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> bool:
        """Whether the step raises nothing; why not is printed."""
        began = time.monotonic()
        try:
            step(*args, **kwargs)
        except (Failed, StackError) as error:
            self.fail(what, str(error))
            return False
        print(f"ok {what} ({time.monotonic() - began:.1f} s)", flush=True)
        return True

    def fail(self, what: str, why: str) -> None:
        """Note a failure and say why."""
        print(f"\nFAILED {what}\n{why}\n", flush=True)
        self.failed.append(what)


def main() -> int:
    """Judge; return the process's exit code."""
    arguments = _arguments()
    build()
    judgement = Judgement()
    if arguments.readme:
        return 0 if judgement.passes("README.md", readme.write) else 1
    began = time.monotonic()
    counts = _judge(judgement, _chosen(arguments.values))
    print(
        json.dumps(
            counts | {"failed": judgement.failed, "seconds": round(time.monotonic() - began)}
        )
    )
    return 1 if judgement.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chart")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--values", default="")
    return parser.parse_args()


def _chosen(name: str) -> list[Path]:
    return [path for path in cases() if path.name == f"{name}-values.yaml" or not name]


def _judge(judgement: Judgement, values: Sequence[Path]) -> dict[str, int]:
    judgement.passes("README.md", readme.check)
    tests = _unit_tests(judgement)
    linted = sum(
        judgement.passes(f"lint {path.name} ({helm})", lint, helm, path)
        for path in values
        for helm in HELMS
    )
    rendered: list[Rendering] = []

    def render_one(helm: str, path: Path) -> None:
        rendered.append(render(helm, path))

    for path in values:
        for helm in HELMS:
            judgement.passes(f"render {path.name} ({helm})", render_one, helm, path)
    crds = definitions.custom_resources("\n".join(one.text for one in rendered))
    with tempfile.TemporaryDirectory(prefix="julia-schemas-") as folder:
        schemas.write_kubernetes(Path(folder), definitions.openapi())
        schemas.write_custom(Path(folder), crds)
        valid = sum(
            judgement.passes(f"schemas {one.name}", _validate, Path(folder), one)
            for one in rendered
        )
    refused: list[tuple[Rendering, str]] = []

    def ask() -> None:
        refused.extend(server.judge_all(rendered, crds))

    asked = judgement.passes("API server asked", ask)
    for one, words in refused:
        judgement.fail(f"accepted {one.name}", words)
    return {
        "tests": tests,
        "linted": linted,
        "rendered": len(rendered),
        "valid": valid,
        "accepted": len(rendered) - len(refused) if asked else 0,
    }


def _unit_tests(judgement: Judgement) -> int:
    said = ""

    def tests() -> None:
        nonlocal said
        said = run(program("helm-unittest"), "--strict", str(CHART))

    judgement.passes("helm-unittest", tests)
    counted = re.search(r"^Tests:\s+(\d+) passed", said, re.MULTILINE)
    return int(counted[1]) if counted else 0


def _validate(folder: Path, rendering: Rendering) -> None:
    location = f"{folder}/{schemas.LOCATION}"
    run(
        program("kubeconform"), "-strict", "-summary", "-schema-location", location,
        stdin=rendering.text,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
