"""Who may post webhooks."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from julia_ingest.domain.credentials import Authenticator, Credentials, Verdict

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
JWT_KEY = "a-key-that-evolution-and-ingest-share-and-nobody-else"
NONE = SecretStr("")
AUTHENTICATOR = Authenticator(
    [SecretStr("current-secret"), SecretStr("previous-secret")], jwt_key=SecretStr(JWT_KEY)
)
NO_HEADERS = Credentials(None, None)


def token(
    key: str = JWT_KEY,
    algorithm: str = "HS256",
    expires_in: timedelta | None = None,
    **claims: object,
) -> Credentials:
    """Sign as Evolution does: for ten minutes from when it was set up."""
    issued = NOW + (expires_in or timedelta(minutes=10)) - timedelta(minutes=10)
    body = {
        "iat": int(issued.timestamp()),
        "exp": int((issued + timedelta(minutes=10)).timestamp()),
        "app": "evolution",
        "action": "webhook",
    } | claims
    kept = {name: value for name, value in body.items() if value is not None}
    return Credentials(None, f"Bearer {jwt.encode(kept, key, algorithm)}")


@pytest.mark.parametrize("secret", ["current-secret", "previous-secret"])
def test_both_secrets_are_valid_while_they_are_rotated(secret: str) -> None:
    assert AUTHENTICATOR.judge(Credentials(secret, None), now=NOW) is Verdict.TRUSTED


@given(st.text())
def test_every_other_secret_is_refused(secret: str) -> None:
    verdict = AUTHENTICATOR.judge(Credentials(secret, None), now=NOW)
    assert verdict is Verdict.WRONG_SECRET


def test_no_credentials_are_refused() -> None:
    assert AUTHENTICATOR.judge(NO_HEADERS, now=NOW) is Verdict.MISSING


def test_token_of_evolution_is_accepted() -> None:
    assert AUTHENTICATOR.judge(token(), now=NOW) is Verdict.TRUSTED


def test_token_saves_a_request_whose_secret_is_outdated() -> None:
    presented = Credentials("outdated", token().authorization)
    assert AUTHENTICATOR.judge(presented, now=NOW) is Verdict.TRUSTED


def test_token_stays_good_for_thirty_minutes_after_it_expired() -> None:
    expired = token(expires_in=-timedelta(minutes=29))
    assert AUTHENTICATOR.judge(expired, now=NOW) is Verdict.TRUSTED
    expired = token(expires_in=-timedelta(minutes=31))
    assert AUTHENTICATOR.judge(expired, now=NOW) is Verdict.WRONG_TOKEN


def test_token_issued_by_a_clock_ahead_of_ours_is_accepted() -> None:
    assert AUTHENTICATOR.judge(token(expires_in=timedelta(hours=3)), now=NOW) is Verdict.TRUSTED


FORGED = {
    "another key": token("a-key-that-somebody-else-made-up-for-a-forged-token"),
    "another algorithm": token(algorithm="HS384"),
    "no signature": Credentials(
        None, "Bearer eyJhbGciOiJub25lIn0.eyJhcHAiOiJldm9sdXRpb24iLCJleHAiOjk5OTk5OTk5OTl9."
    ),
    "another app": token(app="chatwoot"),
    "no app": token(app=None),
    "no expiry": token(exp=None),
    "an expiry that is no time": token(exp=True),
    "garbage": Credentials(None, "Bearer x.y.z"),
    "another scheme": Credentials(None, "Basic abc"),
    "bytes beyond ASCII": Credentials(None, "Bearer é"),
}


@pytest.mark.parametrize("presented", FORGED.values(), ids=FORGED.keys())
def test_forged_token_is_refused(presented: Credentials) -> None:
    assert AUTHENTICATOR.judge(presented, now=NOW) is Verdict.WRONG_TOKEN


def test_token_is_refused_where_no_key_is_configured() -> None:
    without_key = Authenticator([SecretStr("current-secret")], jwt_key=NONE)
    assert without_key.judge(token(), now=NOW) is Verdict.MISSING
