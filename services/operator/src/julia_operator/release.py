"""`python -m julia_operator.release`: lets all resources go, before the operator is uninstalled.

Takes the operator's finalizer off the resources of WATCH_NAMESPACE, and marks them so that an
operator that still runs does not put it on again; one that is started later takes the mark off.
Pauses stay as they are. May be repeated. Exit codes: 0 done; 1 the API server did not do it, with
the reason in the log; 2 bad settings.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog

from julia_common.settings import load_settings
from julia_common.telemetry.logging import canonical, configure_logging
from julia_operator.cluster import Cluster, as_seen
from julia_operator.domain.resource import FINALIZER, RELEASED, released
from julia_operator.reconciling import Absent
from julia_operator.settings import NamespaceSettings

log = structlog.get_logger(__name__)

_TRIES: Final = 5


async def release(cluster: Cluster) -> int:
    """Let all resources go; return how many had to be. Raises `Absent`."""
    count = 0
    for attempt in range(_TRIES):
        # An install that failed before its CRD was there is uninstalled too.
        held = [one async for one in cluster.everything(missing_ok=True) if not _free(one)]
        if not held:
            return count
        # What changed between is looked at again.
        done = [await cluster.patch(one["metadata"], _steps(one)) for one in held]
        count += sum(one is not None for one in done)
        await asyncio.sleep(attempt / 5)
    message = f"resources change faster than they can be let go; {len(held)} are left: repeat it"
    raise Absent(message)


def marked(metadata: Mapping[str, Any]) -> bool:
    """Whether it was let go at an uninstall, be it of this spec or of one before."""
    return RELEASED in metadata.get("annotations", {})


async def take_back(cluster: Cluster, metadata: Mapping[str, Any]) -> None:
    """Take the mark off, so that it is kept again; nothing if it bears another one by now.

    Raises `Absent`.
    """
    path = f"/metadata/annotations/{RELEASED.replace('/', '~1')}"
    await cluster.patch(
        metadata,
        [
            {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
            {"op": "test", "path": path, "value": metadata["annotations"][RELEASED]},
            {"op": "remove", "path": path},
        ],
    )


def _free(body: Mapping[str, Any]) -> bool:
    metadata = body["metadata"]
    return FINALIZER not in metadata.get("finalizers", ()) and released(metadata)


def _steps(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    metadata = body["metadata"]
    others = [one for one in metadata.get("finalizers", ()) if one != FINALIZER]
    marks = metadata.get("annotations", {}) | {RELEASED: str(metadata["generation"])}
    return [
        *as_seen(metadata),
        {"op": "add", "path": "/metadata/annotations", "value": marks},
        {"op": "add", "path": "/metadata/finalizers", "value": others},
    ]


async def main(settings: NamespaceSettings) -> int:
    """Let them go, say so, and return the exit code."""
    cluster = Cluster(settings.watch_namespace, instance="julia-operator-release")
    try:
        count = await release(cluster)
    except Absent as error:
        log.error("the resources were not let go; repeat it", erro=str(error))  # noqa: TRY400
        return 1
    finally:
        await cluster.aclose()
    canonical("the resources were let go; pauses stand as before", recursos=count)
    return 0


if __name__ == "__main__":
    _settings = load_settings(NamespaceSettings)
    configure_logging("julia-operator", _settings.log_level)
    sys.exit(asyncio.run(main(_settings)))
