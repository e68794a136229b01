"""How a resource stands: its status, from what the database says of its scope."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from julia_common.database import StandingPause, StatusOf
from julia_operator.domain.conditions import Finding, conditions


class Phase(StrEnum):
    """What the resource's scope is doing, whoever asked for it."""

    ACTIVE = "Active"
    DRAINING = "Draining"
    PAUSED = "Paused"


def status(
    standing: StatusOf,
    before: Mapping[str, Any],
    *,
    generation: int,
    until: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """The whole status of a resource whose spec has reached the database.

    `before` is its present status, `generation` and `until` are those of the spec that was applied.
    """
    phase = _phase(standing)
    pause = standing.pausas[0] if standing.pausas else None
    last = standing.ultima
    overridden = _overridden(standing, generation, until)
    return {
        "phase": phase.value,
        "observedGeneration": generation,
        "paused": pause is not None,
        "scope": scope_in_words(standing.escopo),
        "reason": pause.motivo if pause else None,
        "since": _iso(_since(standing)),
        "until": _iso(pause.ate if pause else None),
        "record": last.id if last else None,
        "changedBy": last.por if last else None,
        "changedVia": last.via if last else None,
        "inFlight": standing.em_voo,
        "lateStarts": standing.inicios_tardios,
        "claimsAfterStop": standing.reservas_apos,
        "backlog": {"inbound": standing.entrada, "outbound": standing.saida},
        "conditions": conditions(
            (
                Finding("Applied", holds=True, reason="Recorded", message=_applied(standing)),
                _enforced(standing, phase, overridden),
                overridden,
            ),
            before.get("conditions", ()),
            generation=generation,
            now=now,
        ),
    }


def unapplied(
    before: Mapping[str, Any], reason: str, message: str, *, generation: int, now: datetime
) -> dict[str, Any]:
    """The conditions of a resource that the database did not take; the rest stays as it was."""
    nothing_known = "The database has not taken this spec: what stands is not known"
    return {
        "conditions": conditions(
            (
                Finding("Applied", holds=False, reason=reason, message=message),
                Finding("Enforced", holds=None, reason=reason, message=nothing_known),
                Finding("Overridden", holds=None, reason=reason, message=nothing_known),
            ),
            before.get("conditions", ()),
            generation=generation,
            now=now,
        )
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of `after` differs; absent and None are the same."""
    return {key: value for key, value in after.items() if before.get(key) != value}


def scope_in_words(fields: Mapping[str, str]) -> str:
    """A scope on one line: `estado=SP`, or `everything`."""
    return ", ".join(f"{name}={fields[name]}" for name in sorted(fields)) or "everything"


def how_to_repeat(standing: StatusOf, generation: int) -> str:
    """What makes the spec of this generation a decision: one above what the database has seen."""
    if generation < standing.generation:
        return (
            "resume by SQL or the API, or change spec.request again and again until"
            f" metadata.generation is above {standing.generation}, which was seen before"
        )
    return "change spec.request to repeat the decision"


def _since(standing: StatusOf) -> datetime | None:
    """Since when it has been so: a pause that takes the place of another goes on with it."""
    if standing.pausas:
        return standing.desde or standing.pausas[0].desde
    return standing.ultima.em if standing.ultima else None


def _phase(standing: StatusOf) -> Phase:
    if not standing.pausas:
        return Phase.ACTIVE
    return Phase.DRAINING if standing.em_voo else Phase.PAUSED


def _applied(standing: StatusOf) -> str:
    asked = "a pause" if standing.pausa else "no pause"
    return f"The spec is on record; it asks for {asked}"


def _enforced(standing: StatusOf, phase: Phase, overridden: Finding) -> Finding:
    stopped = bool(standing.pausas)
    if stopped != standing.pausa or (not stopped and standing.parciais):
        reason = overridden.reason if not overridden.holds else "Overridden"
        return Finding("Enforced", holds=False, reason=reason, message=overridden.message)
    if phase is Phase.DRAINING:
        message = f"Sends in flight: {standing.em_voo}; nothing new is claimed"
        return Finding("Enforced", holds=False, reason="InFlight", message=message)
    if stopped:
        message = "Nothing is in flight, nothing is claimed"
        return Finding("Enforced", holds=True, reason="Stopped", message=message)
    return Finding("Enforced", holds=True, reason="Running", message="Nothing stops Julia here")


def _overridden(standing: StatusOf, generation: int, until: datetime | None) -> Finding:
    if standing.pausa:
        finding = _not_as_it_was_paused(standing, until)
    else:
        finding = _paused_although_not_asked(standing, generation)
    return finding or Finding(
        "Overridden", holds=False, reason="AsAskedFor", message="Nobody has decided otherwise since"
    )


def _paused_although_not_asked(standing: StatusOf, generation: int) -> Finding | None:
    elsewhere = _elsewhere(standing)
    if elsewhere is not None:
        message = f"Paused {_by(elsewhere)}: {elsewhere.motivo}"
        return Finding("Overridden", holds=True, reason="PausedElsewhere", message=message)
    if standing.pausas:
        message = (
            "A pause that this resource had set still stands: a restored or older spec resumes"
            f" nothing; {how_to_repeat(standing, generation)}"
        )
        return Finding("Overridden", holds=True, reason="NotResumed", message=message)
    if standing.parciais:
        message = f"Parts of this scope are paused; standing pauses of parts: {standing.parciais}"
        return Finding("Overridden", holds=True, reason="PausedInPart", message=message)
    return None


def _not_as_it_was_paused(standing: StatusOf, until: datetime | None) -> Finding | None:
    elsewhere = _elsewhere(standing)
    own = any(one.propria for one in standing.pausas)
    if own:
        if elsewhere is None:
            return None
        message = f"Paused {_by(elsewhere)} as well: {elsewhere.motivo}"
        return Finding("Overridden", holds=False, reason="AlsoPausedElsewhere", message=message)
    if elsewhere is not None:
        message = (
            f"The pause of this resource was ended; paused {_by(elsewhere)}: {elsewhere.motivo}"
        )
        return Finding("Overridden", holds=True, reason="PausedElsewhere", message=message)
    ended = standing.encerrada
    # By the database's clock alone: what was decided later than that ended nothing of ours.
    if until is not None and (ended is None or ended.propria or until <= ended.em):
        message = "The time of this pause is up"
        return Finding("Overridden", holds=False, reason="Expired", message=message)
    message = "The pause of this resource was ended"
    if ended is not None:
        message = f"Resumed via {ended.via}{_named(ended.por)}: {ended.motivo}"
    return Finding("Overridden", holds=True, reason="ResumedElsewhere", message=message)


def _elsewhere(standing: StatusOf) -> StandingPause | None:
    return next((one for one in standing.pausas if not one.propria), None)


def _by(pause: StandingPause) -> str:
    return f"via {pause.via}{_named(pause.por)}"


def _named(person: str | None) -> str:
    return f" by {person}" if person else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
