"""Seven doctors, a holiday and the reports, in minutes, against what was worked out by hand."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from julia_common.database import NewReminder, TurnBegun
from julia_dev.sending import fortnight_plan as plan
from julia_dev.sending.fortnight_plan import Act, Doctor, Heard
from julia_dev.sending.phones import Arrival
from julia_dev.sending.simulated import Answer, Simulated, simulated
from julia_scheduler.jobs.campaigns import campaigns
from julia_scheduler.jobs.followups import followups
from julia_scheduler.jobs.heartbeat import heartbeat
from julia_scheduler.jobs.holidays import holidays
from julia_scheduler.jobs.reports import reports
from julia_scheduler.jobs.runner import Runner

_HOUR: Final = timedelta(hours=1)
_WORKING_HOURS: Final = range(8, 21)
_TURN: Final = timedelta(seconds=3)
"""After a doctor's last message: the burst is over, and the turn is due."""
_DOCTORS: Final = """
insert into medicos (primeiro_nome, telefone, instance, estado, especialidade_id)
select $1, '+' || $2, $3, $4, (select id from especialidades where nome = $5)
"""
_SHIFT: Final = """
with hospital as (
  insert into hospitais (nome, cidade, estado) values ($1, 'São Paulo', $2) returning id
)
insert into vagas
  (hospital_id, especialidade_id, data, hora_inicio, hora_fim, valor_centavos, status)
select hospital.id, (select id from especialidades where nome = 'Anestesiologia'), $3, '07:00',
       '19:00', 180000, 'aberta'
  from hospital
"""


@dataclass(frozen=True)
class Fortnight:
    """What did not go as worked out; `checks` counts what was compared."""

    wrong: tuple[str, ...]
    checks: int
    sent: int
    days: float
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        return {
            "days": round(self.days),
            "seconds": round(self.seconds),
            "sent": self.sent,
            "checks": self.checks,
            "wrong": len(self.wrong),
        }

    def missed(self) -> list[str]:
        """Name each expectation that was not met."""
        return [f"fortnight: {each}" for each in self.wrong]


async def run(folder: Path) -> Fortnight:
    """Play it; returns what was compared."""
    began = time.monotonic()
    async with simulated(folder, plan.START, per_hour=15, per_day=80) as scene:
        await _furnish(scene)
        runner = scene.runner(
            (
                heartbeat(scene.database),
                holidays(scene.database),
                campaigns(scene.database),
                followups(scene.database),
                *reports(scene.database),
            )
        )
        await _live(scene, runner, until=plan.END)
        kept = await _reports(scene)
        await scene.clock.move(plan.REST_IS_OVER - _HOUR)
        await _live(scene, runner, until=plan.REST_IS_OVER + _HOUR)
        stages = await _stages(scene)
        await scene.clock.move(plan.NOVEMBER)
        await _november(scene)
        await _live(scene, runner, until=plan.NOVEMBER + 2 * _HOUR)
        arrived = tuple(scene.phones.arrived)
    wrong = (
        *_unlike(plan.EVERYTHING_HEARD, arrived),
        *_unlike_reports(kept),
        *(
            f"{name} is {stages.get(name)}, not {stage}"
            for name, stage in plan.STAGES.items()
            if stages.get(name) != stage
        ),
        *_unlike_november(arrived),
        *_too_close(arrived),
    )
    checks = len(plan.EVERYTHING_HEARD) + len(plan.STAGES) + 2
    checks += sum(len(report.metrics) for report in plan.REPORTS)
    days = (plan.NOVEMBER - plan.START) / timedelta(days=1)
    return Fortnight(wrong, checks, len(arrived), days, time.monotonic() - began)


# The scene


async def _furnish(scene: Simulated) -> None:
    await scene.add_numbers(*plan.NUMBERS)
    specialties = sorted({doctor.specialty for doctor in (*plan.DOCTORS, plan.HUGO)})
    await scene.pool.execute(
        "insert into especialidades (nome) select unnest($1::text[]) on conflict do nothing",
        specialties,
    )
    for doctor in plan.DOCTORS:
        await _add(scene, doctor)
    await scene.pool.execute(_SHIFT, plan.SHIFT_HOSPITAL, plan.SHIFT_STATE, plan.SHIFT_DAY.date())
    await _start_campaign(scene, "Abril", "Anestesiologia", plan.CAMPAIGN_AT)


async def _november(scene: Simulated) -> None:
    """Before eight, a campaign for somebody new."""
    await _add(scene, plan.HUGO)
    await _start_campaign(scene, "Novembro", plan.HUGO.specialty, None)


async def _add(scene: Simulated, doctor: Doctor) -> None:
    await scene.pool.execute(
        _DOCTORS, doctor.name, doctor.number, doctor.instance, doctor.state, doctor.specialty
    )


async def _start_campaign(
    scene: Simulated, name: str, specialty: str, when: datetime | None
) -> None:
    campaign = await scene.pool.fetchval(
        "insert into campanhas (nome, tipo, corpo, publico, agendar_para)"
        " values ($1, 'reativacao', $2, $3, $4) returning id::text",
        name,
        plan.CAMPAIGN_BODY,
        {"especialidades": [specialty]},
        when,
    )
    await scene.call("campanha_iniciar", campanha_id=campaign, por="cena")


# Time


async def _live(scene: Simulated, runner: Runner, *, until: datetime) -> None:
    """Let the time pass: from hour to hour, from act to act, and to whatever wants to be sent."""
    acts = [act for act in plan.ACTS if scene.clock.now() < act.when <= until]
    while (now := scene.clock.now()) < until:
        for act in [act for act in acts if act.when <= now]:
            acts.remove(act)
            await _do(scene, act)
        await runner.step()
        await scene.answer_due(_says)
        await scene.send_due()
        moments = [_next_hour(now), until, *(act.when for act in acts)]
        ring = await scene.next_ring()
        if ring is not None:
            moments.append(max(ring, now + timedelta(seconds=1)))
        await scene.clock.move(min(moments))


def _next_hour(now: datetime) -> datetime:
    """Return the next full hour at which a job may have something to do."""
    hour = now.replace(minute=0, second=0, microsecond=0) + _HOUR
    while hour.hour not in _WORKING_HOURS:
        hour += _HOUR
    return hour


async def _do(scene: Simulated, act: Act) -> None:
    # The runbook's statements.
    if act.what == "taken_over":
        await scene.pool.execute(
            "UPDATE conversations SET controlled_by = 'human', escalation_reason = 'Handoff manual'"
            " WHERE medico_id = (select id from medicos where primeiro_nome = $1)",
            act.doctor,
        )
        return
    if act.what in {"pauses", "resumes"}:
        await scene.pool.execute(
            "INSERT INTO julia_status (status, motivo, alterado_via) VALUES ($1, 'cena', 'manual')",
            "pausado" if act.what == "pauses" else "ativo",
        )
        return
    doctor = next(each for each in plan.DOCTORS if each.name == act.doctor)
    await scene.doctor_writes(
        doctor.number, act.text, instance=doctor.instance, opts_out=act.what == "opts_out"
    )
    await scene.clock.move(scene.clock.now() + _TURN)
    await scene.answer_due(_says)


def _says(turn: TurnBegun) -> Answer:
    """Say what the plan has for the doctor's words; there is no Claude here."""
    act = next(act for act in plan.ACTS if act.text == turn.pending[-1].conteudo)
    if act.reminder_at is None:
        return Answer(act.answer)
    reminder = NewReminder(quando=act.reminder_at, contexto="pediu", mensagem=plan.REMINDER)
    return Answer(act.answer, (reminder,))


# What was there in the end


async def _reports(scene: Simulated) -> dict[tuple[str, datetime], Mapping[str, Any]]:
    rows = await scene.pool.fetch("select tipo, agendado_para, metricas from reports")
    return {(row["tipo"], row["agendado_para"]): row["metricas"] for row in rows}


async def _stages(scene: Simulated) -> dict[str, str]:
    rows = await scene.pool.fetch(
        "select m.primeiro_nome, c.stage from conversations c join medicos m on m.id = c.medico_id"
    )
    return {row["primeiro_nome"]: row["stage"] for row in rows}


def _unlike(expected: tuple[Heard, ...], arrived: tuple[Arrival, ...]) -> list[str]:
    """Name what did not arrive as it must, and what arrived beside it."""
    wrong = []
    left = list(arrived)
    number_of = {doctor.name: doctor.number for doctor in (*plan.DOCTORS, plan.HUGO)}
    for heard in expected:
        found = next(
            (
                arrival
                for arrival in left
                if arrival.number == number_of[heard.doctor]
                and heard.words in arrival.text
                and heard.since <= arrival.at < heard.since + heard.within
            ),
            None,
        )
        if found is None:
            wrong.append(
                f"{heard.doctor} did not hear “{heard.words}” at {heard.since:%d/%m %H:%M}"
            )
        else:
            left.remove(found)
    name_of = {number: name for name, number in number_of.items()}
    wrong += [f"{name_of[a.number]} heard “{a.text}” at {a.at:%d/%m %H:%M:%S}" for a in left]
    return wrong


def _unlike_reports(kept: Mapping[tuple[str, datetime], Mapping[str, Any]]) -> list[str]:
    wrong = []
    for report in plan.REPORTS:
        label = f"report {report.kind} of {report.scheduled_at:%d/%m %H:%M}"
        shown = kept.get((report.kind, report.scheduled_at.astimezone(UTC)))
        if shown is None:
            wrong.append(f"{label} is missing")
            continue
        wrong += [
            f"{label}: {name} is {shown.get(name)}, not {value}"
            for name, value in report.metrics.items()
            if not _shows(shown.get(name), value)
        ]
    return wrong


def _shows(shown: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(shown, Mapping) and all(
            _shows(shown.get(name), value) for name, value in wanted.items()
        )
    return bool(shown == wanted)


def _too_close(arrived: tuple[Arrival, ...]) -> list[str]:
    """Name sends of our own accord that left one number too soon after another."""
    openings = [
        arrival for arrival in arrived if any(words in arrival.text for words in plan.UNASKED)
    ]
    return [
        f"{number} sent to two doctors {gap.total_seconds():.0f} s apart, at {later.at:%d/%m %H:%M}"
        for number in plan.NUMBERS
        for earlier, later in pairwise(each for each in openings if each.instance == number)
        if (gap := later.at - earlier.at) < plan.SPACING
    ]


def _unlike_november(arrived: tuple[Arrival, ...]) -> list[str]:
    hours = [a.at.astimezone(UTC) for a in arrived if a.number == plan.HUGO.number]
    opened = [f"{at:%H:00}" for at in hours]
    if opened == [plan.NOVEMBER_OPENS_UTC]:
        return []
    return [f"in November Hugo heard us in the hours {opened} UTC"]
