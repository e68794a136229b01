"""kopf's side: which resources are watched, and what is done when one is seen.

No peering between replicas: each decision is made once by the database, whoever asks. kopf runs in
a thread of its own, as it takes the main one's signals and, when it ends, all tasks of its loop.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final

import kopf
import structlog

from julia_common.errors import Permanent, Retryable
from julia_operator.cluster import Cluster, login
from julia_operator.domain.happenings import Happening
from julia_operator.domain.resource import FINALIZER, GROUP, PLURAL, VERSION, goes, released
from julia_operator.reconciling import Absent, Reconciling
from julia_operator.release import marked, take_back
from julia_operator.tending import Tending

log = structlog.get_logger(__name__)

_TRIES_AGAIN_SECONDS: Final = 2.0
_REMOVED: Final = Happening(
    "Normal", "Removed", "The resource was deleted, and the pauses that it had set end", "removed"
)


class _Forgetful(kopf.DiffBaseStorage):
    """Keeps no copy of the last spec in an annotation: what was acted on is in the database."""

    def fetch(self, *, body: kopf.Body) -> Any:
        del body

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: Any) -> None:
        del body, patch, essence


class Watching:
    """Watches the resources of one namespace until it is stopped."""

    name = "watching"

    def __init__(self, reconciling: Reconciling, cluster: Cluster, *, namespace: str) -> None:
        """Prepare; nothing is asked of the API server yet."""
        self._reconciling = reconciling
        self._cluster = cluster
        self._tending = Tending(reconciling, cluster)
        self._namespace = namespace
        self._ready = threading.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; survives absences of the API server."""
        _quieten_kopf()
        let_go = await self._let_go_before(stop)
        if let_go is None:
            return
        enough = threading.Event()
        registry = self._registry(asyncio.get_running_loop())
        watch = asyncio.create_task(asyncio.to_thread(self._watch, registry, enough))
        asked = asyncio.create_task(stop.wait())
        taking_back = asyncio.create_task(self._take_back(let_go))
        try:
            await asyncio.wait({watch, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            enough.set()
            asked.cancel()
            taking_back.cancel()
            await watch
            await self._tending.leave_all()

    def _watch(self, registry: kopf.OperatorRegistry, enough: threading.Event) -> None:
        async def watch() -> None:
            try:
                await kopf.operator(
                    registry=registry,
                    settings=_settings(),
                    standalone=True,
                    namespaces=[self._namespace],
                    ready_flag=self._ready,
                    stop_flag=enough,
                )
            finally:
                # A thread of this loop waits for it.
                enough.set()

        asyncio.run(watch())

    async def check(self) -> None:
        """Readiness: raise `Retryable` until the watch has begun."""
        if not self._ready.is_set():
            message = f"not watching {PLURAL}.{GROUP} yet: is the CRD there, may we list them?"
            raise Retryable(message)

    async def _let_go_before(self, stop: asyncio.Event) -> list[dict[str, Any]] | None:
        """Wait until the resources can be listed: kopf looks for the CRD once. None: stopped.

        Returns the metadata of those that an uninstall has let go. All of them were let go before
        now, so no clock has to say so; what is let go from now on stays so while we run.
        """
        said = ""
        while not stop.is_set():
            try:
                everything = [one["metadata"] async for one in self._cluster.everything()]
            except Absent as error:
                if said != str(error):
                    log.warning("waits for the resources: is the CRD there?", erro=str(error))
                    said = str(error)
            else:
                return [one for one in everything if marked(one)]
            with suppress(TimeoutError):
                async with asyncio.timeout(_TRIES_AGAIN_SECONDS):
                    await stop.wait()
        return None

    async def _take_back(self, let_go: list[dict[str, Any]]) -> None:
        """Keep again what was let go, however long the API server refuses that."""
        while let_go:
            left = []
            for metadata in let_go:
                try:
                    await take_back(self._cluster, metadata)
                except Absent as error:
                    log.warning("a resource is not kept again yet", erro=str(error))
                    left.append(metadata)
            let_go = left
            if left:
                await asyncio.sleep(_TRIES_AGAIN_SECONDS)

    def _registry(self, home: asyncio.AbstractEventLoop) -> kopf.OperatorRegistry:
        """Handlers that have everything done in our own loop, and wait for it."""

        async def at_home(work: Coroutine[Any, Any, None]) -> None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, home))

        registry = kopf.OperatorRegistry()
        resource = (GROUP, VERSION, PLURAL)

        @kopf.on.login(registry=registry)
        def logged_in(**_: Any) -> kopf.ConnectionInfo:
            return login()

        @kopf.on.event(*resource, registry=registry)
        async def seen(event: kopf.RawEvent, **_: Any) -> None:
            await at_home(self._seen(event["type"], event["object"]))

        def kept(meta: Mapping[str, Any], **_: Any) -> bool:
            return not released(meta)

        @kopf.on.delete(*resource, registry=registry, when=kept)
        async def deleted(body: kopf.Body, **_: Any) -> None:
            await at_home(self._deleted(dict(body)))

        return registry

    async def _seen(self, kind: str | None, body: Mapping[str, Any]) -> None:
        uid = body["metadata"]["uid"]
        if kind != "DELETED" and not goes(body["metadata"]):
            self._tending.see(body)
            return
        await self._tending.leave(uid)
        if kind == "DELETED":
            await self._end(uid)

    async def _end(self, uid: str) -> None:
        """End what it had set, if that was not done before: it may have had no finalizer."""
        while True:
            try:
                await self._reconciling.remove(uid)
            except (Retryable, Permanent) as error:
                log.warning("the pauses of a deleted resource stand yet", uid=uid, erro=str(error))
                await asyncio.sleep(_TRIES_AGAIN_SECONDS)
            else:
                return

    async def _deleted(self, body: Mapping[str, Any]) -> None:
        """End its pauses before it is let go; whatever stands in the way, that is tried again."""
        await self._tending.leave(body["metadata"]["uid"])
        try:
            await self._reconciling.remove(body["metadata"]["uid"])
        except (Retryable, Permanent) as error:
            with suppress(Absent):
                await self._tending.write(body, self._reconciling.unremoved(body, error))
            raise kopf.TemporaryError(str(error), delay=_TRIES_AGAIN_SECONDS) from error
        with suppress(Absent):
            await self._cluster.tell(body, _REMOVED)


class _WithoutBodies(logging.Filter):
    """Leaves out of kopf's records what only kopf's own formatters know what to do with."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in ("k8s_skip", "k8s_ref", "settings"):
            record.__dict__.pop(name, None)
        return True


def _quieten_kopf() -> None:
    """Let kopf log what is wrong and nothing else: at DEBUG it writes whole resources."""
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("kopf.objects").addFilter(_WithoutBodies())
    # Warns that it does not get the signals, which is what we want.
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.persistence.finalizer = FINALIZER
    settings.persistence.diffbase_storage = _Forgetful()
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    # Events are told on purpose; kopf would make one of each line of its log.
    settings.posting.enabled = False
    # One namespace, one resource: to look for others would take rights in the whole cluster.
    settings.scanning.disabled = True
    # A watch that the network has forgotten is begun anew.
    settings.watching.server_timeout = 25
    settings.watching.client_timeout = 30
    settings.watching.inactivity_timeout = 30
    settings.networking.error_backoffs = [0.2, 0.5, 1, 2, 2]
    settings.networking.request_timeout = 10
    return settings
