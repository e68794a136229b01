"""The report as a person reads it in a terminal, in Portuguese."""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from zoneinfo import ZoneInfo

from julia_common.database import ShadowPair
from julia_dev.shadow.comparison import Comparison, Figures

_SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_LABEL = 34
_FIGURE = 14
_COLUMN = 52
"""Characters of one text when two stand side by side."""

_NO_TEXT = "(sem texto)"


def table(comparison: Comparison) -> Iterator[str]:
    """The lines of one shadow's table."""
    yield f"Sombra {comparison.sombra}: {comparison.turnos} turnos comparados"
    yield f"{'':{_LABEL}}{'enviado':>{_FIGURE}}{'sombra':>{_FIGURE}}"
    sent, drafted = _row(comparison.enviado), _row(comparison.rascunho)
    for label, value in sent.items():
        yield f"  {label:{_LABEL - 2}}{value:>{_FIGURE}}{drafted[label]:>{_FIGURE}}"
    yield f"  Falhas da sombra: {_listed(comparison.falhas)}"
    yield f"  Ferramentas da sombra: {_listed(comparison.ferramentas)}"


def side_by_side(pair: ShadowPair) -> Iterator[str]:
    """The lines of one turn: what was sent on the left, what the shadow wrote on the right."""
    when = pair.at.astimezone(_SAO_PAULO)
    yield f"{when:%d/%m %H:%M}  turno {pair.turno_id}"
    yield f"  {_headed('enviado', pair.prompt_id, pair.rota)}"
    flaw = f"falha {pair.sombra_falha}" if pair.sombra_falha else None
    yield f"  {_headed('sombra', pair.sombra_prompt_id, flaw)}"
    if pair.sombra_ferramentas:
        yield f"  ferramentas da sombra: {', '.join(pair.sombra_ferramentas)}"
    for left, right in zip_longest(
        _wrapped(pair.enviado), _wrapped(pair.sombra_texto), fillvalue=""
    ):
        yield f"  {left:{_COLUMN}} | {right}".rstrip()


def _row(figures: Figures) -> dict[str, str]:
    return {
        "rascunhos com falha": _percent(figures.falhas),
        "modelo grande": _percent(figures.grande),
        "caracteres por resposta": _number(figures.caracteres, 0),
        "chamadas por turno": _number(figures.chamadas, 1),
        "custo por turno (US$)": _number(figures.custo_usd, 4),
        "tempo do modelo, média (s)": _number(figures.llm_ms / 1000, 1),
        "tempo do modelo, p95 (s)": _number(figures.llm_ms_p95 / 1000, 1),
    }


def _percent(share: float) -> str:
    return f"{_number(share * 100, 1)} %"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "nenhuma"


def _headed(*words: str | None) -> str:
    return " · ".join(word for word in words if word)


def _wrapped(text: str) -> list[str]:
    lines = (text.strip() or _NO_TEXT).splitlines()
    return [part for line in lines for part in textwrap.wrap(line, _COLUMN) or [""]]
