"""Faults that a test may order at `/_sim/faults`."""

import asyncio
import time

from pydantic import BaseModel, ConfigDict, Field

from julia_simulators.supabase.errors import connection_lost


class FaultOrder(BaseModel):
    """The faults from now on; what is not named ends."""

    model_config = ConfigDict(extra="forbid")

    unavailable_s: float = Field(default=0, ge=0)
    """Answer 503 for this long."""
    latency_s: float = Field(default=0, ge=0)
    """Wait before every call."""
    lost_responses: dict[str, int] = Field(default_factory=dict)
    """By function: so many next calls are committed, then the connection is cut."""
    exposed: tuple[str, ...] | None = None
    """The schemas that are served, instead of DB_SCHEMAS."""


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        """Start with none."""
        self._unavailable_until = 0.0
        self._latency_s = 0.0
        self._lost_responses: dict[str, int] = {}
        self._exposed: tuple[str, ...] | None = None

    def apply(self, order: FaultOrder) -> None:
        """Replace the faults in force."""
        self._unavailable_until = time.monotonic() + order.unavailable_s
        self._latency_s = order.latency_s
        self._lost_responses = dict(order.lost_responses)
        self._exposed = order.exposed

    async def before_call(self) -> None:
        """Wait or fail as ordered."""
        if time.monotonic() < self._unavailable_until:
            details = "ordered at /_sim/faults"
            raise connection_lost(details)
        await asyncio.sleep(self._latency_s)

    def exposed(self, configured: tuple[str, ...]) -> tuple[str, ...]:
        """Which schemas are served; `configured` unless ordered otherwise."""
        return configured if self._exposed is None else self._exposed

    def loses_response(self, function: str) -> bool:
        """Whether to swallow this answer; counts down."""
        left = self._lost_responses.get(function, 0)
        if left:
            self._lost_responses[function] = left - 1
        return left > 0
