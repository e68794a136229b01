"""Settling uncertain sends: ask Evolution what became of them, and tell the database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from julia_common.contracts.messages import content_hash
from julia_common.database import SendSettled, UncertainSend
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import StoredMessage
from julia_common.telemetry import tracing
from julia_common.whatsapp.jids import identities_of
from julia_scheduler import metrics
from julia_scheduler.bell import ring
from julia_scheduler.evidence import Doubt, Echo, Finding, judge
from julia_scheduler.ports import Memory, Publish, Settling

log = structlog.get_logger(__name__)

_BATCH: Final = 50
# Evolution dates a message by its own clock, the claim is dated by the database's.
_CLOCKS_APART: Final = timedelta(minutes=15)
_LATE_DELIVERY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Look:
    """What Evolution said about one number. `sound`: claims whose absence would mean something."""

    echoes: tuple[Echo, ...] = ()
    sound: frozenset[str] = frozenset()
    reachable: bool = False


class Settler:
    """`strict` never allows a resend: what has no evidence is parked for a person."""

    def __init__(
        self, database: Settling, memory: Memory, publisher: Publish, *, owner: str, strict: bool
    ) -> None:
        """Prepare; `owner` is the id of this process."""
        self._database = database
        self._memory = memory
        self._publisher = publisher
        self._owner = owner
        self._strict = strict

    async def settle(self) -> None:
        """Settle whatever can be settled now."""
        borrowed = await self._database.uncertain_sends(limit=_BATCH, owner=self._owner)
        by_number: defaultdict[str, list[UncertainSend]] = defaultdict(list)
        for send in borrowed.sends:
            by_number[send.instance].append(send)
        for instance, sends in by_number.items():
            look = await self._look(instance, sends)
            await self._conclude(sends, look)

    async def _look(self, instance: str, sends: Sequence[UncertainSend]) -> _Look:
        try:
            open_before = await self._memory.connection_state(instance) == "open"
            stored = await self._memory.find_messages(
                instance,
                min(send.claimed_at for send in sends) - _CLOCKS_APART,
                max(send.post_ended_by for send in sends) + _LATE_DELIVERY,
                from_me=True,
            )
            findable = await self._findable(instance, sends, stored)
            open_after = await self._memory.connection_state(instance) == "open"
        except (Retryable, Permanent) as error:
            log.warning("Evolution could not be asked", instance=instance, motivo=str(error))
            return _Look()
        sound = frozenset(
            send.claim_id
            for send in sends
            if open_before and open_after and send.last_known_key_id in findable
        )
        return _Look(tuple(map(_echo, stored)), sound, reachable=True)

    async def _findable(
        self, instance: str, sends: Sequence[UncertainSend], stored: Iterable[StoredMessage]
    ) -> set[str]:
        """Of the ids that certainly were sent, those that Evolution remembers."""
        seen = {message.key_id for message in stored}
        known = {send.last_known_key_id for send in sends} - {None}
        return {
            key_id
            for key_id in known
            if key_id is not None
            and (key_id in seen or await self._memory.find_message(instance, key_id) is not None)
        }

    async def _conclude(self, sends: Sequence[UncertainSend], look: _Look) -> None:
        """Tell the database; what it refutes (another contact, another send) is judged again."""
        bound = {key_id for send in sends for key_id in send.bound_key_ids}
        refuted: set[tuple[str, str]] = set()
        written = {send.claim_id: send.traceparent for send in sends}
        doubts = [Doubt(send.claim_id, send.destino, send.text_hash) for send in sends]
        while doubts:
            again: list[Doubt] = []
            for finding in judge(doubts, look.echoes, bound=bound, refuted=refuted):
                parent = tracing.context_of(written[finding.doubt.claim_id])
                with tracing.span("settle", parent=parent) as span:
                    settled = await self._tell(finding, look)
                    span.tell({"julia.resultado": settled.status})
                if finding.echo is None:
                    continue
                if settled.status == "outro_contato":
                    refuted.add((finding.doubt.claim_id, finding.echo.key_id))
                    again.append(finding.doubt)
                    continue
                bound.add(finding.echo.key_id)
                if settled.status == "id_de_outro":
                    again.append(finding.doubt)
            doubts = again

    async def _tell(self, finding: Finding, look: _Look) -> SendSettled:
        claim_id = finding.doubt.claim_id
        if finding.echo is not None:
            evidence = "positiva"
            settled = await self._database.settle_send(
                claim_id=claim_id,
                evidence="positiva",
                provider_message_id=finding.echo.key_id,
                identities=finding.echo.identities,
                strict=self._strict,
            )
        else:
            absent = not finding.ambiguous and claim_id in look.sound
            evidence = "negativa" if absent else "nenhuma"
            settled = await self._database.settle_send(
                claim_id=claim_id,
                evidence="negativa" if absent else "nenhuma",
                strict=self._strict,
                reachable=look.reachable,
            )
        metrics.SETTLED.labels(evidence, settled.status).inc()
        log.info(
            "an uncertain send was checked",
            claim_id=claim_id,
            conversa_id=settled.conversa_id,
            evidencia=evidence,
            desfecho=settled.status,
        )
        if settled.doorbell and settled.conversa_id and settled.instance:
            await ring(self._publisher, settled.conversa_id, settled.instance, origin="incerta")
        return settled


def _echo(message: StoredMessage) -> Echo:
    key = message.raw.get("key")
    return Echo(
        key_id=message.key_id,
        identities=identities_of(key if isinstance(key, dict) else {}, from_me=True, own_jid=None),
        text_hash=content_hash(message.text, message.file_sha256),
        at=message.at,
    )
