"""What a stop must do, one function each; all of them are played in the same running system."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from julia_dev.stopping.scenarios import emergencies, expiry, meanwhile, outages, resources, scopes
from julia_dev.stopping.scenarios.play import Scenario

GROUPS: Final[Sequence[Sequence[Scenario]]] = (
    (expiry.until_lifts_by_itself,),
    *((one,) for one in resources.ALL),
    scopes.DOCTORS,
    (scopes.a_campaign_is_stopped_and_another_is_not,),
    *((one,) for one in (*emergencies.ALL, *meanwhile.ALL, *outages.ALL)),
    (meanwhile.every_change_is_a_row_that_nobody_can_change,),
    # The announcement of the first one's end.
    (expiry.managers_are_told_that_a_pause_ended,),
)
"""In their order; those of a group do not see each other."""

ALL: Final[Sequence[Scenario]] = tuple(chain.from_iterable(GROUPS))
