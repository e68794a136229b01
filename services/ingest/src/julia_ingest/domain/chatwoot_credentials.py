"""Who may post Chatwoot's webhooks: the holder of the webhook's secret."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from julia_common.chatwoot.signature import is_signed
from julia_common.secrets.rotating import accepted_values
from julia_ingest.domain.credentials import Verdict


@dataclass(frozen=True, slots=True)
class ChatwootCredentials:
    """What a delivery presents: its signature, or, of old versions, a token in the URL."""

    timestamp: str | None
    signature: str | None
    token: str | None

    @property
    def is_empty(self) -> bool:
        """Whether it presents nothing, so that its body need not be read."""
        return self.token is None and (self.timestamp is None or self.signature is None)


@dataclass(frozen=True, slots=True)
class ChatwootAuthenticator:
    """Checks deliveries against the secrets that are valid now, in constant time.

    A secret that was replaced a while ago is still valid (`julia_common.secrets`).
    """

    secret: SecretStr

    @property
    def is_ready(self) -> bool:
        """Whether there is a secret at all."""
        return bool(accepted_values(self.secret))

    def judge(self, presented: ChatwootCredentials, body: bytes, *, now: datetime) -> Verdict:
        """Say whether the signature, or where there is none the token, is good."""
        secrets = accepted_values(self.secret)
        if presented.signature is not None and presented.timestamp is not None:
            good = is_signed(
                body,
                presented.timestamp,
                presented.signature,
                secrets=secrets,
                now=now.timestamp(),
            )
            return Verdict.TRUSTED if good else Verdict.WRONG_TOKEN
        if presented.token is None:
            return Verdict.MISSING
        digest = _digest(presented.token)
        matches = [hmac.compare_digest(digest, _digest(secret)) for secret in secrets]
        return Verdict.TRUSTED if any(matches) else Verdict.WRONG_SECRET


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
