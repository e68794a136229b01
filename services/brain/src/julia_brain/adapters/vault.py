"""Encryption of personal documents: their bytes leave memory only encrypted."""

import asyncio

from cryptography.fernet import Fernet
from pydantic import SecretStr


class DocumentVault:
    """Seals with `DOCUMENTS_KEY`; whoever has the key opens with Fernet."""

    def __init__(self, key: SecretStr) -> None:
        """Use a Fernet key."""
        self._fernet = Fernet(key.get_secret_value())

    async def seal(self, data: bytes) -> str:
        """The bytes as a Fernet token."""
        # Ten megabytes take long enough to keep everybody else waiting.
        return (await asyncio.to_thread(self._fernet.encrypt, data)).decode()
