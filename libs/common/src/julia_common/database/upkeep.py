"""Functions of the nights: proofs of what must never happen, what is old, and backups."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc


class Proof(Answer):
    """How often something happened that must not, and the ids of up to five cases."""

    violacoes: int
    exemplos: tuple[str, ...]


class ProofsRecorded(Answer):
    """Of each night the first record stands."""

    status: Literal["registradas", "ja_registradas"]


class LastProofs(Answer):
    """What the last night's proofs found, by name; `ate` is None before the first."""

    ate: AwareDatetime | None
    violacoes: Mapping[str, int]


class Retention(Answer):
    """The tables of which what is old is deleted."""

    tabelas: tuple[str, ...]


class Purged(Answer):
    """How many rows went, and whether there may be more."""

    apagadas: int
    mais: bool


type BackupKind = Literal["supabase", "redis", "evolution"]


class BackupRecorded(Answer):
    """The newest backup of its kind."""

    ultimo_sucesso: AwareDatetime


class LastBackup(Answer):
    """The newest backup of a kind: when it began, and how many seconds ago that was."""

    tipo: BackupKind
    ultimo_sucesso: AwareDatetime
    idade_s: float


class LastBackups(Answer):
    """Of each kind of which a backup ever succeeded."""

    backups: tuple[LastBackup, ...]


type Proofs = Mapping[str, Proof]
"""By name."""

_PROOFS: Final = TypeAdapter(dict[str, Proof])
_RECORDED: Final = TypeAdapter(ProofsRecorded)
_LAST: Final = TypeAdapter(LastProofs)
_RETENTION: Final = TypeAdapter(Retention)
_PURGED: Final = TypeAdapter(Purged)
_BACKUP: Final = TypeAdapter(BackupRecorded)
_BACKUPS: Final = TypeAdapter(LastBackups)


class Upkeep:
    """Part of `Database`; see there for errors."""

    _rpc: Rpc

    async def nightly_proofs(
        self, *, de: datetime, ate: datetime, max_hora: int, max_dia: int
    ) -> Proofs:
        """Look at what was claimed, booked and received from `de` to before `ate`."""
        p = {"de": de, "ate": ate, "max_hora": max_hora, "max_dia": max_dia}
        return await self._rpc.call("nightly_proofs", p, _PROOFS)

    async def record_proofs(
        self, *, de: datetime, ate: datetime, resultado: Proofs
    ) -> ProofsRecorded:
        """Keep what was found, and tell managers of violations; once for each `ate`."""
        p = {"de": de, "ate": ate, "resultado": resultado}
        return await self._rpc.call("record_proofs", p, _RECORDED)

    async def last_proofs(self) -> LastProofs:
        """Say what the last night's proofs found."""
        return await self._rpc.call("last_proofs", {}, _LAST)

    async def retention(self) -> Retention:
        """Say which tables forget what is old (`configuracoes`, `retencao_dias`)."""
        return await self._rpc.call("retention", {}, _RETENTION)

    async def purge_old(self, *, tabela: str, limit: int) -> Purged:
        """Delete up to `limit` rows of a table that are older than it keeps them."""
        return await self._rpc.call("purge_old", {"tabela": tabela, "limit": limit}, _PURGED)

    async def record_backup(self, *, tipo: BackupKind, em: datetime) -> BackupRecorded:
        """Note that a backup, begun at `em`, has been stored; the newest one counts."""
        return await self._rpc.call("record_backup", {"tipo": tipo, "em": em}, _BACKUP)

    async def last_backups(self) -> LastBackups:
        """Say how old the newest backup of each kind is."""
        return await self._rpc.call("last_backups", {}, _BACKUPS)
