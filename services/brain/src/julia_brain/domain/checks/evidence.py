"""What a draft may rely on: everything that tools said in this conversation, and what was done."""

import datetime as dt
from dataclasses import dataclass

from julia_common.database import Hospital, Shift


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts of one conversation at the moment of one draft.

    Shifts and hospitals are those that tools showed in this turn or an earlier one, and those that
    the doctor has booked; ids are shift ids.
    """

    now: dt.datetime
    shifts: tuple[Shift, ...] = ()
    hospitals: tuple[Hospital, ...] = ()
    agreed_centavos: frozenset[int] = frozenset()
    """Prices of the doctor's own bookings and holds."""
    held: frozenset[str] = frozenset()
    """Held in this turn; the commit that sends the draft confirms them."""
    booked: frozenset[str] = frozenset()
    """The doctor's confirmed bookings from before."""
    cancelled: frozenset[str] = frozenset()
    """Given back in this turn."""
    waiting: bool = False
    """The doctor joined a waiting list in this turn."""
    reminded: bool = False
    """A reminder was arranged in this turn."""
    opted_out: bool = False
    """The tool that notes an opt-out, of whatever scope, was used in this turn."""
    handing_over: bool = False
    """The tool that calls a person was used in this turn."""
    doctor_said: tuple[str, ...] = ()
    """The doctor's messages, oldest first: those of the history shown, then the pending ones."""
    unanswered: int = 1
    """How many of `doctor_said`, counted from the last, the draft answers."""
    doctor_name: str | None = None
    prompt_texts: tuple[str, ...] = ()
    """Texts that must not be told: prompt, directives, tool descriptions."""
