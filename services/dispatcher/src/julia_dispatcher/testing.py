"""Stand-ins for the database and for Evolution, with the time that their answers take."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from julia_common.database import (
    Attachment,
    Claimed,
    ClaimNext,
    ClaimReleased,
    NotClaimed,
    RecordSend,
    SendRecorded,
)
from julia_common.evolution import File, Presence, SendOutcome, Sent
from julia_common.testing import ManualClock

NOTHING = NotClaimed(status="vazio")


def part(
    claim_id: str, *, kind: str = "reply", canary: bool = False, anexo: Attachment | None = None
) -> Claimed:
    """Answer a claim with a part to send."""
    return Claimed(
        status="enviar",
        fila_id="fila-1",
        claim_id=claim_id,
        kind=kind,
        instance="julia-01",
        destino="5519900000001",
        conteudo="Oi! Tem sim.",
        text_hash="00",
        tentativa=1,
        budget_ms=2000,
        canary=canary,
        anexo=anexo,
    )


@dataclass
class FakeOutbox:
    """Answers claims with what `claims` holds; an exception in a queue is raised."""

    clock: ManualClock
    claims: deque[Callable[[str], Claimed | NotClaimed] | Exception] = field(default_factory=deque)
    claim_seconds: float = 0.05
    records: list[RecordSend] = field(default_factory=list)
    record_answers: deque[SendRecorded | Exception] = field(default_factory=deque)
    released: list[tuple[str, str]] = field(default_factory=list)
    release_answers: deque[Exception] = field(default_factory=deque)
    asked: list[ClaimNext] = field(default_factory=list)

    async def claim_next(self, claim: ClaimNext) -> Claimed | NotClaimed:
        """Answer with the next of `claims`."""
        self.asked.append(claim)
        self.clock.advance(self.claim_seconds)
        await asyncio.sleep(0)
        answer = self.claims.popleft() if self.claims else lambda _: NOTHING
        if isinstance(answer, Exception):
            raise answer
        return answer(claim.claim_id)

    async def release_claim(self, *, claim_id: str, motivo: str) -> ClaimReleased:
        """Note the release, after the failures in `release_answers`."""
        if self.release_answers:
            raise self.release_answers.popleft()
        self.released.append((claim_id, motivo))
        return ClaimReleased(status="liberada")

    async def record_send(self, send: RecordSend) -> SendRecorded:
        """Note the record and answer with the next of `record_answers`."""
        answer = (
            self.record_answers.popleft()
            if self.record_answers
            else SendRecorded(status="registrada", mais=False)
        )
        if isinstance(answer, Exception):
            raise answer
        self.records.append(send)
        return answer


@dataclass
class FakeEvolution:
    """Counts POSTs and answers them with `outcomes`, or with success."""

    outcomes: deque[SendOutcome] = field(default_factory=deque)
    posts: list[tuple[str, str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    budgets: list[float] = field(default_factory=list)
    presences: list[tuple[str, str, Presence, float]] = field(default_factory=list)
    presence_answer: asyncio.Event | Exception | None = None

    async def send_text(
        self, instance: str, number: str, text: str, *, start_within_seconds: float
    ) -> SendOutcome:
        """Note the POST."""
        self.posts.append((instance, number, text))
        self.budgets.append(start_within_seconds)
        await asyncio.sleep(0)
        return self.outcomes.popleft() if self.outcomes else Sent(f"KEY{len(self.posts)}", number)

    async def send_media(
        self, instance: str, number: str, file: File, caption: str, *, start_within_seconds: float
    ) -> SendOutcome:
        """Note the file, and the POST as of its caption."""
        self.files.append(file)
        return await self.send_text(
            instance, number, caption, start_within_seconds=start_within_seconds
        )

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        """Note the presence; `presence_answer` is waited for or raised."""
        self.presences.append((instance, number, presence, hold_seconds))
        if isinstance(self.presence_answer, Exception):
            raise self.presence_answer
        if self.presence_answer is not None:
            await self.presence_answer.wait()
