"""What the simulator remembers: its configuration, what was asked and what was billed."""

import random
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from julia_simulators.anthropic.caching import InputUsage, PromptCache
from julia_simulators.anthropic.faults import Faults
from julia_simulators.anthropic.pricing import cost_usd
from julia_simulators.anthropic.scripts import Queue

MAX_RECORDS = 20_000


class Behaviour(BaseModel):
    """How fast and how varied the simulator answers.

    Time to the first token is lognormal; each output token adds `seconds_per_token`. The defaults
    give about 0.9 s for a short answer, with a 95th percentile near 1.4 s.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 1
    first_token_median_s: float = Field(default=0.6, ge=0.0)
    first_token_sigma: float = Field(default=0.35, ge=0.0)
    seconds_per_token: float = Field(default=0.008, ge=0.0)

    def first_token_s(self, rng: random.Random) -> float:
        """Seconds until the answer starts."""
        return self.first_token_median_s * rng.lognormvariate(0.0, self.first_token_sigma)


@dataclass
class Record:
    """One request as it was received and answered."""

    n: int
    request_id: str
    at: float
    """Unix seconds at arrival."""
    body: dict[str, Any]
    last_user_text: str
    user_agent: str
    retry_count: int
    """What the SDK says about its own retries."""
    fault: str | None = None
    status: int | None = None
    """Null while it is being answered, and for ever when the caller left before."""
    answer: str | None = None
    stop_reason: str | None = None
    usage: dict[str, Any] | None = None
    ended_at: float | None = None
    """Unix seconds at the answer's end; null while it is being answered."""

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return asdict(self)


@dataclass
class Tally:
    """What was billed: tokens by price class, and what they cost."""

    requests: int = 0
    input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_5m_input_tokens: int = 0
    cache_creation_1h_input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def add(self, model: str, usage: InputUsage, output_tokens: int) -> None:
        """Bill one answer of a model."""
        self.requests += 1
        self.input_tokens += usage.input_tokens
        self.cache_read_input_tokens += usage.read
        self.cache_creation_5m_input_tokens += usage.written_5m
        self.cache_creation_1h_input_tokens += usage.written_1h
        self.output_tokens += output_tokens
        self.cost_usd += cost_usd(
            model,
            plain=usage.input_tokens,
            read=usage.read,
            written_5m=usage.written_5m,
            written_1h=usage.written_1h,
            output=output_tokens,
        )

    def as_json(self) -> dict[str, Any]:
        """For the control API; the cost is a decimal in a string, exact to the last digit."""
        return {**asdict(self), "cost_usd": f"{self.cost_usd:f}"}


@dataclass
class World:
    """The whole state of one simulator."""

    behaviour: Behaviour
    keys: frozenset[str] | None = None
    """The keys that are accepted; None accepts any."""
    cache: PromptCache = field(default_factory=lambda: PromptCache(time.monotonic))
    faults: Faults = field(default_factory=Faults)
    scripted: Queue = field(default_factory=Queue)
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=MAX_RECORDS))
    by_model: dict[str, Tally] = field(default_factory=dict)
    by_user: dict[str, Tally] = field(default_factory=dict)
    """By `metadata.user_id`; what came without one stands under the empty name."""
    requests_seen: int = 0
    fault_rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Seed the choice of faults that happen with a probability."""
        self._seed_faults()

    def _seed_faults(self) -> None:
        self.fault_rng = random.Random(self.behaviour.seed)  # noqa: S311 - reproducible faults

    def configure(self, behaviour: Behaviour) -> None:
        """Change speed or seed."""
        self.behaviour = behaviour
        self._seed_faults()

    def remember(self, record: Record) -> None:
        """Keep a request; the oldest are forgotten after `MAX_RECORDS`."""
        self.records.append(record)

    def bill(self, model: str, user: str, usage: InputUsage, output_tokens: int) -> None:
        """Add an answer to the tallies of its model and of its user."""
        for tallies, name in ((self.by_model, model), (self.by_user, user)):
            tallies.setdefault(name, Tally()).add(model, usage, output_tokens)

    def reset(self) -> None:
        """Forget requests, bills, scripts, faults and the prompt cache; keep the behaviour."""
        self.cache.clear()
        self.faults.clear()
        self.scripted.clear()
        self.records.clear()
        self.by_model.clear()
        self.by_user.clear()
        self.requests_seen = 0
        self._seed_faults()
