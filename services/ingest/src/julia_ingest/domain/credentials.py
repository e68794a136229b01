"""Who may post webhooks: the holder of a static secret, or Evolution's own signed token."""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import jwt
from pydantic import SecretStr

from julia_common.secrets.rotating import accepted_values

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
    """Checks requests against the secrets that are valid now, in constant time.

    A secret that was replaced a while ago is still valid (`julia_common.secrets`).
    """

    def __init__(self, secrets: Sequence[SecretStr], *, jwt_key: SecretStr) -> None:
        """Take the secrets (while rotating: two) and the key of Evolution's tokens.

        Those that are empty are none.
        """
        self._secrets = secrets
        self._jwt_key = jwt_key

    def judge(self, presented: Credentials, *, now: datetime) -> Verdict:
        """Say whether one of the presented credentials is good."""
        if presented.secret is not None:
            if self._is_valid_secret(presented.secret):
                return Verdict.TRUSTED
            refusal = Verdict.WRONG_SECRET
        else:
            refusal = Verdict.MISSING
        jwt_keys = accepted_values(self._jwt_key)
        token = presented.authorization
        if not jwt_keys or token is None:
            return refusal
        if any(_is_valid_token(token, key, now=now) for key in jwt_keys):
            return Verdict.TRUSTED
        return Verdict.WRONG_TOKEN if refusal is Verdict.MISSING else refusal

    def _is_valid_secret(self, presented: str) -> bool:
        digest = _digest(presented)
        # Every secret is compared, so that the time taken does not tell which one was close.
        valid = [value for secret in self._secrets for value in accepted_values(secret)]
        matches = [hmac.compare_digest(digest, _digest(value)) for value in valid]
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
