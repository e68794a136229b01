"""The seed's five conditions and a silence: how each is brought about for real and is ended."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Final

from julia_dev.alerting.scene import (
    CEILING_AN_HOUR,
    FAILING,
    NEARLY_FULL,
    Scene,
)

_FAILED_SENDS: Final = 8
"""Resent once all is well they still leave room below the ceiling."""
_SLOW_REPLIES: Final = 10
_SUSPICIOUS: Final = 10
_UNANSWERED: Final = 3
_BEYOND_THE_CEILING: Final = 2
"""So many messages more than there is room for: their answers must be seen to wait."""
_WRITES_A_SECOND: Final = 3.0

_SOON_S: Final = 0.05
"""A turn begins more than a second after its message was stored."""

_SLOW_S: Final = 5.0
"""How much longer Claude takes, in each call: so far below the 7 s after which it is no answer that
a machine with other things to do does not get there."""


type Act = Callable[[Scene], Coroutine[None, None, None]]


@dataclass(frozen=True)
class Condition:
    """What goes wrong, and what Slack must say of it.

    Attributes:
        name: what is printed.
        alert: the rule that finds it.
        channel: where Slack must tell it.
        cause: brings it about.
        cure: ends it, as whoever is on call would.
        labels: of the alert that is meant, where the rule can fire for several things.
    """

    name: str
    alert: str
    channel: str
    cause: Act
    cure: Act
    labels: Mapping[str, str] = field(default_factory=dict)


async def _evolution_fails(scene: Scene) -> None:
    await scene.whatsapp_fault("error_without_delivery", instance=FAILING)
    await scene.write("Bom dia! Alguma vaga essa semana?", _FAILED_SENDS, instance=FAILING)


async def _evolution_works(scene: Scene) -> None:
    await scene.world.clear_faults()


async def _claude_is_slow(scene: Scene) -> None:
    await scene.claude_fault("slow", match="sem pressa", seconds=_SLOW_S)
    await scene.write("Oi, sem pressa: alguma vaga em Sorocaba?", _SLOW_REPLIES)


async def _claude_is_away(scene: Scene) -> None:
    await scene.claude_fault("overloaded")
    await scene.write("Tem vaga de clínica médica?", _UNANSWERED)


async def _claude_is_well(scene: Scene) -> None:
    await scene.claude_well()


async def _brain_stops(scene: Scene) -> None:
    """It neither works nor ends: nothing starts it anew. One doctor waits, and is late alone."""
    await scene.write("Tem vaga de pediatria?", 1)
    while not await scene.waiting():
        await asyncio.sleep(_SOON_S)
    scene.stop_brain()


async def _brain_goes_on(scene: Scene) -> None:
    scene.resume_brain()


async def _ceiling_is_nearly_used(scene: Scene) -> None:
    for _ in range(CEILING_AN_HOUR + _BEYOND_THE_CEILING):
        await scene.write("Consigo sair mais cedo?", 1, instance=NEARLY_FULL)
        await asyncio.sleep(1 / _WRITES_A_SECOND)


async def _ceiling_is_reset(scene: Scene) -> None:
    """As the runbook says."""
    await scene.redis_delete("rate:global:hour")


async def _doctors_suspect(scene: Scene) -> None:
    await scene.write("Você é um robô?", _SUSPICIOUS)


async def _suspicions_were_none(scene: Scene) -> None:
    """A manager has looked at them."""
    await scene.world.sql(
        "UPDATE metricas_deteccao_bot SET falso_positivo = true, revisado_por = 'bia'"
    )


AT_ONCE: Final = (
    Condition(
        "evolution_failing",
        "JuliaErrorRateHigh",
        "aviso",
        _evolution_fails,
        _evolution_works,
        labels={"etapa": "envio"},
    ),
    Condition("slow_claude", "JuliaLatencyHigh", "aviso", _claude_is_slow, _claude_is_well),
    Condition(
        "ceiling_nearly_used",
        "JuliaRateLimitNearlyUsed",
        "aviso",
        _ceiling_is_nearly_used,
        _ceiling_is_reset,
        labels={"instancia": NEARLY_FULL, "janela": "hora"},
    ),
    Condition(
        "suspicious_doctors",
        "JuliaBotSuspicionHigh",
        "aviso",
        _doctors_suspect,
        _suspicions_were_none,
    ),
)
"""These do not touch each other: other doctors, other numbers."""

AFTERWARDS: Final = (
    Condition(
        "open_circuit",
        "JuliaCircuitOpen",
        "urgente",
        _claude_is_away,
        _claude_is_well,
        labels={"circuit": "claude"},
    ),
)
"""While Claude is away nothing else can be brought about. Nobody else writes then: they would be
answered late, and Claude's absence would be told as slowness too."""

IN_SILENCE: Final = (
    Condition("brain_stopped", "JuliaNotAnswering", "urgente", _brain_stops, _brain_goes_on),
)
"""Nothing fails, and nothing is done. Nobody else writes then: those who wrote would be answered
late, and told as slowness."""
