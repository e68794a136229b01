"""Our WhatsApp numbers."""

from typing import Final, Literal

from pydantic import TypeAdapter

from julia_common.database.model import Answer
from julia_common.database.rpc import Rpc

type NumberHealth = Literal["boa", "lenta", "parada", "banida"]


class Number(Answer):
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


class NumbersListed(Answer):
    """All numbers, by name."""

    numeros: tuple[Number, ...]


class NumbersAssessed(Answer):
    """How many numbers have another health than before."""

    mudancas: int


_LISTED: Final = TypeAdapter(NumbersListed)
_ASSESSED: Final = TypeAdapter(NumbersAssessed)


class Numbers:
    """See `docs/reference/rpc.md`, Numbers."""

    _rpc: Rpc

    async def list_numbers(self) -> NumbersListed:
        """Say how each number is."""
        return await self._rpc.call("list_numbers", {}, _LISTED)

    async def assess_numbers(self) -> NumbersAssessed:
        """Judge every number on which no person has decided; managers learn what changed."""
        return await self._rpc.call("assess_numbers", {}, _ASSESSED)
