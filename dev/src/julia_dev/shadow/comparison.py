"""The figures of a shadow beside those of the turns that were really answered."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from statistics import fmean, quantiles
from typing import Any

from julia_common.database import ShadowPair

_REPAIRED = "reparo"


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the turns; shares are between 0 and 1, latencies Claude's alone."""

    falhas: float
    """Share of the turns whose first draft was not fit to be sent."""
    grande: float
    """Share of the turns that the larger model ended."""
    caracteres: float
    chamadas: float
    custo_usd: float
    llm_ms: float
    llm_ms_p95: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One shadow: its figures and, over the same turns, those of what was sent."""

    sombra: str
    turnos: int
    enviado: Figures
    rascunho: Figures
    falhas: dict[str, int]
    """The shadow's, by kind."""
    ferramentas: dict[str, int]
    """How often the shadow asked for each."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def compare(pairs: Iterable[ShadowPair], *, large_model: str) -> tuple[Comparison, ...]:
    """Compare shadow by shadow; a model whose name begins with `large_model` is the larger one."""
    by_shadow = attrgetter("sombra_prompt_id")
    return tuple(
        _compared(shadow, tuple(group), large_model)
        for shadow, group in groupby(sorted(pairs, key=by_shadow), by_shadow)
    )


def _compared(shadow: str, pairs: Sequence[ShadowPair], large_model: str) -> Comparison:
    return Comparison(
        sombra=shadow,
        turnos=len(pairs),
        enviado=_figures(
            pairs,
            flawed=lambda pair: _REPAIRED in (pair.rota or "").split("+"),
            large=lambda pair: (pair.model or "").startswith(large_model),
            text=attrgetter("enviado"),
            prefix="",
        ),
        rascunho=_figures(
            pairs,
            flawed=lambda pair: pair.sombra_falha is not None,
            large=lambda pair: pair.sombra_model.startswith(large_model),
            text=attrgetter("sombra_texto"),
            prefix="sombra_",
        ),
        falhas=_counted(pair.sombra_falha for pair in pairs if pair.sombra_falha is not None),
        ferramentas=_counted(tool for pair in pairs for tool in pair.sombra_ferramentas),
    )


def _figures(
    pairs: Sequence[ShadowPair],
    *,
    flawed: Callable[[ShadowPair], bool],
    large: Callable[[ShadowPair], bool],
    text: Callable[[ShadowPair], str],
    prefix: str,
) -> Figures:
    latencies: list[int] = [getattr(pair, f"{prefix}llm_ms") for pair in pairs]
    return Figures(
        falhas=fmean(map(flawed, pairs)),
        grande=fmean(map(large, pairs)),
        caracteres=fmean(len(text(pair)) for pair in pairs),
        chamadas=fmean(getattr(pair, f"{prefix}chamadas") for pair in pairs),
        custo_usd=fmean(getattr(pair, f"{prefix}custo_usd") for pair in pairs),
        llm_ms=fmean(latencies),
        llm_ms_p95=_p95(latencies),
    )


def _p95(values: Sequence[int]) -> float:
    if len(values) == 1:
        return float(values[0])
    return quantiles(values, n=20, method="inclusive")[-1]


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())
