"""Bodies that may be anything."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from julia_common.whatsapp import UnreadableError, UnreadableReason
from julia_ingest.domain.decoding import MAX_DEPTH, decode


def refusal(body: bytes) -> UnreadableReason:
    with pytest.raises(UnreadableError) as caught:
        decode(body)
    return caught.value.reason


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"oi", b'{"a": NaN}', b'{"a": -Infinity}', b"\xff\xfe{}", b'{"a": "\x80"}', b"{}x"],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    assert refusal(body) is UnreadableReason.JSON


def test_number_with_thousands_of_digits_is_unreadable() -> None:
    assert refusal(b'{"a": ' + b"9" * 5000 + b"}") is UnreadableReason.JSON


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_five_thousand_levels_are_refused_before_the_parser_sees_them(
    opening: bytes, closing: bytes
) -> None:
    assert refusal(opening * 5000 + b"1" + closing * 5000) is UnreadableReason.DEPTH
    assert refusal(opening * 5_000_000) is UnreadableReason.DEPTH


def test_deepest_body_that_is_allowed_is_read() -> None:
    body = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(decode(body)).encode() == body
    assert refusal(b"[" + body + b"]") is UnreadableReason.DEPTH


def test_wide_body_is_not_mistaken_for_a_deep_one() -> None:
    assert decode(json.dumps([{"a": []}] * 1000).encode()) == [{"a": []}] * 1000


def test_brackets_inside_strings_are_text() -> None:
    text = '[{"\\' * 1000
    assert decode(json.dumps({"a": text}).encode()) == {"a": text}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(json_values)
def test_every_json_value_is_read_as_it_is(value: object) -> None:
    assert decode(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = decode(body)
    except UnreadableError:
        return
    assert json.loads(body) == value
