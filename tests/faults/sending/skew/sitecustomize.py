"""Python reads this file at start when its folder is on PYTHONPATH: a pod whose clock is wrong.

`CLOCK_SKEW_SECONDS` moves what the process takes for the time of day; what only grows
(`time.monotonic`, the event loop) is right on such a machine too.
"""

import datetime as dt
import os
import time

_SKEW_S = float(os.environ.get("CLOCK_SKEW_SECONDS", "0"))
_true_time = time.time
_true_datetime = dt.datetime


class _Skewed(_true_datetime):
    """`datetime` as such a process sees it; the values themselves are ordinary ones."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _true_datetime:  # type: ignore[override]
        return _true_datetime.fromtimestamp(time.time(), tz)


if _SKEW_S:
    time.time = lambda: _true_time() + _SKEW_S
    dt.datetime = _Skewed  # type: ignore[misc]
