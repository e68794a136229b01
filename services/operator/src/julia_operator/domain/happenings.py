"""What is told as Kubernetes Events: what differs between two statuses of a resource.

Derived from the statuses and not from what a replica did just then: whoever writes the later status
tells the same, under the same key, also when another one was killed half-way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from julia_common.database import LastChange, StatusOf
from julia_operator.domain.standing import how_to_repeat, scope_in_words


@dataclass(frozen=True, slots=True)
class Happening:
    """One Event. Of two with the same key the API server keeps one."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str
    key: str


def of_decisions(
    stands: StatusOf, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Happening]:
    """What became of the scope: who stopped it or let it go on, and what came of that.

    Reasons that people gave stay out; they are in the status.
    """
    last = stands.ultima
    record = after.get("record")
    seen_before = bool(before.get("conditions"))
    if last is not None and record != before.get("record") and (seen_before or last.propria):
        yield Happening("Normal", *_told(last, before, after), key=f"record {record}")
    elif before.get("paused") and not after["paused"]:
        yield Happening("Normal", "Expired", "The time of the pause is up", f"expired {record}")
    overridden = _condition(after, "Overridden")
    if (
        overridden["reason"] in ("PausedElsewhere", "NotResumed")
        and after["observedGeneration"] != before.get("observedGeneration")
        and not (last is not None and last.propria)
    ):
        message = (
            "Nothing was resumed: a new, restored or older spec, or one that is as it was, ends no"
            f" pause; {how_to_repeat(stands, after['observedGeneration'])}"
        )
        key = f"generation {after['observedGeneration']} not resumed {record}"
        yield Happening("Warning", "NotResumed", message, key)
    enforced = _condition(after, "Enforced")
    if enforced["reason"] == "Stopped" != _condition(before, "Enforced").get("reason"):
        yield Happening("Normal", "Stopped", enforced["message"], f"stopped {record}")


def of_recording(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Happening]:
    """Whether the database took the spec, when that has changed."""
    was, now = _condition(before, "Applied"), _condition(after, "Applied")
    known = (was.get("status"), was.get("reason"), was.get("observedGeneration"))
    found = (now["status"], now["reason"], now["observedGeneration"])
    # Of both replicas that see it, the status before is the same.
    key = f"generation {found[2]} {now['reason']} after {was.get('lastTransitionTime')}"
    if now["status"] == "False" and found != known:
        yield Happening("Warning", now["reason"], now["message"], key)
    elif was.get("status") == "False" and now["status"] == "True":
        message = "The database has taken this spec now"
        yield Happening("Normal", "Recorded", message, key)


def _told(last: LastChange, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    by = f" by {last.por}" if last.por else ""
    told = f"via {last.via}{by} ({scope_in_words(last.escopo)}), record {last.id}"
    if last.status != "ativo":
        return "Paused", f"Paused {told}"
    if after["paused"]:
        return "ResumeRecorded", f"Resumed {told}; another pause of this scope stands"
    if not before.get("paused"):
        return "ResumeRecorded", f"Resumed {told}; this scope as a whole was not stopped"
    return "Resumed", f"Resumed {told}"


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = (one for one in status.get("conditions", ()) if one.get("type") == kind)
    return next(found, {})
