"""Who is calling: the JWT's signature, times and role."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jwt

from julia_simulators.supabase.errors import refuse_claims, refuse_token

_ALLOWED_SKEW_S: Final = 30
_JWT_PARTS: Final = 3
_SIGNATURES: Final = jwt.PyJWS()


@dataclass(frozen=True)
class Caller:
    """The role that the transaction takes on, and the claims that functions may read."""

    role: str
    claims: Mapping[str, object]
    authenticated: bool


def identify(token: str | None, *, secret: str, anon_role: str, now: float) -> Caller:
    """Check `token` at `now` (Unix seconds); nobody's token means the anonymous role.

    Raises `ApiError` (401) for a token that is malformed, forged, expired or not yet valid.
    """
    claims = {} if token is None else _claims(token, secret)
    _check_times(claims, now)
    role = str(claims.get("role", anon_role))
    return Caller(role, {**claims, "role": role}, authenticated=role != anon_role)


def _claims(token: str, secret: str) -> dict[str, object]:
    if not token:
        refuse_token("Empty JWT is sent in Authorization header")
    parts = token.count(".") + 1
    if parts != _JWT_PARTS:
        refuse_token(f"Expected 3 parts in JWT; got {parts}")
    try:
        payload = _SIGNATURES.decode(token, secret, algorithms=["HS256"])
    except jwt.InvalidSignatureError:
        details = "None of the keys was able to decode the JWT"
        refuse_token("No suitable key or wrong key type", details)
    except jwt.InvalidAlgorithmError as error:
        message = "Wrong or unsupported encoding algorithm"
        refuse_token(message, str(error))
    except jwt.InvalidTokenError:
        refuse_token("JWT cryptographic operation failed")
    try:
        claims = json.loads(payload)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        refuse_claims("Parsing claims failed")
    return claims


def _check_times(claims: Mapping[str, object], now: float) -> None:
    expires, not_before, issued = (_number(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now - _ALLOWED_SKEW_S > expires:
        refuse_claims("JWT expired")
    if not_before is not None and now + _ALLOWED_SKEW_S < not_before:
        refuse_claims("JWT not yet valid")
    if issued is not None and now + _ALLOWED_SKEW_S < issued:
        refuse_claims("JWT issued at future")


def _number(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse_claims(f"The JWT '{name}' claim must be a number")
    return value
