"""A `JuliaStatus` as the API server gives it, read into what the database is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from julia_common.database import ApplyStatus
from julia_common.errors import Permanent

GROUP: Final = "whats-agents.dev"
VERSION: Final = "v1"
PLURAL: Final = "juliastatuses"
FINALIZER: Final = f"{GROUP}/ends-its-pauses"
RELEASED: Final = f"{GROUP}/released"
"""Annotation: the generation at which the operator was uninstalled. Until the spec changes or an
operator is started the resource has no finalizer: nothing hangs on one that is gone."""

_SPEC: Final = "f:spec"
_WAY_OUT: Final = {
    "until": "write a time with its zone, such as 2026-12-01T08:00:00-03:00, or leave it out"
}


def wanted(body: Mapping[str, Any], *, confirmed: bool = False) -> ApplyStatus:
    """What the resource asks for. The API server has checked its form (see the CRD).

    `confirmed`: it was read anew just now. Raises `Permanent`, which names the field and the way
    out, for a spec that our CRD would not have let through: one that is older than its rules.
    """
    metadata, spec = body["metadata"], body.get("spec", {})
    try:
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
    except ValidationError as error:
        field = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
        way_out = _WAY_OUT.get(field, "see kubectl explain js.spec")
        message = f"spec.{field} is not understood: {way_out}"
        # `from None`: the validation error quotes the values.
        raise Permanent(message) from None


def author(managed_fields: Sequence[Mapping[str, Any]]) -> str | None:
    """The field manager that wrote the spec last, as the API server recorded it.

    It records whole seconds: of two in one second, who owns the decision itself wrote it last.
    """

    def lateness(one: Mapping[str, Any]) -> tuple[str, bool, bool]:
        fields = one["fieldsV1"][_SPEC]
        return one.get("time", ""), "f:paused" in fields, "f:request" in fields

    of_spec = [one for one in managed_fields if _SPEC in one.get("fieldsV1", {})]
    latest = max(of_spec, key=lateness, default=None)
    return latest.get("manager") if latest else None


def goes(metadata: Mapping[str, Any]) -> bool:
    """Whether somebody has deleted it: it waits for its finalizers alone."""
    return "deletionTimestamp" in metadata


def released(metadata: Mapping[str, Any]) -> bool:
    """Whether it was let go when the operator was uninstalled, and has not been changed since."""
    mark = metadata.get("annotations", {}).get(RELEASED)
    return bool(mark == str(metadata["generation"]))
