"""The cluster's processes are known again by whoever asks, and no others are killed."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from julia_dev.cluster import processes
from julia_dev.cluster.home import Home
from julia_dev.stack.errors import StackError


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A cluster's folder; what it runs ends with the test."""
    home = Home(tmp_path / "one")
    home.run.mkdir(parents=True)
    yield home
    processes.kill_all(home)


def test_a_part_and_what_it_starts_are_found_and_killed(home: Home) -> None:
    processes.start(home, "containerd", "sh", "-c", "sleep 300 & sleep 300; true")
    while len(processes.running(home)) < 3:
        pass

    processes.kill_all(home)

    assert processes.running(home) == {}


def test_another_cluster_s_processes_are_not_ours(home: Home, tmp_path: Path) -> None:
    processes.start(home, "etcd", "sleep", "300")
    other = Home(tmp_path / "on")

    processes.kill_all(other)

    assert list(processes.running(home).values()) == ["etcd"]
    assert processes.running(other) == {}


def test_a_process_that_only_names_the_folder_is_not_ours(home: Home) -> None:
    with subprocess.Popen(["/bin/sleep", "300"], env={"HOME": str(home.run)}) as stranger:
        try:
            assert processes.running(home) == {}
        finally:
            stranger.kill()


def test_a_part_that_ended_is_told_with_its_last_words(home: Home) -> None:
    processes.start(home, "kubelet", "sh", "-c", "echo no such control group; exit 1")
    while processes.running(home):
        pass

    with pytest.raises(StackError, match=r"kubelet ended by itself(?s:.*)no such control group"):
        processes.must_run(home, "kubelet")


def test_a_part_whose_program_comes_slowly_from_the_disk_still_runs(home: Home) -> None:
    late = threading.Timer(0.5, processes.start, (home, "kubelet", "sleep", "300"))
    late.start()

    processes.must_run(home, "kubelet")

    late.join()
