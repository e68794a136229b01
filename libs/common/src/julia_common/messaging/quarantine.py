"""Bodies that an authenticated sender gave us and that we could not read: kept, sealed, replayed.

`python -m julia_common.messaging.quarantine list` counts them by reason;
`… replay --to URL` delivers them again to the webhook, as after a fix.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from julia_common.errors import Permanent
from julia_common.messaging import topology
from julia_common.messaging.publisher import Publisher

MAX_BYTES = 1_048_576
REASON_HEADER = "julia-reason"
PATH_HEADER = "julia-path"

_APIKEY = re.compile(rb'"apikey"\s*:\s*"(?:[^"\\]|\\.)*"')


class Quarantine:
    """Seals and publishes what cannot be read."""

    def __init__(self, publisher: Publisher, key: SecretStr) -> None:
        self._publisher = publisher
        self._key = key

    async def put(self, body: bytes, *, reason: str, path: str) -> None:
        """Keep `body` for a person to look at; returns when the broker has it.

        `reason` is one of a few fixed words of the caller; `path` is the URL path it came to.
        Raises `Retryable` as `Publisher.publish` does.
        """
        await self._publisher.publish_raw(
            topology.QUARANTINE_KEY,
            seal(body, self._key),
            event_id=hashlib.sha256(body).hexdigest(),
            headers={REASON_HEADER: reason, PATH_HEADER: path},
        )


def seal(body: bytes, key: SecretStr) -> bytes:
    """Encrypt a body without its API key, cut to `MAX_BYTES`."""
    return Fernet(key.get_secret_value()).encrypt(without_apikey(body)[:MAX_BYTES])


def unseal(sealed: bytes, key: SecretStr) -> bytes:
    """Decrypt; raises `Permanent` when the key is not the one that sealed it."""
    try:
        return Fernet(key.get_secret_value()).decrypt(sealed)
    except InvalidToken:
        message = "a quarantined body was sealed with another key: set the old QUARANTINE_KEY"
        raise Permanent(message) from None


def without_apikey(body: bytes) -> bytes:
    """The body without the top-level `apikey` that Evolution puts into its webhooks.

    A body that is no JSON object is searched for it as text instead.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, Mapping) and _APIKEY.search(body):
        kept = {name: value for name, value in document.items() if name != "apikey"}
        return json.dumps(kept, ensure_ascii=True).encode()
    return _APIKEY.sub(b'"apikey":""', body)
