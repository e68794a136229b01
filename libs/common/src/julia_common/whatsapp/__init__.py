"""What WhatsApp says through Evolution, read into the typed messages of `julia_common.contracts`.

Pure: no clock, no network. `read_record` is the entry for one message record, whether it came
with a webhook (`messages.upsert`) or was found by catch-up (`findMessages`).
"""

from julia_common.whatsapp.numbers import canonical_digits
from julia_common.whatsapp.outcome import (
    Ignored,
    IgnoredReason,
    Reading,
    UnreadableError,
    UnreadableReason,
)
from julia_common.whatsapp.records import read_record

__all__ = [
    "Ignored",
    "IgnoredReason",
    "Reading",
    "UnreadableError",
    "UnreadableReason",
    "canonical_digits",
    "read_record",
]
