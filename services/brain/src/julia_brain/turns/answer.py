"""How a turn is to end."""

from dataclasses import dataclass, field
from typing import Literal

from julia_common.database import Effects, Handoff


@dataclass(frozen=True, slots=True)
class Answer:
    """What `commit_turn` is asked for; `rota` says why this model was asked, or that none was."""

    outcome: Literal["resposta", "transferir", "sem_resposta"]
    rota: str
    parts: tuple[str, ...] = ()
    handoff: Handoff | None = None
    holds: tuple[str, ...] = ()
    effects: Effects = field(default_factory=Effects)


def handing_over(handoff: Handoff, rota: str) -> Answer:
    """A person answers."""
    return Answer(outcome="transferir", rota=rota, handoff=handoff)
