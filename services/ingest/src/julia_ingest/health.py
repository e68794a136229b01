"""What `/health`, `/health/rate` and `/health/circuit` say. They answer whatever is away."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import RedisError

from julia_common.errors import Retryable
from julia_common.resilience.breaker import CircuitSnapshot, CircuitState
from julia_common.resilience.shared import NEIGHBOURS, shown
from julia_ingest.adapters.redis_view import GLOBAL, WINDOWS, RedisView, Usage

type Report = dict[str, Any]

CHECK_SECONDS = 2
FROM_REDIS = "redis"
OK = "ok"
DEGRADED = "degradado"
UNAVAILABLE = "indisponivel"
UNKNOWN = "desconhecido"


@dataclass(frozen=True, slots=True)
class Health:
    """Asks the neighbours. `ceilings` are one number's, per window."""

    view: RedisView
    check_broker: Callable[[], Awaitable[None]]
    own_circuits: Callable[[], Sequence[CircuitSnapshot]]
    instances: Sequence[str]
    ceilings: Mapping[str, int]

    async def dependencies(self) -> Report:
        """Report each neighbour; without the broker nothing works, without the others most does.

        The neighbours of the other services are as their circuits say; of one that has no circuit
        in Redis nothing is known.
        """
        broker, redis, seen = await asyncio.gather(
            _state(self.check_broker), _state(self.view.ping), self.circuits()
        )
        circuits = seen["circuits"]
        states = {"rabbitmq": broker, "redis": redis}
        states |= {name: _state_by_circuit(circuits.get(name)) for name in NEIGHBOURS}
        whole = all(state in (OK, UNKNOWN) for state in states.values())
        return {
            "status": (OK if whole else DEGRADED) if broker == OK else UNAVAILABLE,
            "dependencies": {name: {"status": state} for name, state in states.items()},
        }

    async def rate(self) -> Report:
        """Report used, limit and reset (seconds) per window, of all numbers and of each."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                usage = await self.view.usage(self.instances)
        except (RedisError, TimeoutError):
            usage = {}
        numbers = len(usage.keys() - {GLOBAL}) or len(self.instances)
        return {
            "source": FROM_REDIS if usage else UNAVAILABLE,
            "global": self._windows(usage.get(GLOBAL), numbers),
            "instances": {
                name: self._windows(usage.get(name), 1)
                for name in (usage.keys() - {GLOBAL} or self.instances)
            },
        }

    async def circuits(self) -> Report:
        """Report the circuits of all services from Redis, and those of this process."""
        own = {circuit.name: shown(circuit) for circuit in self.own_circuits()}
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return {"source": FROM_REDIS, "own": own, "circuits": await self.view.circuits()}
        except (RedisError, TimeoutError):
            return {"source": UNAVAILABLE, "own": own, "circuits": {}}

    def _windows(self, usage: Mapping[str, Usage] | None, numbers: int) -> Report:
        return {
            window: {
                "used": usage[window].used if usage else None,
                "limit": self.ceilings[window] * numbers,
                "reset": usage[window].reset_seconds if usage else None,
            }
            for window in WINDOWS
        }


async def _state(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except (Retryable, RedisError, TimeoutError):
        return UNAVAILABLE
    return OK


def _state_by_circuit(circuit: object) -> str:
    state = circuit.get("state") if isinstance(circuit, Mapping) else None
    return _BY_CIRCUIT.get(str(state), UNKNOWN)


_BY_CIRCUIT: Final[Mapping[str, str]] = {
    CircuitState.CLOSED: OK,
    CircuitState.HALF_OPEN: DEGRADED,
    CircuitState.OPEN: UNAVAILABLE,
}
