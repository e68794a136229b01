"""Shows Claude's circuit in Redis, where the health endpoint of ingest reads it."""

import json
import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from julia_common.resilience.breaker import CircuitBreaker
from julia_common.resilience.clock import Clock

_log = logging.getLogger(__name__)

KEY: Final = "circuit:claude"
TTL_SECONDS: Final = 60


class CircuitView:
    """With several replicas the last one to write is seen; an open circuit opens in all of them."""

    def __init__(self, redis: Redis, circuit: CircuitBreaker, clock: Clock) -> None:
        """Show `circuit` in `redis`."""
        self._redis = redis
        self._circuit = circuit
        self._clock = clock

    async def show(self) -> None:
        """Write the state once; Redis being away is nobody's problem here."""
        circuit = self._circuit.snapshot
        state = {
            "name": circuit.name,
            "state": circuit.state,
            "failures": circuit.failures,
            "retry_in_seconds": round(circuit.retry_in_seconds, 1),
            "at": round(self._clock.now().timestamp()),
        }
        try:
            await self._redis.set(KEY, json.dumps(state), ex=TTL_SECONDS)
        except RedisError as error:
            _log.debug("the circuit of Claude is not shown: %s", type(error).__name__)
