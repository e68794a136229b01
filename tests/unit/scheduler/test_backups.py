"""The age of the backups is shown."""

from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from julia_common.database import LastBackup, LastBackups
from julia_scheduler.backups import measure_backups

pytestmark = pytest.mark.unit

STORED = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)


class Shelf:
    """Has a backup of the database, and of nothing else."""

    async def last_backups(self) -> LastBackups:
        one = LastBackup(tipo="supabase", ultimo_sucesso=STORED, idade_s=3600)
        return LastBackups(backups=(one,))


def shown(metric: str, kind: str) -> float | None:
    return REGISTRY.get_sample_value(metric, {"tipo": kind})


async def test_each_kind_shows_its_newest_backup_and_one_that_never_was_shows_nothing() -> None:
    await measure_backups(Shelf())

    newest = "julia_backup_ultimo_sucesso_timestamp_segundos"
    assert shown(newest, "supabase") == STORED.timestamp()
    assert shown("julia_backup_idade_segundos", "supabase") == 3600
    assert shown(newest, "evolution") is None
