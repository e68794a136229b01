"""Shows how our numbers are: on every replica, whichever of them has the job that judges."""

from collections.abc import Mapping
from typing import Final, Protocol

from julia_common.database import NumberHealth, NumbersListed
from julia_scheduler import metrics

_SEVERITY: Final[Mapping[NumberHealth, int]] = {"boa": 0, "lenta": 1, "parada": 2, "banida": 3}


class Listed(Protocol):
    """The database's numbers."""

    async def list_numbers(self) -> NumbersListed:
        """Say how each number is."""
        ...


async def measure_numbers(database: Listed) -> None:
    """Bring the gauges up to date."""
    for number in (await database.list_numbers()).numeros:
        metrics.NUMBER_HEALTH.labels(number.instance).set(_SEVERITY[number.saude])
        metrics.NUMBER_OPEN.labels(number.instance).set(number.state == "open")
        metrics.NUMBER_SHARE.labels(number.instance).set(number.parcela)
