"""`saude`: each minute has the database judge the numbers, and shows how they are."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

from pydantic import JsonValue

from julia_common.database import AssessedNumber, NumberHealth, NumbersAssessed
from julia_scheduler import metrics
from julia_scheduler.jobs.job import Job, Missed, Run

_SEVERITY: Final[Mapping[NumberHealth, int]] = {"boa": 0, "lenta": 1, "parada": 2, "banida": 3}


class Judging(Protocol):
    """The database's numbers."""

    async def assess_numbers(self) -> NumbersAssessed:
        """Judge every number."""
        ...


def health(database: Judging) -> Job:
    """The job; its details count the numbers by their health."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        assessed = await database.assess_numbers()
        for number in assessed.numeros:
            _show(number)
        found = Counter(number.saude for number in assessed.numeros)
        return {"mudancas": assessed.mudancas, **{word: found[word] for word in _SEVERITY}}

    return Job("saude", "* * * * *", Missed.SKIP, run)


def _show(number: AssessedNumber) -> None:
    metrics.NUMBER_HEALTH.labels(number.instance).set(_SEVERITY[number.saude])
    metrics.NUMBER_OPEN.labels(number.instance).set(number.state == "open")
    metrics.NUMBER_SHARE.labels(number.instance).set(number.parcela)
