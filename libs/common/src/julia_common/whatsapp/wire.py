"""The primitive values of Evolution's JSON, which are protobuf objects spread into JSON.

Long integers come as numbers, as digits in a string or as `{low, high, unsigned}`; bytes come as
`{"0": 12, …}` or as base64. Strings may hold what PostgreSQL cannot store.
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

type JsonObject = Mapping[str, object]

_NOTHING: JsonObject = {}
_DIGITS_OF_64_BITS = 20
_SHA256_BYTES = 32
_BYTE = range(256)
_MILLISECONDS_FROM = 10**11
"""Seconds reach this value in the year 5138, milliseconds reached it in 1973."""
_OLDEST = datetime(2009, 1, 1, tzinfo=UTC)
"""WhatsApp did not exist before: an older timestamp is not one."""
_FURTHEST_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """JSON that can be stored, and how many strings had to be repaired for it."""

    value: object
    repairs: int


def cleaned(value: object) -> Cleaned:
    """Return the JSON value without NULs and lone surrogates, which no database column takes.

    NULs are dropped and lone surrogates become U+FFFD. Two object keys that become equal leave
    the later one. Recursive: the caller bounds the depth first.
    """
    match value:
        case str():
            repaired = _storable(value)
            return Cleaned(repaired, int(repaired != value))
        case list():
            items = [cleaned(item) for item in value]
            return Cleaned([item.value for item in items], sum(item.repairs for item in items))
        case dict():
            pairs = [(cleaned(name), cleaned(item)) for name, item in value.items()]
            return Cleaned(
                {name.value: item.value for name, item in pairs},
                sum(name.repairs + item.repairs for name, item in pairs),
            )
        case _:
            return Cleaned(value, 0)


def _storable(text: str) -> str:
    without_nul = text.replace("\x00", "")
    if without_nul.isascii():
        return without_nul
    # A surrogate cannot be encoded; "surrogatepass" writes it as bytes that decode to U+FFFD.
    try:
        without_nul.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in without_nul)
    return without_nul


def as_object(value: object) -> JsonObject:
    """Return the JSON object, or an empty one where there is none."""
    return value if isinstance(value, dict) else _NOTHING


def as_text(value: object) -> str | None:
    """Return the string if it is one and not empty."""
    return value if isinstance(value, str) and value else None


def as_integer(value: object) -> int | None:
    """Return the integer in any of its forms on the wire."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if math.isfinite(value):
            return int(value)
        case str() if value.isascii() and value.isdigit() and len(value) <= _DIGITS_OF_64_BITS:
            return int(value)
        case {"low": int(low), "high": int(high)}:
            return (high << 32) + (low & 0xFFFF_FFFF)
        case _:
            return None


def as_sha256(value: object) -> str | None:
    """Return a SHA-256 as lower-case hex, from either form in which bytes come."""
    match value:
        case dict() if len(value) == _SHA256_BYTES:
            numbers = [as_integer(value.get(str(place))) for place in range(_SHA256_BYTES)]
            found = [number for number in numbers if number is not None and number in _BYTE]
            return bytes(found).hex() if len(found) == _SHA256_BYTES else None
        case str():
            try:
                decoded = base64.b64decode(value, validate=True)
            except ValueError:
                return None
            return decoded.hex() if len(decoded) == _SHA256_BYTES else None
        case _:
            return None


def as_instant(value: object, *, otherwise: datetime) -> datetime:
    """Return the Unix time (seconds or milliseconds) as UTC; `otherwise` where it is no real one.

    A time before WhatsApp existed or more than a day after `otherwise` is a broken clock.
    """
    number = as_integer(value)
    if number is None or not 0 < number < _MILLISECONDS_FROM * 1000:
        return otherwise
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if _OLDEST <= moment <= otherwise + _FURTHEST_AHEAD else otherwise
