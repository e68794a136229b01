"""Tells what happened as Events; what could not be told is kept, and told later if it can be."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from julia_operator import metrics
from julia_operator.cluster import Cluster
from julia_operator.domain.happenings import Happening
from julia_operator.reconciling import Absent

log = structlog.get_logger(__name__)


class Telling:
    """What is still to be told of each resource, in order. Lost when the process ends."""

    def __init__(self, cluster: Cluster) -> None:
        """Have nothing to tell yet."""
        self._cluster = cluster
        self._untold: dict[str, dict[str, Happening]] = {}

    async def tell(self, body: Mapping[str, Any], happenings: Iterable[Happening] = ()) -> None:
        """Tell these, after what could not be told before. An API server that refuses is logged."""
        uid = body["metadata"]["uid"]
        untold = self._untold.get(uid, {}) | {one.key: one for one in happenings}
        try:
            for key, one in list(untold.items()):
                if await self._cluster.tell(body, one):
                    log.info("told", evento=one.reason, recurso=body["metadata"]["name"])
                del untold[key]
        except Absent as error:
            metrics.UNTOLD.inc()
            log.warning("an Event could not be told; it is tried again later", erro=str(error))
        finally:
            # Also when it is cancelled between two.
            self._untold[uid] = untold
            if not untold:
                self.forget(uid)

    def forget(self, uid: str) -> None:
        """Have nothing more to tell of a resource that is gone."""
        self._untold.pop(uid, None)
