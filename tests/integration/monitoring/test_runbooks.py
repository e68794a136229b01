"""What the runbooks tell one to type is understood: SQL by the database, queries by Prometheus."""

import re
import subprocess
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import yaml

from julia_dev import paths

pytestmark = pytest.mark.integration

RUNBOOKS = sorted((paths.ROOT / "docs" / "runbooks").glob("*.md"))


def _blocks(language: str) -> list[tuple[str, str]]:
    """Name each runbook with one of its blocks in a language."""
    return [
        (path.stem, block)
        for path in RUNBOOKS
        for block in re.findall(rf"```{language}\n(.*?)\n```", path.read_text(), re.DOTALL)
    ]


async def test_the_database_understands_every_statement(pg_dsn: str):
    connection = await asyncpg.connect(pg_dsn)
    try:
        for name, block in _blocks("sql"):
            for statement in re.sub(r"--.*", "", block).split(";"):
                if statement.strip():
                    # An example stands where a conversation's id is to be.
                    with_id = statement.replace("uuid-da-conversa", str(UUID(int=0)))
                    try:
                        await connection.prepare(with_id)
                    except asyncpg.PostgresError as error:
                        pytest.fail(f"{name}: {error}\n{statement}")
    finally:
        await connection.close()


def test_prometheus_understands_every_query(tmp_path: Path):
    rules = [
        {"record": f"runbook:{name}:line{number}", "expr": query}
        for name, block in _blocks("promql")
        for number, line in enumerate(block.splitlines())
        if (query := line.split("#")[0].strip())
    ]
    assert len(rules) > len(RUNBOOKS) / 2
    written = tmp_path / "rules.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": rules}]}))
    done = subprocess.run(
        ("promtool", "check", "rules", str(written)),  # noqa: S607 - whichever it is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
