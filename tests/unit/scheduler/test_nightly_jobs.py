"""Proofs go through the day by the hour; retention goes through the tables in small batches."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from julia_common.database import (
    LastProofs,
    Proof,
    Proofs,
    ProofsRecorded,
    Purged,
    Retention,
)
from julia_scheduler.jobs.job import Job, Run
from julia_scheduler.jobs.proofs import measure_proofs, proofs
from julia_scheduler.jobs.retention import retention

NIGHT = datetime(2026, 11, 23, 6, tzinfo=UTC)


@dataclass
class Record:
    """A database that finds one violation in each hour of the morning."""

    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    kept: list[tuple[datetime, datetime, Proofs]] = field(default_factory=list)

    async def nightly_proofs(
        self, *, de: datetime, ate: datetime, max_hora: int, max_dia: int
    ) -> Proofs:
        self.asked.append((de, ate))
        found = de.hour in range(6, 12)
        return {
            "acima_do_teto": Proof(violacoes=found, exemplos=(f"{max_hora}/{max_dia}",) * found),
            "fora_de_ordem": Proof(violacoes=0, exemplos=()),
        }

    async def record_proofs(
        self, *, de: datetime, ate: datetime, resultado: Proofs
    ) -> ProofsRecorded:
        self.kept.append((de, ate, resultado))
        return ProofsRecorded(status="registradas")

    async def last_proofs(self) -> LastProofs:
        return LastProofs(ate=NIGHT, violacoes={"acima_do_teto": 6})


@dataclass
class Tables:
    """How many old rows each table has."""

    old: dict[str, int]

    async def retention(self) -> Retention:
        return Retention(tabelas=tuple(self.old))

    async def purge_old(self, *, tabela: str, limit: int) -> Purged:
        n = min(limit, self.old[tabela])
        self.old[tabela] -= n
        return Purged(apagadas=n, mais=n == limit)


def a_run(job: Job) -> Run:
    return Run(job.name, NIGHT)


async def test_the_day_before_the_run_is_looked_through_without_a_gap() -> None:
    record = Record()
    job = proofs(record, max_hora=15, max_dia=80)

    details = await job.run(a_run(job))

    starts = [de for de, _ in record.asked]
    assert starts[0] == NIGHT - timedelta(days=1)
    assert [ate for _, ate in record.asked] == [*starts[1:], NIGHT]
    assert details == {"acima_do_teto": 6, "fora_de_ordem": 0}
    [(de, ate, kept)] = record.kept
    assert (de, ate) == (NIGHT - timedelta(days=1), NIGHT)
    assert kept["acima_do_teto"] == Proof(violacoes=6, exemplos=("15/80",) * 5)


async def test_the_gauges_say_what_the_last_night_found() -> None:
    await measure_proofs(Record())

    labels = {"prova": "acima_do_teto"}
    assert REGISTRY.get_sample_value("julia_provas_violacoes", labels) == 6
    until = REGISTRY.get_sample_value("julia_provas_ate_timestamp_segundos")
    assert until == NIGHT.timestamp()


async def test_each_table_is_emptied_of_what_is_old_in_batches() -> None:
    tables = Tables({"envios": 1200, "provas": 0, "turnos": 500})
    job = retention(tables)

    details = await job.run(a_run(job))

    assert tables.old == {"envios": 0, "provas": 0, "turnos": 0}
    assert details == {"envios": 1200, "turnos": 500}
