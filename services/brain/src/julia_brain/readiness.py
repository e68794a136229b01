"""Whether the database is the one that this code was written for."""

from collections.abc import Awaitable, Callable

from julia_common.database import CONTRACT_VERSION
from julia_common.errors import Permanent


class ContractCheck:
    """Passes for good once the right version was seen: a later outage is not unreadiness.

    An outage is ridden out with deliveries unacknowledged; taking all replicas out of service for
    it would help nobody.
    """

    def __init__(self, contract_version: Callable[[], Awaitable[int]]) -> None:
        """Ask `contract_version` until it was right once."""
        self._contract_version = contract_version
        self._seen = False

    async def __call__(self) -> None:
        """Raise until the database has answered with our version."""
        if self._seen:
            return
        version = await self._contract_version()
        if version != CONTRACT_VERSION:
            message = (
                f"the database speaks contract {version}, this code {CONTRACT_VERSION}: "
                "apply the migrations that belong to this release"
            )
            raise Permanent(message)
        self._seen = True
