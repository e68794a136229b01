"""Keeps Redis' picture of the ceilings true, and obeys a person who deletes a counter.

PostgreSQL alone decides whether a part may go; Redis shows the sums. The one thing that flows the
other way is the runbook's `DEL rate:global:hour`: it means "count from now on", and becomes an
audited reset. An empty or restarted Redis means nothing and is filled again.
"""

from collections.abc import Sequence
from typing import Final, Literal, Protocol
from uuid import NAMESPACE_URL, uuid4, uuid5

from julia_dispatcher.mirror_store import Count, Deleted, Window, Written
from julia_dispatcher.ports import Ceilings

_OPERATIONS: Final = uuid5(NAMESPACE_URL, "julia:reset_ceiling")
_JANELA: Final[dict[Window, Literal["hora", "dia"]]] = {Window.HOUR: "hora", Window.DAY: "dia"}


class Store(Protocol):
    """Where the sums are shown; see `RedisMirror`."""

    async def write(
        self,
        total: Count,
        instances: Sequence[tuple[str, Count]],
        *,
        generation: str,
        reset: Deleted | None = None,
    ) -> Written | Deleted:
        """Write all counters, or tell which ones were deleted."""
        ...


async def refresh(ceilings: Ceilings, store: Store, *, post_timeout_s: float) -> tuple[Window, ...]:
    """Write the sums once, after resetting the ceilings whose counters were deleted: answers these.

    Two replicas that see the same deletion reset once: the operation's id is derived from the
    generation that was deleted.
    """
    answer = await _write(ceilings, store, post_timeout_s)
    if isinstance(answer, Written):
        return ()
    for window in answer.windows:
        await ceilings.reset_ceiling(
            window=_JANELA[window],
            op_id=str(uuid5(_OPERATIONS, f"{answer.generation}:{window}")),
            por="redis",
        )
    await _write(ceilings, store, post_timeout_s, reset=answer)
    return answer.windows


async def _write(
    ceilings: Ceilings, store: Store, post_timeout_s: float, *, reset: Deleted | None = None
) -> Written | Deleted:
    use = await ceilings.rate_usage(post_timeout_s=post_timeout_s)
    numbers = use.instances
    return await store.write(
        Count(
            use.hora,
            use.dia,
            min((n.hora_livre_s for n in numbers if n.hora_livre_s is not None), default=None),
            min((n.dia_livre_s for n in numbers if n.dia_livre_s is not None), default=None),
        ),
        [(n.instance, Count(n.hora, n.dia, n.hora_livre_s, n.dia_livre_s)) for n in numbers],
        generation=uuid4().hex,
        reset=reset,
    )
