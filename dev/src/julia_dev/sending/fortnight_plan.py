"""What happens to seven doctors in 2026, and what must follow, worked out by hand.

Times are São Paulo's. A follow-up is planned at ten, on the first day on which the silence since
our last message is long enough: 48 hours, then 5 and 15 days of the calendar. It goes within the
hours: Monday to Friday, 8 to 20, no holiday. On each number, sends of our own accord are 45 to
180 s apart, so of three doctors of one number the last may hear us some minutes after the first.

Tuesday 14 April, 9:00  the campaign goes to six doctors.
Thursday 16, 10:00      49 hours of silence: the light follow-up is planned. A manager has paused
                        Julia at 9:50, and lets her go on at 10:30: then it goes. Bia has answered
                        and gets none.
Monday 20, 10:00        5 days since Thursday are not over yet.
Tuesday 21, 10:00       they are, but it is Tiradentes: planned, and held back.
Wednesday 22, 8:00      it goes: with a shift where there is one that fits, without one else.
Thursday 7 May, 10:00   15 days since 22 April: the last one. Then 60 days of rest.
Tuesday 7 July, 10:00   they are over: the doctor may be asked anew, and nothing is sent for it.
Monday 9 November, 8:00 a campaign started at 7:00 waits for 8:00. While Brazil had summer time,
                        that was 10:00 UTC in November; since 2019 it is 11:00 UTC all year.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from julia_dev.sending.clock import SAO_PAULO


def at(day: str, clock: str, year: int = 2026) -> datetime:
    """Return a moment of São Paulo's wall clock: `at("13/04", "09:00")`."""
    return datetime.strptime(f"{day}/{year} {clock}", "%d/%m/%Y %H:%M").replace(tzinfo=SAO_PAULO)


@dataclass(frozen=True)
class Doctor:
    """Somebody on one of the two numbers; `state` decides which shifts fit."""

    name: str
    number: str
    instance: str
    state: str
    specialty: str = "Anestesiologia"


@dataclass(frozen=True)
class Act:
    """What somebody does, and when. `answer` is what Julia says in her turn."""

    when: datetime
    what: Literal["writes", "opts_out", "taken_over", "pauses", "resumes"]
    doctor: str = ""
    text: str = ""
    answer: str = ""
    reminder_at: datetime | None = None


@dataclass(frozen=True)
class Heard:
    """A message that must arrive on a doctor's phone: words that it holds, and when at most."""

    since: datetime
    doctor: str
    words: str
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Report:
    """A report that must be there, and numbers that it must show."""

    kind: Literal["diario", "periodo", "semanal"]
    scheduled_at: datetime
    metrics: dict[str, Any] = field(default_factory=dict)


NUMBERS = ("julia-a", "julia-b")
START, END = at("14/04", "07:00"), at("08/05", "12:00")
CAMPAIGN_AT = at("14/04", "08:59")
CAMPAIGN_BODY = "Temos plantões de {especialidade} na sua região."
REST_IS_OVER = at("07/07", "10:00")
NOVEMBER = at("09/11", "07:00")
NOVEMBER_OPENS_UTC = "11:00"

DOCTORS = (
    Doctor("Ana", "5511960000001", "julia-a", "RJ"),
    Doctor("Bia", "5511960000002", "julia-b", "SP"),
    Doctor("Caio", "5511960000003", "julia-a", "SP"),
    Doctor("Davi", "5511960000004", "julia-b", "SP"),
    Doctor("Edu", "5511960000005", "julia-a", "SP"),
    Doctor("Fabi", "5511960000006", "julia-b", "SP"),
)
HUGO = Doctor("Hugo", "5511960000007", "julia-a", "SP", "Cardiologia")

SHIFT_HOSPITAL, SHIFT_STATE, SHIFT_DAY = "Hospital Santa Clara", "SP", at("28/05", "07:00")
"""The one open shift: an anaesthetist's, in São Paulo, five weeks away."""

ACTS = (
    Act(at("15/04", "15:00"), "writes", "Bia", "Oi, quem é?", "Oi, Bia! Sou a Júlia."),
    Act(at("16/04", "09:50"), "pauses"),
    Act(at("16/04", "10:30"), "resumes"),
    Act(at("16/04", "18:00"), "opts_out", "Caio", "Pare de me mandar mensagem"),
    Act(at("17/04", "11:00"), "taken_over", "Fabi"),
    # Saturday, half past eleven in the evening: who asks is answered at any hour.
    Act(at("18/04", "23:30"), "writes", "Davi", "Tem plantão?", "Oi, Davi! Vou ver."),
    # A reminder goes when the doctor wanted it, even on a Sunday before eight.
    Act(
        at("23/04", "09:15"),
        "writes",
        "Edu",
        "Me chama domingo às 7:30?",
        "Combinado, Edu!",
        reminder_at=at("26/04", "07:30"),
    ),
)

EVERYTHING_HEARD = (
    *(Heard(at("14/04", "09:00"), who.name, "plantões de anestesiologia") for who in DOCTORS),
    Heard(at("15/04", "15:00"), "Bia", "Sou a Júlia"),
    *(
        Heard(at("16/04", "10:30"), who, "Conseguiu ver minha mensagem?")
        for who in ("Ana", "Caio", "Davi", "Edu", "Fabi")
    ),
    Heard(at("16/04", "18:00"), "Caio", "não te mando mais mensagens"),
    # Who is taken over is told so.
    Heard(at("17/04", "11:00"), "Fabi", "uma pessoa da nossa equipe"),
    Heard(at("18/04", "23:30"), "Davi", "Vou ver"),
    Heard(at("22/04", "08:00"), "Ana", "me conta a região"),
    Heard(at("22/04", "08:00"), "Edu", SHIFT_HOSPITAL),
    Heard(at("23/04", "09:15"), "Edu", "Combinado"),
    Heard(at("26/04", "07:30"), "Edu", "Bom dia"),
    Heard(at("07/05", "10:00"), "Ana", "minha última mensagem por enquanto"),
    Heard(at("09/11", "08:00"), "Hugo", "plantões de cardiologia"),
)
"""All that any phone receives, and nothing else."""

UNASKED = ("plantões de", "Conseguiu ver", "me conta a região", SHIFT_HOSPITAL, "por enquanto")
"""Words of what nobody asked for; what one number sends of it is this far apart at least."""
SPACING = timedelta(seconds=45)

REMINDER = "Bom dia, Edu! Vc pediu pra eu te chamar."

STAGES = {
    "Ana": "recontato",
    "Bia": "respondeu",
    "Caio": "respondeu",
    "Davi": "respondeu",
    "Edu": "respondeu",
    "Fabi": "followup_1_enviado",
}
"""Where each conversation stands on 7 July, after ten."""

REPORTS = (
    # Tuesday's six openings; nobody has answered yet.
    Report(
        "diario",
        at("15/04", "08:00"),
        {"enviadas": 6, "iniciativa": 6, "recebidas": 0, "opt_outs": 0},
    ),
    # Wednesday: Bia, and the answer to her.
    Report("diario", at("16/04", "08:00"), {"enviadas": 1, "iniciativa": 0, "recebidas": 1}),
    # Thursday from ten to one: the five light follow-ups.
    Report("periodo", at("16/04", "13:00"), {"enviadas": 5, "iniciativa": 5, "recebidas": 0}),
    # Thursday: the same, Caio's farewell and its confirmation.
    Report(
        "diario",
        at("17/04", "08:00"),
        {"enviadas": 6, "iniciativa": 5, "recebidas": 1, "opt_outs": 1},
    ),
    # Friday: a person took Fabi over, and she was told.
    Report("diario", at("18/04", "08:00"), {"enviadas": 1, "handoffs": {"total": 1}}),
    # The week: 6 + 1 + 6 + 1, and the answer to Davi. Bia, Caio and Davi wrote, one message each.
    Report(
        "semanal",
        at("20/04", "09:00"),
        {
            "enviadas": 15,
            "iniciativa": 11,
            "recebidas": 3,
            "medicos": 3,
            "opt_outs": 1,
            "funil": {"contatados": 6, "responderam": 3, "convertidos": 0},
        },
    ),
    # The week after: two follow-ups, an answer, a reminder (that was asked for).
    Report(
        "semanal",
        at("27/04", "09:00"),
        {
            "enviadas": 4,
            "iniciativa": 2,
            "recebidas": 1,
            "funil": {"contatados": 2, "responderam": 1},
        },
    ),
)
