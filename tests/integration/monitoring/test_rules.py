"""promtool takes the rules, and every case of them is as it says."""

import subprocess
from pathlib import Path

import pytest

from julia_dev import paths

pytestmark = pytest.mark.integration

RULES = sorted((paths.ROOT / "charts/julia/files/monitoring/rules").glob("*.yaml"))
CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def _promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("promtool", *arguments),  # noqa: S607 - whichever it is
        capture_output=True,
        text=True,
        check=False,
    )


def test_promtool_takes_the_rules_and_finds_none_twice():
    done = _promtool("check", "rules", "--lint-fatal", *map(str, RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_ends_as_it_says(path: Path):
    done = _promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
