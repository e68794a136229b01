"""Shows how old the backups are: on every replica, and of the database's clock alone."""

from typing import Protocol

from julia_common.database import LastBackups
from julia_scheduler import metrics


class BackedUp(Protocol):
    """What the database knows of its backups."""

    async def last_backups(self) -> LastBackups:
        """Say how old the newest backup of each kind is."""
        ...


async def measure_backups(database: BackedUp) -> None:
    """Bring the gauges up to date; a kind of which no backup ever succeeded has none."""
    for backup in (await database.last_backups()).backups:
        metrics.BACKUP_LAST_SUCCESS.labels(backup.tipo).set(backup.ultimo_sucesso.timestamp())
        metrics.BACKUP_AGE.labels(backup.tipo).set(backup.idade_s)
