"""`provas`: each night, looks for what must never happen in what the day before left behind.

By the hour, because a statement of the database may last for two and a half seconds.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import LastProofs, Proof, Proofs, ProofsRecorded
from julia_scheduler import metrics
from julia_scheduler.jobs.job import Job, Missed, Run

_DAY: Final = timedelta(days=1)
_AT_ONCE: Final = timedelta(hours=1)
_EXAMPLES: Final = 5


class Proving(Protocol):
    """The database's proofs."""

    async def nightly_proofs(
        self, *, de: datetime, ate: datetime, max_hora: int, max_dia: int
    ) -> Proofs:
        """Look at a stretch of time."""
        ...

    async def record_proofs(
        self, *, de: datetime, ate: datetime, resultado: Proofs
    ) -> ProofsRecorded:
        """Keep what was found, and tell managers."""
        ...


class Proven(Protocol):
    """What the database keeps of them."""

    async def last_proofs(self) -> LastProofs:
        """Say what the last night's proofs found."""
        ...


def proofs(database: Proving, *, max_hora: int, max_dia: int) -> Job:
    """The job; its details are the violations by name. The ceilings are those of one number."""

    async def run(run: Run) -> Mapping[str, JsonValue]:
        ate = run.scheduled_at
        hour = de = ate - _DAY
        found: dict[str, Proof] = {}
        while hour < ate:
            until = min(hour + _AT_ONCE, ate)
            part = await database.nightly_proofs(
                de=hour, ate=until, max_hora=max_hora, max_dia=max_dia
            )
            found |= {name: _added(found.get(name), proof) for name, proof in part.items()}
            hour = until
        await database.record_proofs(de=de, ate=ate, resultado=found)
        return {name: proof.violacoes for name, proof in found.items()}

    # A night that was missed is made up for: each looks at a day of its own.
    return Job("provas", "0 3 * * *", Missed.EACH, run, grace=timedelta(days=7))


async def measure_proofs(database: Proven) -> None:
    """Bring the gauges up to date, on every replica."""
    last = await database.last_proofs()
    if last.ate is None:
        return
    metrics.PROOFS_UNTIL.set(last.ate.timestamp())
    for name, violations in last.violacoes.items():
        metrics.PROOF_VIOLATIONS.labels(name).set(violations)


def _added(before: Proof | None, proof: Proof) -> Proof:
    if before is None:
        return proof
    return Proof(
        violacoes=before.violacoes + proof.violacoes,
        exemplos=(before.exemplos + proof.exemplos)[:_EXAMPLES],
    )
