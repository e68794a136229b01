"""What CI asks beside the tests: `python -m julia_dev.check [step ...]`.

Every step runs, whatever the others said; the exit code is 1 when one failed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from julia_dev import compose, paths
from julia_dev.stack.secrets import Secrets

_TOOLS = Path(sys.executable).parent
_SOURCES = sorted(
    str(path.relative_to(paths.ROOT))
    for pattern in ("libs/*/src", "services/*/src", "simulators/src", "dev/src")
    for path in paths.ROOT.glob(pattern)
)
_SHELL = (
    "dev/lock",
    "dev/images/build",
    "dev/images/check",
    "dev/images/common.sh",
    "dev/images/postgres-entrypoint",
    "dev/images/evolution/node",
    "dev/images/evolution/prisma",
    "dev/kube/build",
    "dev/chart/build",
    "dev/skaffold/build",
    "supabase/apply.sh",
    "supabase/migrate.sh",
    ".ci/run",
    *sorted(
        str(path.relative_to(paths.ROOT))
        for path in (paths.ROOT / "charts/julia/files/backup").glob("*.sh")
    ),
)


@dataclass(frozen=True)
class _Step:
    name: str
    command: Sequence[str]
    folder: Path = paths.ROOT
    env: Mapping[str, str] = field(default_factory=dict)


def _steps() -> list[_Step]:
    return [
        _Step("format", (_tool("ruff"), "format", "--check")),
        _Step("lint", (_tool("ruff"), "check")),
        _Step("types", (_tool("mypy"), *_SOURCES)),
        _Step("imports", (_tool("lint-imports"),)),
        _Step("locks", ("dev/lock", "--check")),
        _Step("dashboards", (sys.executable, "-m", "julia_dev.dashboards", "--check")),
        _Step("hooks", (_tool("prek"), "validate-config", ".pre-commit-config.yaml")),
        # One by one: bash reads the first name only, and takes the others as its arguments.
        _Step("shell", ("bash", "-c", 'for f; do bash -n "$f" || exit 1; done', "-", *_SHELL)),
        _compose("compose", "compose.yaml"),
        _compose("compose-local", "compose.yaml", "compose.local.yaml"),
    ]


def _compose(name: str, *files: str) -> _Step:
    return _Step(
        name,
        ("go", "run", ".", *(str(paths.ROOT / file) for file in files)),
        folder=paths.ROOT / "dev" / "composecheck",
        env=compose.variables(Secrets.generate(), None),
    )


def _tool(name: str) -> str:
    return str(_TOOLS / name)


def _passes(step: _Step) -> bool:
    if shutil.which(step.command[0]) is None and "/" not in step.command[0]:
        print(f"-- {step.name}: skipped, `{step.command[0]}` is not installed", flush=True)
        return True
    began = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=step.folder,
        env={**os.environ, **step.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    took = f"{time.monotonic() - began:.1f} s"
    if done.returncode == 0:
        print(f"ok {step.name} ({took})", flush=True)
        return True
    print(f"\nFAILED {step.name} ({took}): {' '.join(step.command)}\n{done.stdout}", flush=True)
    return False


def main() -> int:
    """Run the steps named on the command line, or all; return the process's exit code."""
    wanted = sys.argv[1:]
    steps = [step for step in _steps() if not wanted or step.name in wanted]
    failed = [step.name for step in steps if not _passes(step)]
    if failed:
        print(f"\n{len(failed)} of {len(steps)} failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
