"""Doctors as on any day, so that there is something to see on every panel."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from julia_dev.alerting.scene import Scene

_OPENINGS: Final = (
    "Oi, tem plantão de anestesia em Campinas sábado?",
    "Bom dia! Alguma vaga essa semana?",
    "Tenho disponibilidade sexta à noite em São Paulo",
    "Quanto paga o plantão de 12h?",
    "Prefiro diurno, tem algo?",
    "Qual hospital seria?",
)
_RARE: Final = (
    "Quero falar com uma pessoa, por favor",
    "Pare de me mandar mensagens",
    "Não me procure este mês",
)
"""Each goes another way: to a person, off the list, off it for a while."""

_MADE_UP: Final = "Quanto paga o plantão do Hospital Imaginário?"
_REFUSED_DRAFT: Final = "O plantão paga R$ 9.999,00, pode vir!"
"""No tool said so: it must not go out."""
_LOST: Final = "Oi, recebeu minha mensagem?"


async def everything_once(scene: Scene) -> None:
    """Let happen what happens on few occasions."""
    for text in _RARE:
        await scene.write(text, 1)
    await scene.claude_says(_REFUSED_DRAFT, to=_MADE_UP)
    await scene.write(_MADE_UP, 1)
    await scene.write(_LOST, 1, unannounced=True)


@asynccontextmanager
async def steady(scene: Scene, rng: random.Random, *, a_second: float) -> AsyncIterator[None]:
    """Let new doctors write at this rate while the block runs."""
    writing = asyncio.create_task(_write(scene, rng, a_second))
    try:
        yield
    finally:
        writing.cancel()
        await asyncio.wait({writing})


async def _write(scene: Scene, rng: random.Random, a_second: float) -> None:
    while True:
        await scene.write(rng.choice(_OPENINGS), 1)
        await asyncio.sleep(rng.expovariate(a_second))
