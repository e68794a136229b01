"""Doctors' telephones, in the place of Evolution and WhatsApp: every send arrives, once."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from julia_common.evolution import File, Presence, SendOutcome, Sent
from julia_dev.sending.clock import HandClock


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of ours on a doctor's phone; `at` by the moved clock, `true_at` monotonic."""

    at: datetime
    true_at: float
    instance: str
    number: str
    text: str


@dataclass
class Phones:
    """What the dispatcher sends with; it keeps what arrived, in order."""

    clock: HandClock
    arrived: list[Arrival] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def send_text(
        self,
        instance: str,
        number: str,
        text: str,
        *,
        start_within_seconds: float,  # noqa: ARG002 - it starts at once
    ) -> SendOutcome:
        """Let the text arrive."""
        return self._arrives(instance, number, text)

    async def send_media(
        self,
        instance: str,
        number: str,
        file: File,  # noqa: ARG002 - the words are what is told apart
        caption: str,
        *,
        start_within_seconds: float,  # noqa: ARG002 - it starts at once
    ) -> SendOutcome:
        """Let the file arrive, with its caption."""
        return self._arrives(instance, number, caption)

    def _arrives(self, instance: str, number: str, text: str) -> Sent:
        self.arrived.append(Arrival(self.clock.now(), time.monotonic(), instance, number, text))
        return Sent(f"PHONE{next(self._ids):08}", f"{number}@s.whatsapp.net")

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        """Nobody looks at the screen."""
