import pytest
from hypothesis import given
from hypothesis import strategies as st

from julia_brain.domain.checks.flaws import INSTRUCTIONS, Flaw
from julia_brain.domain.checks.style import MAX_CHARACTERS
from julia_brain.domain.reply import MAX_PARTS, PART_CHARACTERS, flaw_of, split, tidy


@pytest.mark.parametrize("text", ["Oi! Vou ver com a equipe. Qual cidade fica melhor?", "👍"])
def test_a_finished_answer_is_a_draft(text: str) -> None:
    assert flaw_of(text, "end_turn") is None


def test_a_draft_of_the_greatest_length_makes_no_part_too_long() -> None:
    assert MAX_CHARACTERS == MAX_PARTS * PART_CHARACTERS


@pytest.mark.parametrize(
    ("text", "stop_reason", "flaw"),
    [
        ("", "end_turn", Flaw.EMPTY),
        (" \n. ", "end_turn", Flaw.EMPTY),
        ("Vou ver com a eq", "max_tokens", Flaw.TRUNCATED),
        ("Vou ver com a eq", "model_context_window_exceeded", Flaw.TRUNCATED),
        ("", "refusal", Flaw.REFUSED),
        ("oi", "tool_use", Flaw.UNEXPECTED_STOP),
        ("oi", "pause_turn", Flaw.UNEXPECTED_STOP),
        ("oi", None, Flaw.UNEXPECTED_STOP),
    ],
)
def test_a_flawed_draft_is_named(text: str, stop_reason: str | None, flaw: Flaw) -> None:
    assert flaw_of(text, stop_reason) is flaw


def test_characters_that_nobody_can_read_are_left_out() -> None:
    assert tidy(" Oi\x00!\r\nVou\ud800 ver\x1b. ") == "Oi!\nVou ver."


def test_every_flaw_has_an_instruction_for_the_second_try() -> None:
    assert set(INSTRUCTIONS) == set(Flaw)


def test_a_short_answer_is_one_part() -> None:
    assert split("  Oi! Vou ver. Qual cidade?\n") == ("Oi! Vou ver. Qual cidade?",)


def test_a_long_answer_breaks_at_sentence_ends() -> None:
    sentence = "Esse plantão precisa ser confirmado com a equipe antes de qualquer coisa, tá bom? "

    parts = split(sentence * 10)

    assert len(parts) > 1
    assert all(len(part) <= PART_CHARACTERS + 100 for part in parts)
    assert all(part.endswith("bom?") for part in parts)


def test_no_part_is_a_scrap_at_the_end() -> None:
    assert len(split("Frase com um tamanho bem razoável para um teste. " * 12 + "Tá?")[-1]) > 40


@given(st.text(alphabet="abc .!?\nç", min_size=1, max_size=MAX_CHARACTERS).filter(str.strip))
def test_splitting_loses_nothing_and_never_makes_too_many_or_empty_parts(text: str) -> None:
    parts = split(text)

    assert 1 <= len(parts) <= MAX_PARTS
    assert all(part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
