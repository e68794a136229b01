from hypothesis import given, settings
from hypothesis import strategies as st

from julia_brain.domain.handoff import trigger_of


def test_the_second_correction_brings_a_person() -> None:
    found = trigger_of(["não foi isso"], ["quero sábado", "não é isso que eu pedi", "ok"])

    assert found is not None
    assert found.trigger_type == "baixa_confianca"


def test_two_corrections_in_one_burst_bring_a_person() -> None:
    assert trigger_of(["você errou", "já falei que é domingo"], []) is not None


def test_corrections_of_long_ago_do_not_count() -> None:
    earlier = ["não foi isso", *["ok"] * 10]

    assert trigger_of(["não foi isso"], earlier) is None


def test_earlier_corrections_alone_bring_nobody() -> None:
    assert trigger_of(["ok, obrigada"], ["não foi isso", "você errou"]) is None


def test_words_of_the_law_weigh_more_than_the_wish_for_a_person() -> None:
    found = trigger_of(["quero falar com uma pessoa", "vou acionar o Procon"], [])

    assert found is not None
    assert found.trigger_type == "juridico"


def test_strong_words_are_counted_over_the_messages_of_a_burst() -> None:
    assert trigger_of(["que absurdo"], []) is None
    assert trigger_of(["que absurdo", "uma vergonha"], []) is not None


@given(st.lists(st.text(max_size=80), max_size=3), st.lists(st.text(max_size=80), max_size=3))
@settings(deadline=None, max_examples=60)
def test_no_text_makes_the_rules_fail(pending: list[str], earlier: list[str]) -> None:
    trigger_of(pending, earlier)
