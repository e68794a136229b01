"""`kubectl create secret --from-file` keeps a file's last newline; the chart's programs do not."""

import io
import os
import subprocess
import urllib.request
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Self

import pytest

from julia_dev import paths

pytestmark = pytest.mark.unit

_FILES = paths.ROOT / "charts" / "julia" / "files"
_SECRETS = ("EVOLUTION_API_KEY", "EVOLUTION_WEBHOOK_SECRET", "SUPABASE_SERVICE_KEY")


class Answer(io.BytesIO):
    """What every server answers here."""

    status = 200

    def __enter__(self) -> Self:
        return self


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[urllib.request.Request]:
    """What was asked of servers, by programs whose secrets end with a newline."""
    requests: list[urllib.request.Request] = []

    def answer(request: urllib.request.Request, **_: object) -> Answer:
        requests.append(request)
        return Answer(b"{}")

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    for name in _SECRETS:
        monkeypatch.setenv(name, "segredo\n")
    for name in ("EVOLUTION_API_URL", "WEBHOOK_URL", "JULIA_API_URL", "SUPABASE_URL"):
        monkeypatch.setenv(name, "http://servidor.invalid")
    monkeypatch.setenv("EVOLUTION_INSTANCE", "julia-1")
    return requests


def program(path: str) -> ModuleType:
    spec = spec_from_file_location("program", _FILES / path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_evolution_is_asked_and_told_without_them(asked: list[urllib.request.Request]) -> None:
    connect = program("evolution-connect.py")
    connect.accepted()
    connect.connect("julia-1")

    assert {
        value for each in asked for name, value in each.headers.items() if name != "X-julia-probe"
    } == {"application/json", "segredo"}
    told = asked[-1].data
    assert isinstance(told, bytes)
    assert b'"segredo"' in told


def test_ingest_is_asked_without_one(asked: list[urllib.request.Request]) -> None:
    program("helm-test.py").deliver("CANARIO1", 0)

    assert asked[0].headers["X-webhook-secret"] == "segredo"


def test_the_database_is_told_of_a_backup_without_one(
    asked: list[urllib.request.Request],
) -> None:
    record = program("backup/record.py")

    assert record.record("redis", record.datetime.now(record.UTC)) is None
    assert asked[0].headers["Apikey"] == "segredo"
    assert asked[0].headers["Authorization"] == "Bearer segredo"


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        (paths.ROOT / "supabase" / "apply.sh", "psql"),
        (_FILES / "backup" / "dump-supabase.sh", "pg_dump"),
        (_FILES / "backup" / "restore-supabase.sh", "psql"),
    ],
)
def test_postgresql_gets_a_password_without_one(script: Path, asks: str, tmp_path: Path) -> None:
    known = tmp_path / "known"
    fake = tmp_path / asks
    fake.write_text(f'#!/bin/sh\nprintf "[%s]" "$PGPASSWORD" >"{known}"\nexit 1\n')
    fake.chmod(0o755)

    subprocess.run(
        ["/bin/sh", str(script)],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "WORK": str(tmp_path),
            "SCHEMAS": "public",
            "REQUEST": "latest",
            "PGPASSWORD": "segredo\n",
        },
        capture_output=True,
        check=False,
    )

    assert known.read_text() == "[segredo]"
