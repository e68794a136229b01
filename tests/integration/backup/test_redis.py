"""Redis is copied while it works, and gets back what it had, without a restart."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from tests.integration.backup.scripts import run

from julia_dev.stack import ports

pytestmark = pytest.mark.integration

_SERVER = shutil.which("redis-server") or "redis-server"
PASSWORD = r'segredo "de" teste\1'

type Start = Callable[[], redis.Redis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a Redis with a password and an append-only file, as the chart does."""
    running: list[subprocess.Popen[bytes]] = []

    def one() -> redis.Redis:
        port = ports.free(1)[0]
        folder = tmp_path / f"redis-{port}"
        folder.mkdir()
        settings = ["--port", str(port), "--requirepass", PASSWORD, "--appendonly", "yes"]
        # Not waiting for further replicas, as Redis would for five seconds.
        settings += ["--repl-diskless-sync-delay", "0"]
        running.append(
            subprocess.Popen(
                [_SERVER, "--dir", str(folder), *settings],
                stdout=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"]},
            )
        )
        client = redis.Redis(port=port, password=PASSWORD)
        for _ in range(100):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return client
        pytest.fail("redis-server did not start")

    yield one
    for server in running:
        server.terminate()
        server.wait(timeout=10)


def of(client: redis.Redis) -> dict[str, str]:
    port = client.connection_pool.connection_kwargs["port"]
    return {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(port), "REDISCLI_AUTH": PASSWORD}


def test_a_new_redis_gets_what_the_old_one_had_but_not_its_counters(
    start: Start, tmp_path: Path
) -> None:
    old, new = start(), start()
    old.set("circuit:anthropic", "aberto")
    old.set("rate:global:hour", 7)
    old.set("sentinel:rate", "servidor/1")
    assert run("dump-redis.sh", tmp_path / "work", **of(old)).returncode == 0
    new.set("from-after-the-backup", "x")
    own = {"OWN_HOST": "127.0.0.1", "OWN_PORT": str(ports.free(1)[0])}

    restored = run(
        "restore-redis.sh",
        tmp_path / "work",
        **of(new),
        **own,
        REQUEST="latest",
        RESTORE_SECONDS="30",
    )

    assert restored.returncode == 0, restored.stderr
    assert sorted(new.keys()) == [b"circuit:anthropic", b"julia:restored"]
    assert new.get("circuit:anthropic") == b"aberto"
    assert new.info("replication")["role"] == "master"
    assert PASSWORD not in restored.stdout + restored.stderr

    new.set("since", "x")
    again = run("restore-redis.sh", tmp_path / "work", **of(new), **own, REQUEST="latest")
    assert (again.returncode, new.get("since")) == (0, b"x")


def test_a_damaged_copy_is_refused(start: Start, tmp_path: Path) -> None:
    target = start()
    target.set("stays", "x")
    work = tmp_path / "work"
    work.mkdir()
    (work / "20261123T062500Z.rdb").write_bytes(b"REDIS0011 and nothing")

    restored = run("restore-redis.sh", work, **of(target), OWN_HOST="127.0.0.1", REQUEST="latest")

    assert restored.returncode != 0
    assert target.get("stays") == b"x"
