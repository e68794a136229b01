"""`make chart`: is the chart what Helm 3 and 4, its tests, its schemas and an API server accept?

Every judgement is made, whatever the others said. The last line is JSON: `linted`, `rendered`,
`valid` and `accepted` count files of values times two Helms, `tests` the chart's own, `lived` the
Helms by which a release was installed, upgraded, rolled back, uninstalled and installed again;
`failed` names what did not pass. Exit code 1 when anything did not.

`--readme` writes the chart's README.md anew, and nothing else. `--values NAME` judges only
`ci/NAME-values.yaml`.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from julia_dev.chart import definitions, lifecycle, readme, schemas, server
from julia_dev.chart.programs import CHART, Failed, build, program, run
from julia_dev.chart.rendering import HELMS, Rendering, cases, lint, render
from julia_dev.kube.kube import Kube
from julia_dev.kube.kubectl import Refused
from julia_dev.stack.errors import StackError
from julia_dev.stack.probes import NotReady


class Judgement:
    """What passed and what did not."""

    def __init__(self) -> None:
        """Begin with nothing judged."""
        self.failed: list[str] = []
        self._since = time.monotonic()

    def passes[**P](
        self, what: str, step: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> bool:
        """Whether the step raises no `Failed`; printed."""
        try:
            step(*args, **kwargs)
        except Failed as error:
            return self.note(what, str(error))
        return self.note(what, "")

    def note(self, what: str, wrong: str) -> bool:
        """Print what passed, or what is wrong with it; whether it passed."""
        took = f"{time.monotonic() - self._since:.1f} s"
        self._since = time.monotonic()
        if wrong:
            print(f"\nFAILED {what} ({took})\n{wrong}\n", flush=True)
            self.failed.append(what)
        else:
            print(f"ok {what} ({took})", flush=True)
        return not wrong


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
    accepted, lived = asyncio.run(_ask_server(judgement, rendered, crds))
    return {
        "tests": tests,
        "linted": linted,
        "rendered": len(rendered),
        "valid": valid,
        "accepted": accepted,
        "lived": lived,
    }


async def _ask_server(
    judgement: Judgement, rendered: Sequence[Rendering], crds: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """Return how many renderings it accepts, and with how many Helms a release lives there."""
    accepted = lived = 0
    with tempfile.TemporaryDirectory(prefix="julia-chart-") as folder:
        try:
            async with Kube(Path(folder)) as kube:
                await server.prepare(kube, crds)
                for one in rendered:
                    words = await server.refusal(kube, one)
                    accepted += judgement.note(f"accepted {one.name}", words)
                for helm in HELMS:
                    lived += judgement.note(f"life of a release ({helm})", await _life(kube, helm))
        except (StackError, NotReady, Refused) as error:
            judgement.note("API server", str(error))
    return accepted, lived


async def _life(kube: Kube, helm: str) -> str:
    try:
        await lifecycle.live(kube, helm)
    except (Failed, Refused, NotReady) as error:
        return str(error)
    return ""


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
