"""Looks after each resource by a task of its own: as soon as it changes, and every two seconds."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from julia_common.errors import Permanent, Retryable
from julia_operator import metrics
from julia_operator.cluster import Cluster
from julia_operator.domain.resource import FINALIZER, goes, released
from julia_operator.reconciling import AGAIN_SECONDS, Absent, Outcome, Reconciling
from julia_operator.telling import Telling

log = structlog.get_logger(__name__)

_BACKLOG: Final = frozenset({"backlog"})
_BACKLOG_EVERY_SECONDS: Final = 10.0
"""How often a status is written of which only the number of waiting messages has changed."""

_BEHIND_SECONDS: Final = 0.5

_ASSURED_EVERY_SECONDS: Final = 60.0
"""How often the API server is asked whether the resource is there: a watch may lose its end."""

_PATIENCE_SECONDS: Final = 1.0
"""How long a stop waits for the API server to answer that; then it is recorded all the same."""


@dataclass
class _Tended:
    """A resource as it was seen last."""

    body: Mapping[str, Any]
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    behind: bool = False
    """Somebody has changed it, and the watch has not said so yet."""
    written: float = float("-inf")
    assured: float = float("-inf")
    said_away: bool = False
    """The status said, by us, that the database could not be asked."""
    task: asyncio.Task[None] | None = None


class Tending:
    """The resources that are there. What is seen of them comes in the order of the watch."""

    def __init__(self, reconciling: Reconciling, cluster: Cluster) -> None:
        """Look after nothing yet."""
        self._reconciling = reconciling
        self._cluster = cluster
        self._telling = Telling(cluster)
        self._tended: dict[str, _Tended] = {}

    def see(self, body: Mapping[str, Any]) -> None:
        """Take note of a resource as it is now; a spec that is new is acted on at once."""
        uid = body["metadata"]["uid"]
        one = self._tended.get(uid)
        if one is None:
            one = self._tended[uid] = _Tended(body)
            one.task = asyncio.create_task(self._tend(uid, one), name=f"tend {uid}")
            metrics.RESOURCES.set(len(self._tended))
            return
        news = body["metadata"]["generation"] != one.body["metadata"]["generation"]
        one.body = body
        # A status that changed is no reason to look: each look may change it.
        if news:
            one.said_away = False
        if news or one.behind:
            one.nudge.set()

    async def leave(self, uid: str) -> None:
        """Look after it no more; when this returns nothing is under way for it."""
        one = self._tended.get(uid)
        if one is None or one.task is None:
            return
        one.task.cancel()
        await asyncio.wait({one.task})
        self._forget(uid)

    async def leave_all(self) -> None:
        """Look after nothing any more."""
        for uid in list(self._tended):
            await self.leave(uid)

    async def write(self, body: Mapping[str, Any], outcome: Outcome) -> Mapping[str, Any] | None:
        """Tell what happened, then write the status: a crash between the two repeats both.

        The status is written also when nothing can be told. Returns the resource as it is then;
        None: it is not as it was seen. Raises `Absent`.
        """
        if outcome.happenings:
            await self._telling.tell(body, outcome.happenings)
        if not outcome.changes:
            return body
        return await self._cluster.write_status(body, outcome.changes)

    async def _tend(self, uid: str, one: _Tended) -> None:
        while True:
            one.nudge.clear()
            try:
                again = await self._look(one)
            except Absent as error:
                log.warning("the API server was not reached; the next look will", erro=str(error))
                again = AGAIN_SECONDS
            except Exception:  # a bug in one look must not end all looks
                log.exception("a look failed")
                again = AGAIN_SECONDS
            if again is None:
                self._forget(uid)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(again):
                    await one.nudge.wait()

    async def _look(self, one: _Tended) -> float | None:
        """Look once; return after how many seconds to look again, None for never."""
        now = asyncio.get_running_loop().time()
        if now >= one.assured + _ASSURED_EVERY_SECONDS and not await self._is_there(one):
            return await self._end(one)
        body = one.body
        outcome = await self._reconciling.look(body)
        if outcome is None:
            return None
        if outcome.away and one.said_away and outcome.changes:
            # Somebody else could ask the database, and said so: they know better.
            return outcome.again_seconds
        if set(outcome.changes) == _BACKLOG and now < one.written + _BACKLOG_EVERY_SECONDS:
            return outcome.again_seconds
        written = await self.write(body, outcome)
        one.behind = written is None
        if written is None:
            return _BEHIND_SECONDS
        one.said_away = outcome.away
        if outcome.changes:
            one.written = now
        if one.body is body:
            one.body = written
        return outcome.again_seconds

    async def _is_there(self, one: _Tended) -> bool:
        """Ask the API server, and have it keep the resource until we have ended its pauses.

        Before the first look, as a pause whose resource nobody keeps may lose its end. Whoever
        does not answer holds up no stop: then it is there for all that we know.
        """
        body = one.body
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                fresh = await self._cluster.read(body["metadata"])
                if fresh is None:
                    return False
                held = await self._hold(fresh)
                await self._telling.tell(body)
        except (Absent, TimeoutError) as error:
            log.warning("whether a resource is there is asked again later", erro=str(error))
            held = None
        one.assured = asyncio.get_running_loop().time()
        if held is not None and one.body is body:
            one.body = held
        return True

    async def _hold(self, fresh: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Put the finalizer on, if it has to be; None: it was not."""
        metadata = fresh["metadata"]
        if FINALIZER in metadata.get("finalizers", ()) or released(metadata) or goes(metadata):
            return None
        # If it fails somebody else has changed it, kopf very likely, which wants the same.
        return await self._cluster.hold(metadata)

    async def _end(self, one: _Tended) -> float | None:
        """End what a resource had set whose deletion was never seen; return as `_look` does."""
        metadata = one.body["metadata"]
        if await self._cluster.was_put_back(metadata):
            log.warning("the API server was restored to a time before a resource; its pauses stand")
            return None
        if await self._cluster.read(metadata) is not None:
            # Just started, an API server may know no resources for a moment.
            return _BEHIND_SECONDS
        try:
            await self._reconciling.remove(metadata["uid"])
        except (Retryable, Permanent) as error:
            log.warning("the pauses of a deleted resource stand yet", erro=str(error))
            return AGAIN_SECONDS
        return None

    def _forget(self, uid: str) -> None:
        self._tended.pop(uid, None)
        self._telling.forget(uid)
        metrics.forget(uid)
        metrics.RESOURCES.set(len(self._tended))
