"""What a doctor calls herself must not ring everybody in the channel."""

from julia_common.slack import bold, code, escape
from julia_common.slack.mrkdwn import clip


def test_a_mention_in_a_name_is_shown_and_not_made() -> None:
    assert escape("Ana <!channel> & Bia") == "Ana &lt;!channel&gt; &amp; Bia"


def test_bold_text_cannot_end_its_own_bold_or_its_line() -> None:
    assert bold("Ana *\nBia") == "*Ana Bia*"


def test_code_cannot_end_its_own_fence() -> None:
    assert code("select 1 ``` <x>") == "```select 1  &lt;x&gt;```"


def test_a_cut_text_ends_in_an_ellipsis_and_in_no_half_entity() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "ab…"
    assert clip("ab&amp;cd", 6) == "ab…"
    assert clip("a" * 10 + "&amp;&amp;", 14) == "a" * 10 + "…"
