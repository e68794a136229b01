"""Functions of the canary."""

from typing import Final

from pydantic import AwareDatetime, TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc


class CanaryPrepared(Answer):
    """The number that the canary writes from (digits), and whether a pause keeps it silent."""

    numero: str
    agora: AwareDatetime
    pausada: bool


class CanaryStatus(Answer):
    """When the last one was written, and when the last answer was recorded as sent.

    `segundos`: how long that answer took; `idade_s`: since when none was (a pause is no silence).
    """

    enviado_em: AwareDatetime | None
    respondido_em: AwareDatetime | None
    segundos: float | None
    idade_s: float | None


class CanaryAnswer(Answer):
    """When the answer to one message of the canary was recorded as sent."""

    respondido_em: AwareDatetime | None


_PREPARED: Final = TypeAdapter(CanaryPrepared)
_STATUS: Final = TypeAdapter(CanaryStatus)
_ANSWER: Final = TypeAdapter(CanaryAnswer)


class Canary:
    """See `docs/reference/rpc.md`, Canary."""

    _rpc: Rpc

    async def prepare_canary(self, *, instance: str) -> CanaryPrepared:
        """Say from which number to write to ours, and forget canaries of the day before."""
        return await self._rpc.call("prepare_canary", {"instance": instance}, _PREPARED)

    async def canary_status(self) -> CanaryStatus:
        """Say whether the canary is answered."""
        return await self._rpc.call("canary_status", {}, _STATUS)

    async def canary_answer(self, *, instance: str, key_id: str) -> CanaryAnswer:
        """Say whether this message, written in the canary's name to our number, was answered."""
        p = {"instance": instance, "key_id": key_id}
        return await self._rpc.call("canary_answer", p, _ANSWER)
