import pytest

from julia_brain.domain.unreadable import ANSWERS, Unreadable, unreadable_of


def test_one_message_over_ten_thousand_characters_asks_for_a_summary() -> None:
    assert unreadable_of(["oi", "a" * 10_001]) is Unreadable.TOO_LONG
    assert unreadable_of(["oi", "a" * 10_000]) is None


@pytest.mark.parametrize("text", ["😀", "😂😂 🏥", "🏃🏽‍♂️"])
def test_nothing_but_emoji_asks_for_words(text: str) -> None:
    assert unreadable_of([text]) is Unreadable.EMOJI_ONLY


@pytest.mark.parametrize(
    "texts", [["👍"], ["👎"], ["🙏🙏"], ["❤️"], ["😀", "pode ser"], ["ok 😀"], [""], [], ["..."]]
)
def test_emoji_that_answer_and_emoji_beside_words_are_read(texts: list[str]) -> None:
    assert unreadable_of(texts) is None


def test_every_reason_has_an_answer() -> None:
    assert set(ANSWERS) == set(Unreadable)
