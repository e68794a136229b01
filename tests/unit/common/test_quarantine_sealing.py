"""What is kept of a body that cannot be read: everything but the key, and nothing readable."""

import json

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from julia_common.errors import Permanent
from julia_common.messaging.quarantine import MAX_BYTES, seal, unseal, without_apikey

KEY = SecretStr(Fernet.generate_key().decode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "messages.upsert", "apikey": "k-123"}',
        b'{"apikey":"k-123","data":{"text":"oi"}}',
        b'{"apikey" : "k-123", "data": {broken',
        b'{"event": "messages.upsert", "apikey": "k-123',
        b'{"event": "messages.upsert", "apikey": "k-123\\',
        b'[{"apikey": "k-123"}]',
        b'{"apikey": ["k-123"], "apikey": "k-123"}',
        b'\xff\xfe{"apikey": "k-123"}',
        b"[" * 6000 + b'{"apikey": "k-123"}',
    ],
)
def test_the_api_key_is_not_kept(body: bytes) -> None:
    assert b"k-123" not in unseal(seal(body, KEY), KEY)


def test_the_rest_of_the_body_stays_as_it_was() -> None:
    body = {"event": "messages.upsert", "data": {"apikey": "of the doctor", "x": "á\ud800"}}
    raw = json.dumps(body | {"apikey": "k-123"}).encode()

    assert json.loads(without_apikey(raw)) == body
    assert without_apikey(b"\x00 not json") == b"\x00 not json"


def test_a_sealed_body_shows_nothing() -> None:
    assert b"Joana" not in seal(b'{"pushName": "Joana"}', KEY)


def test_a_huge_body_is_cut() -> None:
    assert len(unseal(seal(b"x" * (MAX_BYTES + 1), KEY), KEY)) == MAX_BYTES


def test_another_key_is_named_as_the_cause() -> None:
    other = SecretStr(Fernet.generate_key().decode())

    with pytest.raises(Permanent, match="QUARANTINE_KEY"):
        unseal(seal(b"x", KEY), other)
