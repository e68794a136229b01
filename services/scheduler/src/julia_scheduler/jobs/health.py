"""`saude`: each minute has the database judge the numbers."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from julia_common.database import NumbersAssessed
from julia_scheduler.jobs.job import Job, Missed, Run


class Judging(Protocol):
    """The database's numbers."""

    async def assess_numbers(self) -> NumbersAssessed:
        """Judge every number."""
        ...


def health(database: Judging) -> Job:
    """The job; its details count the numbers whose health changed."""

    async def run(_: Run) -> Mapping[str, JsonValue]:
        return {"mudancas": (await database.assess_numbers()).mudancas}

    return Job("saude", "* * * * *", Missed.SKIP, run)
