"""When reports are made, and what is kept of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.unit.scheduler.managers.samples import metrics

from julia_common.database import ReportNumbers, ReportStored, StoreReport
from julia_common.settings import SlackSettings
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.plan import SAO_PAULO, due
from julia_scheduler.jobs.reports import reports

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 11, 30, tzinfo=SAO_PAULO)


@dataclass
class FakeDatabase:
    """Counts the same whatever is asked, and keeps what it is given."""

    kept: list[StoreReport] = field(default_factory=list)

    async def report_numbers(self, *, tipo: Any, scheduled_at: datetime) -> ReportNumbers:
        return ReportNumbers(
            de=scheduled_at - timedelta(hours=3),
            ate=scheduled_at,
            metricas=metrics(
                recebidas=1, funil__contatados=20, funil__responderam=1, funil__convertidos=1
            ),
        )

    async def store_report(self, report: StoreReport) -> ReportStored:
        self.kept.append(report)
        return ReportStored(status="guardado", report_id="r1")


def made_on(day: datetime) -> list[str]:
    """The reports of a day, in order, as the scheduler finds them half hour by half hour."""
    jobs = reports(FakeDatabase())
    found = {
        (at, job.name)
        for minutes in range(0, 24 * 60, 30)
        for job in jobs
        for at in due(job, day + timedelta(minutes=minutes))
        if at >= day
    }
    return [f"{at:%H:%M} {name.removeprefix('relatorio_')}" for at, name in sorted(found)]


def test_reports_are_due_at_the_hours_that_managers_know() -> None:
    every_day = ["08:00 diario", *(f"{hour}:00 periodo" for hour in (10, 13, 17, 20))]

    assert made_on(MONDAY + timedelta(days=1)) == every_day
    assert made_on(MONDAY) == [every_day[0], "09:00 semanal", *every_day[1:]]


def test_after_an_outage_of_a_day_the_newest_of_each_kind_is_made_up_for() -> None:
    back = MONDAY + timedelta(days=1, hours=14)

    made_up = {job.name: [at.isoformat(" ", "minutes")[:16] for at in due(job, back)]
               for job in reports(FakeDatabase())}  # fmt: skip

    assert made_up == {
        "relatorio_diario": ["2026-12-01 08:00"],
        "relatorio_periodo": ["2026-12-01 13:00"],
        "relatorio_semanal": ["2026-11-30 09:00"],
    }


async def test_what_is_kept_is_what_was_counted_and_what_stands_out() -> None:
    database = FakeDatabase()
    jobs = {job.name: job for job in reports(database)}

    details = [
        await jobs[name].run(Run(name, MONDAY))
        for name in ("relatorio_periodo", "relatorio_semanal")
    ]

    assert details == [{"report_id": "r1", "status": "guardado"}] * 2
    period, week = database.kept
    assert (period.tipo, week.tipo) == ("periodo", "semanal")
    assert period.scheduled_at == MONDAY
    assert period.metricas["funil"] == {
        "contatados": 20,
        "responderam": 1,
        "convertidos": 1,
        "plantoes": 0,
    }
    assert period.destaques == ("📭 Só 5\N{NO-BREAK SPACE}% dos contatados responderam "
                                "(meta: 25 a 30 %).",)  # fmt: skip
    assert period.recomendacoes == ()
    assert len(week.recomendacoes) == 1


def test_an_empty_webhook_is_none_and_a_wrong_one_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "")
    assert SlackSettings().slack_webhook_url is None

    monkeypatch.setenv("SLACK_WEBHOOK_URL", "hooks.slack.com/segredo")
    with pytest.raises(ValidationError) as caught:
        SlackSettings()
    assert "must be a URL" in str(caught.value)
    assert "segredo" not in str(caught.value)
