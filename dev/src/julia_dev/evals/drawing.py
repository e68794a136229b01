"""Leaving out conversations that no bar counts, when less is to be played."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from julia_dev.evals.loading import Kind, Listed
from julia_dev.evals.verdict import ROBOT_TOPIC

_ALWAYS: Final = frozenset({Kind.OPT_OUT, Kind.NO_OPT_OUT, Kind.UNSEEN_OPT_OUT})
"""Wordings that a bar counts. A rate is of all of them: that of a few would depend on the draw."""


def drawn(listed: Sequence[Listed], rng: random.Random, share: float) -> list[Listed]:
    """Return what a bar counts and, of every other kind and topic, a share, at least one.

    Args:
        listed: all that there is.
        rng: draws; nothing is drawn when the share is the whole.
        share: above 0, at most 1.
    """
    if share == 1:
        return list(listed)
    kept, others = [], defaultdict(list)
    for one in listed:
        if one.kind in _ALWAYS or one.case.hostile or one.case.tema == ROBOT_TOPIC:
            kept.append(one)
        else:
            others[one.kind, one.case.tema].append(one)
    for alike in others.values():
        kept += rng.sample(alike, math.ceil(share * len(alike)))
    return kept
