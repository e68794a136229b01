"""kopf's side: which resources are watched, and what is done when one is seen.

No peering between replicas: each decision is made once by the database, whoever asks.
"""

import asyncio
from typing import Any, Final

import kopf

from julia_common.errors import Permanent, Retryable
from julia_operator.domain.resource import FINALIZER, GROUP, PLURAL, VERSION
from julia_operator.reconciling import Outcome, Reconciling

_LOOKS_EVERY_SECONDS: Final = 2.0
_TRIES_AGAIN_SECONDS: Final = 2.0
_PREFIX: Final = GROUP


class _Forgetful(kopf.DiffBaseStorage):
    """Keeps no copy of the last spec in an annotation: what was acted on is in the database."""

    def fetch(self, *, body: kopf.Body) -> Any:
        del body

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: Any) -> None:
        del body, patch, essence


class Watching:
    """Watches the resources of one namespace until it is stopped."""

    name = "watching"

    def __init__(self, reconciling: Reconciling, *, namespace: str) -> None:
        """Prepare; nothing is asked of the API server yet."""
        self._reconciling = reconciling
        self._namespace = namespace
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; survives absences of the API server."""
        await kopf.operator(
            registry=self._registry(),
            settings=_settings(),
            standalone=True,
            namespace=self._namespace,
            ready_flag=self.ready,
            stop_flag=stop,
        )

    async def check(self) -> None:
        """Readiness: raise `Permanent` until the watch has begun."""
        if not self.ready.is_set():
            message = f"not watching {PLURAL}.{GROUP} yet: is the CRD there, may we list them?"
            raise Permanent(message)

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        resource = (GROUP, VERSION, PLURAL)

        @kopf.on.login(registry=registry)
        def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
            return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

        @kopf.on.event(*resource, registry=registry)
        async def seen(body: kopf.Body, patch: kopf.Patch, **seen_as: Any) -> None:
            if seen_as["type"] != "DELETED" and "deletionTimestamp" not in body["metadata"]:
                await self._look(body, patch)

        # What changes without the resource: sends that end, a pause set by somebody else.
        @kopf.timer(*resource, registry=registry, interval=_LOOKS_EVERY_SECONDS)
        async def looked(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
            await self._look(body, patch)

        @kopf.on.delete(*resource, registry=registry)
        async def deleted(uid: str, body: kopf.Body, **_: Any) -> None:
            try:
                await self._reconciling.remove(uid)
            except Retryable as error:
                raise kopf.TemporaryError(str(error), delay=_TRIES_AGAIN_SECONDS) from error
            kopf.event(
                body, type="Normal", reason="Removed", message="The pauses of this resource end"
            )

        return registry

    async def _look(self, body: kopf.Body, patch: kopf.Patch) -> None:
        outcome = await self._reconciling.look(body)
        _write(outcome, body, patch)


def _write(outcome: Outcome, body: kopf.Body, patch: kopf.Patch) -> None:
    if outcome.changes:
        # What is None is taken away: it is a merge patch.
        patch.status.update(outcome.changes)
    if outcome.event is not None:
        kind, reason, message = outcome.event
        kopf.event(body, type=kind, reason=reason, message=message)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.persistence.finalizer = FINALIZER
    settings.persistence.diffbase_storage = _Forgetful()
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=_PREFIX)
    # Events are told on purpose; kopf would make one of each line of its log.
    settings.posting.loggers = False
    settings.posting.reporting_component = "julia-operator"
    # A watch that the network has forgotten is begun anew.
    settings.watching.server_timeout = 60
    settings.watching.client_timeout = 70
    settings.networking.error_backoffs = [0.2, 0.5, 1, 2, 2]
    settings.networking.request_timeout = 10
    return settings
