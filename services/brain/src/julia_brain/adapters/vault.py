"""Encryption of personal documents: their bytes leave memory only encrypted."""

import asyncio

from pydantic import SecretStr

from julia_common.secrets.sealing import fernet


class DocumentVault:
    """Seals with the first of `DOCUMENTS_KEY`; whoever has that key opens with Fernet."""

    def __init__(self, keys: SecretStr) -> None:
        """Use the first key of those that are there at the time."""
        self._keys = keys

    async def seal(self, data: bytes) -> str:
        """The bytes as a Fernet token."""
        # Ten megabytes take long enough to keep everybody else waiting.
        return (await asyncio.to_thread(fernet(self._keys).encrypt, data)).decode()
