"""`relatorio_diario`, `relatorio_periodo`, `relatorio_semanal`: counted, judged and kept.

`avisos` posts them with everything else that waits for managers, for as long as Slack is away.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import JsonValue

from julia_common.database import ReportKind, ReportNumbers, ReportStored, StoreReport
from julia_scheduler.jobs.job import Job, Missed, Run
from julia_scheduler.managers.judging import highlights, recommendations


class Reporting(Protocol):
    """The database's counts (`docs/reference/reports.md`)."""

    async def report_numbers(self, *, tipo: ReportKind, scheduled_at: datetime) -> ReportNumbers:
        """Count what a report that is due at `scheduled_at` tells."""
        ...

    async def store_report(self, report: StoreReport) -> ReportStored:
        """Keep a report and have it brought to managers, once for each time."""
        ...


def reports(database: Reporting) -> tuple[Job, ...]:
    """The jobs. Of missed runs the newest is made up for: the day's tells what the others would."""

    def job(kind: ReportKind, cron: str, grace: timedelta) -> Job:
        async def run(due: Run) -> Mapping[str, JsonValue]:
            return await _make(database, kind, due.scheduled_at)

        return Job(f"relatorio_{kind}", cron, Missed.LATEST, run, grace=grace)

    return (
        job("diario", "0 8 * * *", timedelta(hours=24)),
        job("periodo", "0 10,13,17,20 * * *", timedelta(hours=6)),
        job("semanal", "0 9 * * 1", timedelta(days=3)),
    )


async def _make(database: Reporting, kind: ReportKind, due: datetime) -> Mapping[str, JsonValue]:
    numbers = await database.report_numbers(tipo=kind, scheduled_at=due)
    metrics = numbers.metricas
    stored = await database.store_report(
        StoreReport(
            tipo=kind,
            scheduled_at=due,
            de=numbers.de,
            ate=numbers.ate,
            metricas=metrics.model_dump(mode="json"),
            destaques=highlights(metrics, kind),
            recomendacoes=recommendations(metrics) if kind == "semanal" else (),
        )
    )
    return {"report_id": stored.report_id, "status": stored.status}
