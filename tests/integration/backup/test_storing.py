"""Backups are stored, kept for a while, and fetched, by rclone in a folder as a claim is one."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from tests.integration.backup.scripts import run

pytestmark = pytest.mark.integration

NEW, OLD = "20261123T061000Z.dump", "20261101T061000Z.dump"
_DAY_S = 86_400


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A claim with a backup that is 22 days old."""
    folder = tmp_path / "backups" / "supabase"
    folder.mkdir(parents=True)
    (folder / OLD).write_text("old")
    long_ago = time.time() - 22 * _DAY_S
    os.utime(folder / OLD, (long_ago, long_ago))
    return folder


def rclone(script: str, work: Path, target: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script as the chart's Job does."""
    where = {"TARGET": str(target.parent), "KIND": target.name, "RCLONE_CONFIG": os.devnull}
    return run(script, work, **where, HOME=str(work.parent), **more)


def dumped(tmp_path: Path) -> Path:
    """Return a folder with what was just dumped."""
    work = tmp_path / "work"
    work.mkdir()
    (work / NEW).write_text("new")
    return work


def test_what_is_older_than_the_retention_goes_when_something_newer_is_stored(
    target: Path, tmp_path: Path
) -> None:
    stored = rclone("store.sh", dumped(tmp_path), target, RETENTION_DAYS="14")

    assert stored.returncode == 0, stored.stderr
    assert {each.name for each in target.iterdir()} == {NEW, "last-success"}
    assert "1 backups" in stored.stdout


def test_what_is_younger_than_the_retention_stays(target: Path, tmp_path: Path) -> None:
    assert rclone("store.sh", dumped(tmp_path), target, RETENTION_DAYS="30").returncode == 0

    assert {each.name for each in target.iterdir()} == {NEW, OLD, "last-success"}


def test_nothing_goes_when_nothing_was_stored(target: Path, tmp_path: Path) -> None:
    (target / NEW).write_text("another of the same name")

    stored = rclone("store.sh", dumped(tmp_path), target, RETENTION_DAYS="14")

    assert stored.returncode != 0
    assert {each.name for each in target.iterdir()} == {NEW, OLD}


@pytest.mark.parametrize(("asked", "fetched"), [("latest", NEW), (OLD, OLD)])
def test_the_latest_or_a_named_backup_is_fetched(
    target: Path, tmp_path: Path, asked: str, fetched: str
) -> None:
    (target / NEW).write_text("new")
    (target / "last-success").write_text("2026-11-23T06:10:00Z")

    assert rclone("fetch.sh", tmp_path / "work", target, BACKUP=asked).returncode == 0

    assert [each.name for each in (tmp_path / "work").iterdir()] == [fetched]


@pytest.mark.parametrize("asked", ["20250101T000000Z.dump", "latest"])
def test_a_backup_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, target: Path, asked: str
) -> None:
    if asked == "latest":
        (target / OLD).unlink()

    missed = rclone("fetch.sh", tmp_path / "work", target, BACKUP=asked)

    assert missed.returncode == 1
    assert f"there is no backup '{asked}' in {target}" in missed.stderr
    assert (OLD in missed.stderr) is (asked != "latest")
