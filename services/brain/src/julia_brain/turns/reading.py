"""What attachments of the pending messages say, read once and kept with their messages.

Whatever fails ends in a reading too: a remark that has the doctor asked for text, or, where the
file may be a personal document, its protection. Only a database that is away fails the turn.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from julia_brain import metrics
from julia_brain.domain import media
from julia_brain.domain.bot_suspicion import suspicion_of
from julia_brain.domain.budget import Budgets, Funds
from julia_brain.domain.composing import user_of
from julia_brain.domain.draft import Draft, Model
from julia_brain.domain.media import Document, Kind, Readable, Seen, Sort, Unread
from julia_brain.domain.spending import Spending
from julia_brain.ports import Attachments, Readings, Transcriber, Vault, Writer
from julia_brain.turns.counting import count
from julia_common.database import (
    BotSuspicion,
    PendingMessage,
    ProtectedDocument,
    StoreReading,
    TurnBegun,
)
from julia_common.errors import Permanent, Retryable
from julia_common.resilience.clock import Clock

_log = logging.getLogger(__name__)

READING_SECONDS: Final = 6.0
"""For all attachments of an attempt together; Claude's time to answer comes after it."""

MAX_READ: Final = 4
"""At once. Files beyond it are protected unseen, audio is asked for as text."""

AT_ONCE: Final = 4
"""Attachments in memory at a time, for one turn."""

SHORTEST_CALL_SECONDS: Final = 0.3

REASON: Final = "leitura"


@dataclass(frozen=True, slots=True)
class ReadingTurn:
    """The turn for which is read; `done` are its readings by message id, and grows."""

    begun: TurnBegun
    conversa_id: str
    token: str
    spending: Spending
    done: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Read:
    """A reading, and what became of the attachment (for the metric)."""

    reading: str
    outcome: str
    document: ProtectedDocument | None = None
    suspicion: BotSuspicion | None = None
    kept: bool = True
    """Stored with the message, so that no other turn reads it again."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads attachments; it keeps nothing between turns."""

    attachments: Attachments
    transcriber: Transcriber | None
    """None: no service is configured."""
    writer: Writer
    vault: Vault
    readings: Readings
    clock: Clock
    budgets: Budgets = field(default_factory=Budgets)

    async def read(self, turn: ReadingTurn) -> TurnBegun:
        """The turn with a reading for each attachment; what was read before is not read again.

        Raises `Retryable` when the database is away.
        """
        waiting: list[tuple[PendingMessage, Readable]] = []
        for message in turn.begun.pending:
            if message.leitura is not None or message.id in turn.done:
                continue
            match media.readable_of(message):
                case Unread() as why:
                    metrics.READINGS.labels(message.tipo_conteudo, why.value).inc()
                    turn.done[message.id] = media.not_read(why)
                case Readable() as attachment:
                    waiting.append((message, attachment))
        ends = self.clock.monotonic() + READING_SECONDS
        work = _Work(self, turn, lambda: ends - self.clock.monotonic())
        results = await asyncio.gather(
            *(
                work.read_and_keep(message, attachment, may_ask=number < MAX_READ)
                for number, (message, attachment) in enumerate(waiting)
            ),
            return_exceptions=True,
        )
        for result in results:
            if result is not None:
                raise result
        return turn.begun.model_copy(
            update={"pending": tuple(_with_reading(one, turn.done) for one in turn.begun.pending)}
        )


def _with_reading(message: PendingMessage, done: dict[str, str]) -> PendingMessage:
    if message.leitura is not None or message.id not in done:
        return message
    return message.model_copy(update={"leitura": done[message.id]})


@dataclass(frozen=True, slots=True)
class _Work:
    """The attachments of one attempt."""

    reader: Reader
    turn: ReadingTurn
    left: Callable[[], float]
    """Seconds that are left for all of them."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    keeping: asyncio.Lock = field(default_factory=asyncio.Lock)
    """The database locks the conversation for each: they would only wait for one another there."""

    async def read_and_keep(
        self, message: PendingMessage, attachment: Readable, *, may_ask: bool
    ) -> None:
        started = self.reader.clock.monotonic()
        async with self.places:
            read = await self._read(message, attachment, may_ask=may_ask)
            kind = message.tipo_conteudo
            metrics.READINGS.labels(kind, read.outcome).inc()
            metrics.READING_SECONDS.labels(kind).observe(self.reader.clock.monotonic() - started)
            if read.kept:
                await self._keep(message, read)
        self.turn.done[message.id] = read.reading

    async def _keep(self, message: PendingMessage, read: _Read) -> None:
        async with self.keeping:
            await self.reader.readings.store_reading(
                StoreReading(
                    conversa_id=self.turn.conversa_id,
                    token=self.turn.token,
                    interacao_id=message.id,
                    leitura=read.reading,
                    documento=read.document,
                    suspeita_bot=read.suspicion,
                )
            )

    async def _read(self, message: PendingMessage, attachment: Readable, *, may_ask: bool) -> _Read:
        try:
            if attachment.kind is Kind.AUDIO:
                return await self._listened_to(message, attachment, may_ask=may_ask)
            data = await self._fetched(message, attachment)
        except (Retryable, Permanent) as error:
            _log.warning("an attachment was not read: %s", error)
            return _unread(Unread.NOT_NOW)
        return await self._looked_at(message, data, may_ask=may_ask)

    async def _fetched(self, message: PendingMessage, attachment: Readable) -> bytes:
        return await self.reader.attachments.fetch(
            self.turn.begun.instance,
            message.key_id,
            max_bytes=attachment.max_bytes,
            within_s=self._enough_time(),
        )

    def _enough_time(self) -> float:
        left = self.left()
        if left < SHORTEST_CALL_SECONDS:
            message = "no time is left for attachments in this turn"
            raise Retryable(message)
        return left

    async def _listened_to(
        self, message: PendingMessage, attachment: Readable, *, may_ask: bool
    ) -> _Read:
        transcriber = self.reader.transcriber
        if transcriber is None:
            return _unread(Unread.NO_TRANSCRIPTION)
        if not may_ask:
            return _unread(Unread.TOO_MANY)
        audio = await self._fetched(message, attachment)
        transcript = await transcriber.transcribe(
            audio, attachment.mimetype, within_s=self._enough_time()
        )
        said = media.heard(transcript)
        if not said:
            return replace(_unread(Unread.UNINTELLIGIBLE), kept=True)
        suspected = suspicion_of(said)
        return _Read(
            said,
            "lido",
            suspicion=(
                BotSuspicion(padrao=suspected.padrao, trecho=suspected.trecho)
                if suspected
                else None
            ),
        )

    async def _looked_at(self, message: PendingMessage, data: bytes, *, may_ask: bool) -> _Read:
        sort = media.sort_of(data)
        if isinstance(sort, Unread):
            return _unread(sort)
        named = media.named_document(message)
        if named is not None:  # then it is not shown to the model at all
            return await self._protected(data, sort, named)
        seen = await self._seen(sort, data) if may_ask else None
        if seen is None:
            return await self._protected(data, sort, None)
        if seen.documento != "nenhum":
            return await self._protected(data, sort, seen.documento)
        return _Read(media.description(seen) or media.NOTHING_TO_SEE, "lido")

    async def _seen(self, sort: Sort, data: bytes) -> Seen | None:
        too_large = sort.kind is Kind.IMAGE and len(data) > media.MAX_IMAGE_BYTES
        if too_large or self._nothing_to_spend():
            return None
        try:
            draft = await self._ask(sort, data)
        except (Retryable, Permanent) as error:
            _log.warning("an attachment is protected without having been seen: %s", error)
            return None
        return media.seen_in(draft.text)

    def _nothing_to_spend(self) -> bool:
        funds = self.reader.budgets.funds(
            self.turn.begun.gasto, turn_usd=self.turn.spending.usd, turn_tokens=0
        )
        return funds is Funds.GONE

    async def _ask(self, sort: Sort, data: bytes) -> Draft:
        draft = await self.reader.writer.write(
            media.question_about(sort.mimetype, data, user_of(self.turn.conversa_id)),
            size=Model.SMALL,
            tools=False,
            within_s=self._enough_time(),
        )
        self.turn.spending.read(draft)
        count(draft, Model.SMALL, REASON)
        return draft

    async def _protected(self, data: bytes, sort: Sort, kind: Document | None) -> _Read:
        document = ProtectedDocument(
            tipo=kind or "outro",
            cifrado=await self.reader.vault.seal(data),
            sha256=hashlib.sha256(data).hexdigest(),
            mime=sort.mimetype,
            bytes=len(data),
        )
        if kind is None:
            return _Read(media.UNOPENED, "protegido_sem_ler", document)
        return _Read(media.protected(kind), "documento", document)


def _unread(why: Unread) -> _Read:
    return _Read(media.not_read(why), why.value, kept=False)
