from hypothesis import given, settings
from hypothesis import strategies as st

from julia_brain.domain.bot_suspicion import Suspicion, suspicion_of


def test_a_suspicion_names_its_pattern_and_only_the_words_that_matched() -> None:
    found = suspicion_of("Ana aqui, CRM 123. Vc é um ROBÔÔÔ?")

    assert found == Suspicion("robo", "robo")


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=60)
def test_no_text_makes_the_rule_fail(text: str) -> None:
    suspicion_of(text)
