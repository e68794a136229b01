"""Secrets that a local instance makes for itself and keeps."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Self

import jwt
from cryptography.fernet import Fernet


@dataclass(frozen=True)
class Secrets:
    """Made up once per instance; none of them is worth anything elsewhere."""

    jwt_secret: str
    service_key: str
    webhook_secret: str
    evolution_api_key: str
    anthropic_api_key: str
    transcription_api_key: str
    slack_signing_secret: str
    quarantine_key: str
    documents_key: str
    rabbitmq_password: str
    postgres_password: str
    authenticator_password: str

    @classmethod
    def generate(cls) -> Self:
        """Make new ones."""
        jwt_secret = secrets.token_urlsafe(48)
        return cls(
            jwt_secret=jwt_secret,
            service_key=_service_key(jwt_secret),
            webhook_secret=secrets.token_urlsafe(32),
            evolution_api_key=secrets.token_urlsafe(24),
            anthropic_api_key=f"sk-ant-local-{secrets.token_urlsafe(24)}",
            transcription_api_key=secrets.token_urlsafe(24),
            slack_signing_secret=secrets.token_hex(16),
            quarantine_key=Fernet.generate_key().decode(),
            documents_key=Fernet.generate_key().decode(),
            rabbitmq_password=secrets.token_urlsafe(24),
            postgres_password=secrets.token_urlsafe(24),
            authenticator_password=secrets.token_urlsafe(24),
        )

    def another_service_key(self) -> str:
        """Return a new key that the database's endpoint takes as it takes the first."""
        return _service_key(self.jwt_secret, jti=secrets.token_hex(8))

    def of_postgres(self) -> dict[str, str]:
        """Return the passwords of the database roles that log in."""
        return {"postgres": self.postgres_password, "authenticator": self.authenticator_password}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read those kept in `path`; make and keep what is missing.

        What was kept stays: PostgreSQL and RabbitMQ have their passwords from their first start.
        """
        names = {field.name for field in fields(cls)}
        kept = json.loads(path.read_text()) if path.exists() else {}
        if kept.keys() == names:
            return cls(**kept)
        known = {name: value for name, value in kept.items() if name in names}
        made = replace(cls.generate(), **known)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(made), indent=2) + os.linesep)
        return made


def _service_key(jwt_secret: str, **claims: str) -> str:
    named = {"iss": "julia-local", "role": "service_role", **claims}
    return jwt.encode(named, jwt_secret, algorithm="HS256")
