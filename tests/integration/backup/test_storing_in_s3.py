"""Backups are stored in a bucket, kept for a while, and fetched, as the chart has it for S3."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from tests.integration.backup.scripts import run

from julia_dev import paths
from julia_dev.chart.programs import CHART, go, program

_HELM = Path(program("helm4"))
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not _HELM.exists(), reason="dev/chart/build has not run here"),
]

KEYS = {"AWS_ACCESS_KEY_ID": "AKIACOPIAS", "AWS_SECRET_ACCESS_KEY": "segredo-das-copias"}
NEW, OLD = "20261123T061000Z.dump", "20261101T061000Z.dump"
_DAY_S = 86_400

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that speaks S3, with the bucket `copias`."""
    server = tmp_path_factory.mktemp("s3") / "s3"
    subprocess.run(
        [go(), "build", "-o", str(server), "."], cwd=paths.ROOT / "dev" / "s3", check=True
    )
    with subprocess.Popen(
        [str(server)],
        env={"S3_BUCKET": "copias", **KEYS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        # It ends with its standard input, which the context closes.


@pytest.fixture(scope="module")
def environment(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the chart tells the container `store` of the database's backup."""
    values = tmp_path_factory.mktemp("values") / "s3.yaml"
    s3 = {"endpoint": endpoint, "provider": "Other", "bucket": "copias", "existingSecret": "chaves"}
    values.write_text(
        yaml.safe_dump({"backup": {"enabled": True, "target": {"type": "s3", "s3": s3}}})
    )
    rendered = subprocess.run(
        [str(_HELM), "template", "julia", str(CHART), "--show-only", "templates/backup/backup.yaml",
         "--values", str(CHART / "ci" / "minimal-values.yaml"), "--values", str(values)],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    (job,) = (
        each
        for each in yaml.safe_load_all(rendered.stdout)
        if each["metadata"]["name"] == "julia-backup-supabase"
    )
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (store,) = (each for each in pod["initContainers"] if each["name"] == "store")
    return {
        each["name"]: each.get("value") or KEYS[each["valueFrom"]["secretKeyRef"]["key"]]
        for each in store["env"]
    }


@pytest.fixture
def script(environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Script:
    """Runs a script as its container does, in a folder of the bucket that is the test's own."""

    def script(name: str, work: str, **more: str) -> "subprocess.CompletedProcess[str]":
        own = {"TARGET": f"{environment['TARGET']}/{request.node.name}", "HOME": str(tmp_path)}
        told = {name: value for name, value in environment.items() if name != "WORK"}
        return run(name, tmp_path / work, **told | own | more)

    return script


def store(script: Script, tmp_path: Path, name: str, *, days_old: int, keep: int) -> str:
    """Store a dump of that age, and return what was said."""
    (tmp_path / name).mkdir()
    dump = tmp_path / name / name
    dump.write_text(name)
    os.utime(dump, (time.time() - days_old * _DAY_S,) * 2)
    stored = script("store.sh", name, RETENTION_DAYS=str(keep))
    assert stored.returncode == 0, stored.stderr
    return stored.stdout


def test_what_is_older_than_the_retention_goes_when_something_newer_is_stored(
    script: Script, tmp_path: Path
) -> None:
    store(script, tmp_path, OLD, days_old=22, keep=30)

    assert "1 backups" in store(script, tmp_path, NEW, days_old=0, keep=14)


def test_what_is_younger_than_the_retention_stays(script: Script, tmp_path: Path) -> None:
    store(script, tmp_path, OLD, days_old=22, keep=30)

    assert "2 backups" in store(script, tmp_path, NEW, days_old=0, keep=30)


@pytest.mark.parametrize(("asked", "fetched"), [("latest", NEW), (OLD, OLD)])
def test_the_latest_or_a_named_backup_is_fetched(
    script: Script, tmp_path: Path, asked: str, fetched: str
) -> None:
    for name in (OLD, NEW):
        store(script, tmp_path, name, days_old=0, keep=30)

    got = script("fetch.sh", "restored", BACKUP=asked)

    assert got.returncode == 0, got.stderr
    assert [each.read_text() for each in (tmp_path / "restored").iterdir()] == [fetched]


def test_a_backup_that_is_not_there_is_named_with_those_that_are(
    script: Script, tmp_path: Path
) -> None:
    store(script, tmp_path, NEW, days_old=0, keep=30)

    missed = script("fetch.sh", "restored", BACKUP=OLD)

    assert missed.returncode == 1
    assert f"there is no backup '{OLD}'" in missed.stderr
    assert NEW in missed.stderr


def test_a_wrong_key_stores_nothing_and_says_so(script: Script, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / NEW).write_text("new")

    refused = script("store.sh", "work", RETENTION_DAYS="14", AWS_SECRET_ACCESS_KEY="outra")

    assert refused.returncode != 0
    assert "SignatureDoesNotMatch" in refused.stderr
    assert "segredo" not in refused.stdout + refused.stderr
