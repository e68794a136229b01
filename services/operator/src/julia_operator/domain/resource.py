"""A `JuliaStatus` as the API server gives it, read into what the database is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from julia_common.database import ApplyStatus

GROUP: Final = "whats-agents.dev"
VERSION: Final = "v1"
PLURAL: Final = "juliastatuses"
FINALIZER: Final = f"{GROUP}/ends-its-pauses"

_SPEC: Final = "f:spec"


def wanted(body: Mapping[str, Any]) -> ApplyStatus:
    """What the resource asks for. The API server has checked its form (see the CRD).

    Raises `pydantic.ValidationError` for a spec that no CRD of ours would have let through.
    """
    metadata, spec = body["metadata"], body.get("spec", {})
    return ApplyStatus(
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        nome=metadata["name"],
        generation=metadata["generation"],
        paused=spec.get("paused", False),
        scope=dict(spec.get("scope") or {}) or None,
        until=spec.get("until"),
        reason=spec.get("reason"),
        request=spec.get("request"),
        por=author(metadata.get("managedFields", ())),
    )


def author(managed_fields: Sequence[Mapping[str, Any]]) -> str | None:
    """The field manager that wrote the spec last, as the API server recorded it."""
    of_spec = [one for one in managed_fields if _SPEC in one.get("fieldsV1", {})]
    latest = max(of_spec, key=lambda one: one.get("time", ""), default=None)
    return latest.get("manager") if latest else None
