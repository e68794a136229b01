"""The report of a shadow: its figures, and what a person reads."""

from datetime import UTC, datetime

import pytest

from julia_common.database import ShadowPair
from julia_dev.shadow.comparison import compare
from julia_dev.shadow.page import side_by_side, table

LARGE = "claude-sonnet-5-5"


def pair(number: int = 1, **changed: object) -> ShadowPair:
    facts = {
        "turno_id": f"turno-{number}",
        "at": datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        "prompt_id": "persona-1",
        "model": "claude-haiku-5-5",
        "rota": "padrao",
        "chamadas": 2,
        "enviado": "Oi!",
        "custo_usd": 0.01,
        "llm_ms": 1000,
        "sombra_prompt_id": "sombra-1",
        "sombra_model": f"{LARGE}-20260901",
        "sombra_texto": "Bom dia!",
        "sombra_chamadas": 1,
        "sombra_custo_usd": 0.03,
        "sombra_llm_ms": 2000,
    }
    return ShadowPair.model_validate(facts | changed)


def test_both_sides_are_measured_over_the_same_turns() -> None:
    pairs = [
        pair(1),
        pair(2, rota="negociacao+reparo", model=LARGE, llm_ms=3000, enviado="Oi, Ana"),
        pair(3, sombra_falha="invencao", sombra_ferramentas=("buscar_vagas",)),
        pair(4, sombra_ferramentas=("buscar_vagas", "reservar_plantao (simulado)")),
    ]

    (found,) = compare(pairs, large_model=LARGE)

    assert (found.sombra, found.turnos) == ("sombra-1", 4)
    sent, drafted = found.enviado, found.rascunho
    assert (sent.falhas, drafted.falhas) == (0.25, 0.25)
    assert (sent.grande, drafted.grande) == (0.25, 1.0)
    assert (sent.caracteres, drafted.caracteres) == (4.0, 8.0)
    assert (sent.chamadas, drafted.chamadas) == (2.0, 1.0)
    assert (sent.custo_usd, drafted.custo_usd) == pytest.approx((0.01, 0.03))
    assert (sent.llm_ms, drafted.llm_ms) == (1500, 2000)
    assert sent.llm_ms_p95 == pytest.approx(2700)
    assert found.falhas == {"invencao": 1}
    assert found.ferramentas == {"buscar_vagas": 2, "reservar_plantao (simulado)": 1}


def test_each_shadow_is_compared_by_itself() -> None:
    pairs = [pair(1), pair(1, sombra_prompt_id="sombra-2", sombra_falha="negacao"), pair(2)]

    first, second = compare(pairs, large_model=LARGE)

    assert (first.sombra, first.turnos, first.rascunho.falhas) == ("sombra-1", 2, 0.0)
    assert (second.sombra, second.turnos, second.rascunho.falhas) == ("sombra-2", 1, 1.0)


def test_nothing_to_compare_is_no_comparison() -> None:
    assert compare([], large_model=LARGE) == ()


def test_the_table_names_every_figure_in_portuguese() -> None:
    lines = list(table(compare([pair(sombra_falha="invencao")], large_model=LARGE)[0]))

    assert lines[0] == "Sombra sombra-1: 1 turnos comparados"
    rows = {line[:34].strip(): line[34:].split() for line in lines[2:-2]}
    assert rows["rascunhos com falha"] == ["0,0", "%", "100,0", "%"]
    assert rows["custo por turno (US$)"] == ["0,0100", "0,0300"]
    assert rows["tempo do modelo, p95 (s)"] == ["1,0", "2,0"]
    assert lines[-2:] == ["  Falhas da sombra: invencao 1", "  Ferramentas da sombra: nenhuma"]


def test_two_texts_stand_side_by_side_whatever_their_lengths() -> None:
    sent = "Tem um plantão na Santa Casa de Campinas, sábado, 28/11, das 19h às 7h."
    both = pair(enviado=sent, sombra_texto="", sombra_falha="indisponivel")

    lines = list(side_by_side(both))

    assert lines[0] == "22/11 12:30  turno turno-1"
    assert lines[2] == "  sombra · sombra-1 · falha indisponivel"
    left, right = zip(*(line.partition("|")[::2] for line in lines[3:]), strict=True)
    assert " ".join(part.strip() for part in left) == sent
    assert "".join(right).strip() == "(sem texto)"
