"""Conditions of a resource, in the form that Kubernetes' own have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

type Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition before it is compared with what was said before; `holds` None: unknown."""

    type: str
    holds: bool | None
    reason: str
    message: str


def conditions(
    findings: Iterable[Finding],
    before: Iterable[Mapping[str, Any]],
    *,
    generation: int,
    now: datetime,
) -> list[Condition]:
    """The findings as conditions; `lastTransitionTime` moves with the status alone."""
    known = {one.get("type"): one for one in before}
    return [_condition(one, known.get(one.type), generation, now) for one in findings]


def _condition(
    finding: Finding, before: Mapping[str, Any] | None, generation: int, now: datetime
) -> Condition:
    status = {True: "True", False: "False", None: "Unknown"}[finding.holds]
    since = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    if before is not None and before.get("status") == status:
        since = before.get("lastTransitionTime", since)
    return {
        "type": finding.type,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": since,
        "reason": finding.reason,
        "message": finding.message,
    }
