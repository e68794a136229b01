"""`make` alone shows every target that there is."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


def test_every_target_is_shown_with_what_it_does():
    targets = set(
        re.findall(r"^([a-z][a-z0-9-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    done = subprocess.run(
        ("make", "--no-print-directory", "help"),  # noqa: S607 - whichever make it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = dict(re.findall(r"^  make ([a-z0-9-]+) +(\S.+)$", done.stdout, re.MULTILINE))
    assert shown.keys() == targets
    assert {"test", "e2e", "ledger"} <= targets
