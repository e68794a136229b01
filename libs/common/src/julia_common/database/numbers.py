"""Our WhatsApp numbers."""

from typing import Final, Literal

from pydantic import TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc

type NumberHealth = Literal["boa", "lenta", "parada", "banida"]


class AssessedNumber(Answer):
    """How a number is. `parcela`: the share (0 to 1) of its ceilings that it may use by itself.

    Counts are of the last 24 hours; `por`: the person who decided on `saude`.
    """

    instance: str
    state: str
    saude: NumberHealth
    motivo: str | None = None
    por: str | None = None
    parcela: float
    enviadas: int
    entregues: int
    recusadas: int
    erros: int


class NumbersAssessed(Answer):
    """All numbers, and how many have another health than before."""

    mudancas: int
    numeros: tuple[AssessedNumber, ...]


_ASSESSED: Final = TypeAdapter(NumbersAssessed)


class Numbers:
    """See `docs/reference/rpc.md`, Numbers."""

    _rpc: Rpc

    async def assess_numbers(self) -> NumbersAssessed:
        """Judge every number on which no person has decided; managers learn what changed."""
        return await self._rpc.call("assess_numbers", {}, _ASSESSED)
