"""The services' one way to the database."""

from typing import Final, Self

import httpx
from pydantic import SecretStr
from supabase import AsyncClient, AsyncClientOptions

from julia_common.database.activity import Measures
from julia_common.database.booking import Booking
from julia_common.database.campaigns import Campaigns
from julia_common.database.canary import Canary
from julia_common.database.commands import Commands
from julia_common.database.health import Health
from julia_common.database.jobs import Jobs
from julia_common.database.knowledge import Knowledge
from julia_common.database.managers import Managers
from julia_common.database.numbers import Numbers
from julia_common.database.people import People
from julia_common.database.receiving import Receiving
from julia_common.database.rpc import CALL_TIMEOUT_S, MAX_CALLS, RETRIES, Rpc, remember_status
from julia_common.database.sending import Sending
from julia_common.database.status import Stopping
from julia_common.database.turns import Turns
from julia_common.database.upkeep import Upkeep
from julia_common.errors import Permanent
from julia_common.resilience.breaker import CircuitBreaker

CONTRACT_VERSION: Final = 1
"""The version of `docs/reference/rpc.md` that this module speaks."""


class Database(
    Receiving,
    Turns,
    Booking,
    Knowledge,
    Sending,
    Jobs,
    Campaigns,
    Managers,
    Health,
    Measures,
    Numbers,
    Canary,
    Stopping,
    Upkeep,
    Commands,
    People,
):
    """Every function of `docs/reference/rpc.md` as a method; one instance per process.

    All methods raise `Retryable` when the database did not answer after all retries (the call may
    have been applied; repeating it is harmless) and `Permanent` when repeating cannot help.
    """

    def __init__(self, rpc: Rpc, http: httpx.AsyncClient) -> None:
        """Use `create`."""
        self._rpc = rpc
        self._http = http

    @classmethod
    async def create(
        cls,
        url: str,
        service_key: SecretStr | str,
        *,
        retries: int = RETRIES,
        circuit: CircuitBreaker | None = None,
    ) -> Self:
        """Build the client for SUPABASE_URL and SUPABASE_SERVICE_KEY; connects on first use.

        Each call is made with the key's value at that time; a plain string never changes.
        With a `circuit`, calls raise `CircuitOpen` (a `Retryable`) while it is open.
        """
        http = httpx.AsyncClient(
            http2=False,
            timeout=CALL_TIMEOUT_S,
            event_hooks={"response": [remember_status]},
            # `Rpc` limits the calls, and says why httpx must not.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=MAX_CALLS),
        )
        options = AsyncClientOptions(
            schema="api",
            httpx_client=http,
            postgrest_client_retry=False,
            auto_refresh_token=False,
            persist_session=False,
        )
        key = SecretStr(service_key) if isinstance(service_key, str) else service_key
        client = await AsyncClient.create(url, key.get_secret_value(), options)
        return cls(Rpc(client, key, retries=retries, circuit=circuit), http)

    async def check_contract(self) -> None:
        """Readiness: raise `Permanent` when the database speaks another version than this code."""
        version = await self.contract_version()
        if version != CONTRACT_VERSION:
            message = (
                f"the database implements version {version} of its contract, this process speaks "
                f"{CONTRACT_VERSION}: apply supabase/migrations, or roll out the matching version"
            )
            raise Permanent(message)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()
