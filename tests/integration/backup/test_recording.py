"""A backup that has been stored tells the database, as its Job does it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from julia_common.database import Database
from julia_dev import paths
from julia_dev.pytest_plugin import SupabaseEndpoint

pytestmark = pytest.mark.integration

_SCRIPT = paths.ROOT / "charts" / "julia" / "files" / "backup" / "record.py"


def record(work: Path, url: str, key: str) -> "subprocess.CompletedProcess[str]":
    work.mkdir()
    (work / "20261123T062500Z.rdb").touch()
    environment = {"WORK": str(work), "KIND": "redis", "SUPABASE_URL": url, "RECORD_SECONDS": "0"}
    return subprocess.run(
        [sys.executable, str(_SCRIPT)],
        env={"PATH": os.environ["PATH"], "SUPABASE_SERVICE_KEY": key, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def test_what_was_stored_counts_from_when_it_was_begun(
    supabase_endpoint: SupabaseEndpoint, tmp_path: Path
) -> None:
    told = record(tmp_path / "work", supabase_endpoint.url, supabase_endpoint.service_key)

    assert told.returncode == 0, told.stderr
    database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    (backup,) = (await database.last_backups()).backups
    await database.aclose()
    assert backup.tipo == "redis"
    assert f"{backup.ultimo_sucesso:%Y%m%dT%H%M%SZ}" == "20261123T062500Z"


def test_a_database_that_does_not_hear_it_is_named_and_the_key_is_not(
    supabase_endpoint: SupabaseEndpoint, tmp_path: Path
) -> None:
    told = record(tmp_path / "work", supabase_endpoint.url, "wrong-key")

    assert told.returncode == 1
    assert "the backup is stored, but the database was not told: HTTP 401" in told.stderr
    assert "wrong-key" not in told.stdout + told.stderr
