"""`feriados`: the days on which nothing goes of our own accord, as python-holidays knows them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final, Protocol

from holidays.countries.brazil import Brazil
from pydantic import JsonValue

from julia_common.database import Holiday, HolidaysStored
from julia_scheduler.jobs.job import Job, Missed, Run

_YEARS_AHEAD: Final = 2
_LANGUAGE: Final = "pt_BR"
_STATES: Final = tuple(name for name in Brazil.subdivisions if len(name) == 2)  # noqa: PLR2004


class Storing(Protocol):
    """The database's table of holidays."""

    async def store_holidays(self, *, since: date, holidays: Collection[Holiday]) -> HolidaysStored:
        """Replace what the library said before about the days from `since` on."""
        ...


def holidays(database: Storing) -> Job:
    """The job: this year's and the next two's, the nation's and all states'; the database chooses.

    At its first start it makes up for the run of last night, and so fills an empty table at once.
    """

    async def run(run: Run) -> Mapping[str, JsonValue]:
        year = run.scheduled_at.year
        found = holidays_of(range(year, year + _YEARS_AHEAD + 1))
        stored = await database.store_holidays(since=date(year, 1, 1), holidays=found)
        return {"guardados": stored.guardados, "retirados": stored.retirados}

    return Job("feriados", "5 0 * * *", Missed.LATEST, run)


def holidays_of(years: Iterable[int]) -> list[Holiday]:
    """The nation's holidays, and what each state has beside them."""
    years = tuple(years)
    national = Brazil(years=years, language=_LANGUAGE)
    found = [Holiday(dia=day, nome=name) for day, name in sorted(national.items())]
    for state in _STATES:
        own = Brazil(years=years, subdiv=state, language=_LANGUAGE)
        found += [
            Holiday(dia=day, nome=name, uf=state)
            for day, name in sorted(own.items())
            if day not in national
        ]
    return found
