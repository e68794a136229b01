"""Shows how our numbers are: on every replica, whichever of them has the job that judges."""

from collections.abc import Mapping
from typing import Final, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from julia_common.database import NumberHealth, NumbersListed
from julia_common.resilience.shared import show_numbers
from julia_scheduler import metrics

log = structlog.get_logger(__name__)

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


async def show_banned(database: Listed, redis: Redis) -> None:
    """Let `/health/circuit` show which numbers WhatsApp has banned; nothing waits for Redis."""
    numbers = (await database.list_numbers()).numeros
    try:
        await show_numbers(redis, {n.instance: n.saude == "banida" for n in numbers})
    except RedisError as error:
        log.warning("banned numbers are not shown, Redis is away", error=type(error).__name__)
