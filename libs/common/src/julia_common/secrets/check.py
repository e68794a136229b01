"""Readiness: are the secrets the right ones?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from julia_common.errors import Permanent
from julia_common.secrets.rotating import RotatingSecret

ASK_SECONDS: Final = 1.5
"""Below the time that a readiness check has."""

type Ask = Callable[[], Awaitable[object]]

_log = logging.getLogger(__name__)


class SecretsCheck:
    """Fails while a secret of ours is refused, unless the value before still works; names it.

    The secrets are ours, so wrong ones make us unready; neighbours are not: one that is away or in
    trouble fails nothing here.
    """

    def __init__(self, settings: BaseSettings, *asks: tuple[SecretStr, Ask]) -> None:
        """Watch the secrets of `settings`.

        What a pair of `asks` calls is a harmless use of its secret. It is called until the secret
        is known to be accepted, so that a wrong one shows before somebody needs it.
        """
        self._secrets = [value for _, value in settings if isinstance(value, RotatingSecret)]
        self._asks = asks

    async def __call__(self) -> None:
        """Raise `Permanent` when a secret is refused."""
        await asyncio.gather(*(_asked(secret, ask) for secret, ask in self._asks))
        refused = [secret.setting for secret in self._secrets if secret.is_useless]
        if refused:
            message = f"{', '.join(refused)} refused: put the right value there"
            raise Permanent(message)


async def _asked(secret: SecretStr, ask: Ask) -> None:
    if isinstance(secret, RotatingSecret) and secret.is_accepted:
        return
    try:
        async with asyncio.timeout(ASK_SECONDS):
            await ask()
    except Exception as error:  # noqa: BLE001 - what it says of the secret is noted there
        _log.debug("a secret could not be tried: %s", type(error).__name__)
