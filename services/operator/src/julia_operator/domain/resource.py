"""A `JuliaStatus` as the API server gives it, read into what the database is told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from julia_common.database import ApplyStatus

GROUP: Final = "whats-agents.dev"
VERSION: Final = "v1"
PLURAL: Final = "juliastatuses"
FINALIZER: Final = f"{GROUP}/ends-its-pauses"
RELEASED: Final = f"{GROUP}/released"
"""Annotation: the generation at which the operator was uninstalled. Until the spec changes again
the resource has no finalizer, and nothing hangs on an operator that is not there any more."""

_SPEC: Final = "f:spec"


def wanted(body: Mapping[str, Any], *, confirmed: bool = False) -> ApplyStatus:
    """What the resource asks for. The API server has checked its form (see the CRD).

    `confirmed`: it was read anew just now. Raises `pydantic.ValidationError` for a spec that no CRD
    of ours would have let through.
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
        confirmed=confirmed,
    )


def until(spec: Mapping[str, Any]) -> datetime | None:
    """When the pause ends that the spec asks for, if it says so."""
    end = spec.get("until")
    return datetime.fromisoformat(end) if end else None


def author(managed_fields: Sequence[Mapping[str, Any]]) -> str | None:
    """The field manager that wrote the spec last, as the API server recorded it."""
    of_spec = [one for one in managed_fields if _SPEC in one.get("fieldsV1", {})]
    latest = max(of_spec, key=lambda one: one.get("time", ""), default=None)
    return latest.get("manager") if latest else None


def goes(metadata: Mapping[str, Any]) -> bool:
    """Whether somebody has deleted it: it waits for its finalizers alone."""
    return "deletionTimestamp" in metadata


def released(metadata: Mapping[str, Any]) -> bool:
    """Whether it was let go when the operator was uninstalled, and has not been changed since."""
    mark = metadata.get("annotations", {}).get(RELEASED)
    return bool(mark == str(metadata["generation"]))
