"""What the conversations cost, by Julia's own books and by the simulated Claude's bill."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from julia_dev.evals.cast import Doctor

_ROUNDING = Decimal("0.00001")
"""Each turn's cost is rounded to a millionth of a dollar; a conversation has a few turns."""

_INPUT = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_5m_input_tokens",
    "cache_creation_1h_input_tokens",
)


@dataclass(frozen=True)
class Billing:
    """Shares are between 0 and 1; None when there was nothing to count."""

    cache_share: float | None
    """Input tokens that were read from the cache."""
    large_share: float | None
    """Requests to the large model."""
    mismatches: tuple[str, ...]
    """Conversations whose books and bill differ."""


def billing(
    *,
    by_model: Mapping[str, Mapping[str, Any]],
    by_user: Mapping[str, Mapping[str, Any]],
    booked: Mapping[str, Decimal],
    user_of: Mapping[str, str],
    doctors: Mapping[str, str],
) -> Billing:
    """Compare.

    Args:
        by_model: the simulator's tally by model.
        by_user: its tally by the hash that stands for a conversation.
        booked: doctor's id to the sum over `turnos`, in US dollars.
        user_of: doctor's id to that hash, as the requests showed it.
        doctors: doctor's id to the name of the case.
    """
    tokens = {name: sum(int(model[name]) for model in by_model.values()) for name in _INPUT}
    requests = {name: int(model["requests"]) for name, model in by_model.items()}
    known = set(user_of.values())
    mismatches = [
        f"user {user[:12]}: ${tally['cost_usd']} billed, and no conversation of it"
        for user, tally in by_user.items()
        if user not in known
    ]
    for doctor, case in doctors.items():
        own = booked.get(doctor, Decimal(0))
        billed = Decimal(str(by_user.get(user_of.get(doctor, ""), {}).get("cost_usd", 0)))
        if abs(own - billed) > _ROUNDING:
            mismatches.append(f"{case}: ${own} in turnos, ${billed:f} billed")
    return Billing(
        cache_share=_share(tokens["cache_read_input_tokens"], sum(tokens.values())),
        large_share=_share(
            sum(n for name, n in requests.items() if "haiku" not in name), sum(requests.values())
        ),
        mismatches=tuple(mismatches),
    )


def users_by_doctor(
    requests: Sequence[Mapping[str, Any]], doctors: Iterable[Doctor]
) -> dict[str, str]:
    """Find out from outside whose hash is whose: the doctor's name stands in what was asked."""
    everybody = tuple(doctors)
    found: dict[str, str] = {}
    for request in requests:
        body = request["body"]
        user = (body.get("metadata") or {}).get("user_id")
        if user is None or user in found:
            continue
        text = str(body.get("messages"))
        doctor = next((each for each in everybody if each.first_name in text), None)
        if doctor is not None:
            found[user] = doctor.id
    return {doctor: user for user, doctor in found.items()}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
