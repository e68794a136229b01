"""What a stop must do, one function each; all of them are played in the same running system."""

from collections.abc import Sequence
from typing import Final

from julia_dev.stopping.scenarios import emergencies, expiry, meanwhile, outages, resources, scopes
from julia_dev.stopping.scenarios.play import Scenario

# The announcement of the first one's end is looked for by the last.
ALL: Final[Sequence[Scenario]] = (
    expiry.until_lifts_by_itself,
    *resources.ALL,
    *scopes.ALL,
    *emergencies.ALL,
    *meanwhile.ALL,
    *outages.ALL,
    meanwhile.every_change_is_a_row_that_nobody_can_change,
    expiry.managers_are_told_that_a_pause_ended,
)
