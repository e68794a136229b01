"""Checks that a draft must pass before a doctor may read it. Pure rules.

They block what they cannot tell from a falsehood: a good draft that is refused costs one repair,
a bad one that passes costs a doctor's trust.
"""

from julia_brain.domain.checks.denial import denies_being_ai
from julia_brain.domain.checks.evidence import Evidence
from julia_brain.domain.checks.flaws import INSTRUCTIONS, Flaw
from julia_brain.domain.checks.invention import invention
from julia_brain.domain.checks.leak import leak
from julia_brain.domain.checks.promise import unfounded_promise
from julia_brain.domain.checks.standing import standing
from julia_brain.domain.checks.style import MAX_CHARACTERS, style

__all__ = ["INSTRUCTIONS", "Evidence", "Flaw", "check"]


def check(text: str, evidence: Evidence) -> Flaw | None:
    """What is wrong with a text that the model wrote for the doctor, the gravest first.

    For every such text: the parts of a reply and the messages of reminders.
    """
    if len(text) > MAX_CHARACTERS:
        return Flaw.TOO_LONG
    if denies_being_ai(text, evidence.doctor_said[-evidence.unanswered :]):
        return Flaw.DENIES_BEING_AI
    return (
        leak(text, evidence)
        or style(text, evidence)
        or unfounded_promise(text, evidence)
        or invention(text, evidence)
        or standing(text, evidence)
    )
