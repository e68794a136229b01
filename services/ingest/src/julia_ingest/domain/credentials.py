"""Who may post webhooks: the holder of a static secret, or Evolution's own signed token."""

import hashlib
import hmac
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import jwt

GRACE = timedelta(minutes=30)
"""Evolution signs a token once for ten minutes and reuses it for retries up to twenty minutes
later; refused with 401, those would be lost for good."""

_APP = "evolution"
_BEARER = "bearer "


class Verdict(StrEnum):
    """What the credentials of a request are worth; the refusals are a metric label."""

    TRUSTED = "trusted"
    MISSING = "missing"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a verdict
    WRONG_TOKEN = "wrong_token"  # noqa: S105 - a verdict


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request presents: its `x-webhook-secret` and `Authorization` headers."""

    secret: str | None
    authorization: str | None


class Authenticator:
    """Checks requests against the secrets that are valid now, in constant time."""

    def __init__(self, secrets: Iterable[str], *, jwt_key: str | None) -> None:
        """Take the valid secrets (while rotating: two) and the key of Evolution's tokens."""
        self._digests = [_digest(secret) for secret in secrets]
        self._jwt_key = jwt_key

    def judge(self, presented: Credentials, *, now: datetime) -> Verdict:
        """Say whether one of the presented credentials is good."""
        if presented.secret is not None:
            if self._is_valid_secret(presented.secret):
                return Verdict.TRUSTED
            refusal = Verdict.WRONG_SECRET
        else:
            refusal = Verdict.MISSING
        if self._jwt_key is None or presented.authorization is None:
            return refusal
        if _is_valid_token(presented.authorization, self._jwt_key, now=now):
            return Verdict.TRUSTED
        return Verdict.WRONG_TOKEN if refusal is Verdict.MISSING else refusal

    def _is_valid_secret(self, presented: str) -> bool:
        digest = _digest(presented)
        # Every secret is compared, so that the time taken does not tell which one was close.
        matches = [hmac.compare_digest(digest, valid) for valid in self._digests]
        return any(matches)


def _digest(secret: str) -> bytes:
    # Digests have one length: comparing the secrets themselves would tell theirs.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _is_valid_token(authorization: str, key: str, *, now: datetime) -> bool:
    if not authorization.lower().startswith(_BEARER):
        return False
    try:
        claims = jwt.decode(
            authorization[len(_BEARER) :].strip(),
            key,
            algorithms=["HS256"],
            options={
                "require": ["exp"],
                "verify_exp": False,  # checked below, by our clock and with our grace
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.PyJWTError:
        return False
    expires = claims["exp"]
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        return False
    in_time = math.isfinite(expires) and now.timestamp() <= expires + GRACE.total_seconds()
    return in_time and claims.get("app") == _APP
