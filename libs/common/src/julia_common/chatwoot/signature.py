"""Who signed a webhook: `X-Chatwoot-Signature` over `X-Chatwoot-Timestamp` and the raw body."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

SIGNATURE_WINDOW_SECONDS: Final = 300.0
"""A delivery signed longer ago, or in the future by as much, may be a replay."""

_PREFIX: Final = "sha256="


def is_signed(
    body: bytes, timestamp: str, signature: str, *, secrets: Iterable[str], now: float
) -> bool:
    """Whether one of the secrets signed this body at this time (Unix seconds), and lately."""
    try:
        age = abs(now - int(timestamp))
    except ValueError:
        return False
    if age > SIGNATURE_WINDOW_SECONDS:
        return False
    presented = signature.encode("utf-8", "surrogatepass")
    # Every secret is compared, so that the time taken does not tell which one was close.
    matches = [
        hmac.compare_digest(presented, sign(body, timestamp, secret).encode()) for secret in secrets
    ]
    return any(matches)


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """The header's value for this body at this time."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return _PREFIX + digest.hexdigest()
