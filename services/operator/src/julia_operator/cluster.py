"""The API server, for what kopf does not do: statuses that overwrite nothing newer, Events once.

kopf finds out how to reach it (`login`): the pod's service account, or a kubeconfig.
"""

import base64
import hashlib
import logging
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import kopf

from julia_operator.domain.happenings import Happening
from julia_operator.domain.resource import FINALIZER, GROUP, PLURAL, VERSION
from julia_operator.reconciling import Absent

_TIMEOUT_S: Final = 5.0
_MERGE: Final = "application/merge-patch+json"
_JSON_PATCH: Final = "application/json-patch+json"
_COMPONENT: Final = f"{GROUP}/julia-operator"
_MAX_NAME: Final = 200
_MAX_NOTE: Final = 1000
_PAGE: Final = 100


def login() -> kopf.ConnectionInfo:
    """Where the API server is, and as whom we come; tokens of service accounts change.

    Raises `Absent` when there is neither a service account nor a kubeconfig.
    """
    asked: dict[str, Any] = {
        "settings": kopf.OperatorSettings(),
        "logger": logging.getLogger(__name__),
    }
    found = kopf.login_with_service_account(**asked) or kopf.login_with_kubeconfig(**asked)
    if found is None:
        message = "no API server: run in a pod with a service account, or set KUBECONFIG"
        raise Absent(message)
    return found


class Cluster:
    """The resources of one namespace. All methods raise `Absent` when no good answer comes."""

    def __init__(self, namespace: str, *, instance: str) -> None:
        """Prepare; `instance` is the name of this process in Events."""
        self._namespace = namespace
        self._instance = instance
        self._http: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def everything(self, *, missing_ok: bool = False) -> AsyncIterator[dict[str, Any]]:
        """All resources, page by page; with `missing_ok`, none where their CRD is not there."""
        token = ""
        while True:
            page = await self._ask(
                "GET",
                _resources(self._namespace),
                query={"limit": _PAGE, "continue": token},
                missing_ok=missing_ok,
            )
            if page is None:
                return
            for one in page["items"]:
                yield one
            token = page["metadata"].get("continue", "")
            if not token:
                return

    async def read(self, metadata: Mapping[str, Any]) -> dict[str, Any] | None:
        """The resource as it is now; None: it is gone, be there another one of its name or not."""
        found: dict[str, Any] | None
        found = await self._ask("GET", _path(metadata), missing_ok=True)
        if found is None or found["metadata"]["uid"] != metadata["uid"]:
            return None
        return found

    async def was_put_back(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the API server knows less than it has shown already: its etcd was restored."""
        page = await self._ask("GET", _resources(self._namespace), query={"limit": 1})
        # Of one etcd these are revisions, and grow; Kubernetes lets them be compared so.
        return int(page["metadata"]["resourceVersion"]) < int(metadata["resourceVersion"])

    async def hold(self, metadata: Mapping[str, Any]) -> dict[str, Any] | None:
        """Put our finalizer on a resource that has it not; None: it is not as it was seen."""
        return await self.patch(
            metadata,
            [
                *as_seen(metadata),
                {
                    "op": "add",
                    "path": "/metadata/finalizers",
                    "value": [*metadata.get("finalizers", ()), FINALIZER],
                },
            ],
        )

    async def write_status(
        self, body: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Change the status of the resource as it was seen; None: it is not like that any more."""
        metadata = body["metadata"]
        # No two resources have the same, nor one of them at two times.
        seen = {"resourceVersion": metadata["resourceVersion"]}
        written: dict[str, Any] | None = await self._ask(
            "PATCH",
            f"{_path(metadata)}/status",
            # What is None is taken away: it is a merge patch.
            {"metadata": seen, "status": dict(changes)},
            kind=_MERGE,
            missing_ok=True,
        )
        return written

    async def patch(
        self, metadata: Mapping[str, Any], steps: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        """Make these steps of a JSON patch, all or none; None: a test failed, or it is gone."""
        patched: dict[str, Any] | None = await self._ask(
            "PATCH", _path(metadata), steps, kind=_JSON_PATCH, missing_ok=True
        )
        return patched

    async def tell(self, body: Mapping[str, Any], happening: Happening) -> bool:
        """Make an Event of it; False: it was told already."""
        metadata = body["metadata"]
        key = hashlib.sha256(f"{metadata['uid']} {happening.key}".encode()).hexdigest()
        event = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {
                "name": f"{metadata['name'][:_MAX_NAME].rstrip('.-')}.{key[:16]}",
                "namespace": metadata["namespace"],
            },
            "eventTime": datetime.now(UTC).isoformat(timespec="microseconds"),
            "reportingController": _COMPONENT,
            "reportingInstance": self._instance,
            "action": "Reconcile",
            "type": happening.type,
            "reason": happening.reason,
            "note": happening.message[:_MAX_NOTE],
            "regarding": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": "JuliaStatus",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
        path = f"/apis/events.k8s.io/v1/namespaces/{metadata['namespace']}/events"
        return await self._ask("POST", path, event, missing_ok=True) is not None

    async def _ask(
        self,
        method: str,
        path: str,
        content: object = None,
        *,
        kind: str = "application/json",
        query: Mapping[str, Any] | None = None,
        missing_ok: bool = False,
    ) -> Any:
        """Return the answer; with `missing_ok`, None for what is gone, there already or changed."""
        for last in (False, True):
            try:
                http = self._http or self._connect()
                answer = await http.request(
                    method, path, json=content, params=query, headers={"Content-Type": kind}
                )
            except (httpx.HTTPError, OSError) as error:
                message = f"the API server could not be asked ({type(error).__name__})"
                raise Absent(message) from error
            if answer.status_code != HTTPStatus.UNAUTHORIZED or last:
                break
            await self.aclose()
        if answer.is_success:
            return answer.json()
        if missing_ok and answer.status_code in _NOT_AS_SEEN:
            return None
        message = (
            f"the API server answers {answer.status_code} to {method} {path.rpartition('/')[0]}"
        )
        raise Absent(message)

    def _connect(self) -> httpx.AsyncClient:
        known = login()
        self._http = httpx.AsyncClient(
            base_url=known.server,
            headers={"Authorization": f"Bearer {known.token}"} if known.token else {},
            verify=_trust(known),
            trust_env=False,
            timeout=_TIMEOUT_S,
        )
        return self._http


_NOT_AS_SEEN: Final = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,  # a JSON patch whose test fails
)


def as_seen(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of a JSON patch that fail if the resource has changed since, or is another one."""
    return [
        {"op": "test", "path": f"/metadata/{name}", "value": metadata[name]}
        for name in ("uid", "resourceVersion")
    ]


def _resources(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"


def _path(metadata: Mapping[str, Any]) -> str:
    return f"{_resources(metadata['namespace'])}/{metadata['name']}"


def _trust(known: kopf.ConnectionInfo) -> ssl.SSLContext:
    authority = base64.b64decode(known.ca_data).decode() if known.ca_data else None
    context = ssl.create_default_context(cafile=known.ca_path, cadata=authority)
    # Authorities of clusters often lack what OpenSSL's strict mode asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if known.certificate_path is not None:
        context.load_cert_chain(known.certificate_path, known.private_key_path)
    elif known.certificate_data and known.private_key_data:
        # OpenSSL takes a client's certificate from a file alone.
        with tempfile.NamedTemporaryFile() as file:
            pair = (known.certificate_data, known.private_key_data)
            Path(file.name).write_bytes(b"\n".join(map(base64.b64decode, pair)))
            context.load_cert_chain(file.name)
    return context
