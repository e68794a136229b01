"""Names of migration files."""

from pathlib import Path

import pytest

from julia_dev import paths
from julia_dev.stack import migrations
from julia_dev.stack.errors import StackError


def test_migrations_come_in_the_order_of_their_versions(tmp_path: Path) -> None:
    for name in ("20260102000000_b.sql", "20260101000000_a.sql"):
        (tmp_path / name).touch()

    assert [each.name for each in migrations.read(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize("name", ["1_a.sql", "20260101000000.sql", "20260101000000-a.sql"])
def test_a_file_that_the_supabase_cli_would_not_take_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    with pytest.raises(StackError, match=name):
        migrations.read(tmp_path)


def test_two_files_of_one_version_are_refused(tmp_path: Path) -> None:
    for name in ("20260101000000_a.sql", "20260101000000_b.sql"):
        (tmp_path / name).touch()

    with pytest.raises(StackError, match="rename one"):
        migrations.read(tmp_path)


def test_the_repositorys_own_migrations_are_readable() -> None:
    assert migrations.read(paths.MIGRATIONS)
