"""The faults of the catalogue that concern sending, played by `tests/faults` and counted here."""

import asyncio
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from julia_dev import paths
from julia_dev.extent import SendingExtent

FAMILIES: Final = (
    (6, 7, 8),  # a dispatcher dies or freezes around a POST
    (27, 28, 29),  # Redis
    (35,),  # a pod's clock
    (36, 37, 38, 39),  # Evolution's timeouts and errors
    (40,),  # a number disconnected, banned
    (41, 42, 43),  # webhooks doubled, overtaken, lost
    (44,),  # echoes that never come
    (45,),  # a person types meanwhile
    (46,),  # addresses that alternate
    (47,),  # a flood of old messages
)
CATALOGUE: Final = frozenset(number for family in FAMILIES for number in family)


@dataclass(frozen=True)
class Faults:
    """Which faults were played, and which of them every test survived."""

    played: frozenset[int]
    survived: frozenset[int]
    failed_tests: tuple[str, ...]
    least: int

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        return {
            "faults": len(self.played & CATALOGUE),
            "survived": len(self.survived & CATALOGUE),
            "not_played": sorted(CATALOGUE - self.played),
        }

    def missed(self) -> list[str]:
        """Name each bar that was missed."""
        n = len(self.played & CATALOGUE)
        found = [f"faults: {test} failed" for test in self.failed_tests]
        if n < self.least:
            found.append(f"faults: {n} were played, below {self.least}")
        if lost := sorted((self.played - self.survived) & CATALOGUE):
            found.append(f"faults: {lost} were not survived")
        return found


async def run(folder: Path, seed: int, extent: SendingExtent) -> Faults:
    """Play them with pytest; its words go to `folder/pytest.log`."""
    few = () if extent.every_fault else (f"--drawn={seed}", "-n2", "--dist=worksteal")
    return await asyncio.to_thread(_play, folder, few, extent.least_faults)


def drawn(rng: random.Random, tests: Mapping[str, Collection[int]]) -> set[str]:
    """Draw of each family one test that plays a fault of it.

    Args:
        rng: draws.
        tests: what each test is called, and which faults it plays.
    """
    return {
        rng.choice([name for name, faults in tests.items() if set(faults) & set(family)])
        for family in FAMILIES
    }


def _play(folder: Path, options: Sequence[str], least: int) -> Faults:
    folder.mkdir(parents=True, exist_ok=True)
    report, log = folder / "report.xml", folder / "pytest.log"
    with log.open("wb") as output:
        subprocess.run(
            (
                *(sys.executable, "-m", "pytest", "tests/faults", "-m", "fault", "-q"),
                # The later format has no place for properties of a test.
                *(f"--junitxml={report}", "-o", "junit_family=xunit1"),
                *options,
            ),
            cwd=paths.ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not report.exists():
        return Faults(frozenset(), frozenset(), (f"pytest itself (see {log})",), least)
    return read(ET.parse(report).getroot(), least)  # noqa: S314 - written by our own pytest


def read(report: ET.Element, least: int) -> Faults:
    """Read a JUnit report: a fault is survived when each of its tests passed, setup to teardown."""
    outcomes: dict[int, list[bool]] = defaultdict(list)
    failed: dict[str, None] = {}
    for case in report.iter("testcase"):
        passed = not {child.tag for child in case} & {"failure", "error", "skipped"}
        if not passed:
            failed[case.get("name", "a test without a name")] = None
        for number in _numbers(case):
            outcomes[number].append(passed)
    return Faults(
        played=frozenset(outcomes),
        survived=frozenset(number for number, passed in outcomes.items() if all(passed)),
        failed_tests=tuple(failed),
        least=least,
    )


def _numbers(case: ET.Element) -> Iterable[int]:
    return (
        int(each.get("value", "0")) for each in case.iter("property") if each.get("name") == "fault"
    )
