"""One sending step with its neighbours faked."""

from dataclasses import dataclass

import pytest

from julia_common.resilience.breaker import EVOLUTION, CircuitBreaker
from julia_common.testing import ManualClock
from julia_dispatcher.sending import Sending, Terms
from julia_dispatcher.testing import FakeEvolution, FakeOutbox


@dataclass
class Bench:
    clock: ManualClock
    outbox: FakeOutbox
    evolution: FakeEvolution
    circuit: CircuitBreaker
    sending: Sending


@pytest.fixture
def bench() -> Bench:
    clock = ManualClock()
    outbox = FakeOutbox(clock)
    evolution = FakeEvolution()
    circuit = CircuitBreaker("evolution", EVOLUTION, clock=clock)
    terms = Terms(max_hora=15, max_dia=80, post_timeout_s=10, owner="me")
    return Bench(
        clock, outbox, evolution, circuit, Sending(outbox, evolution, circuit, terms, clock)
    )
