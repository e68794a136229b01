"""Expressions that several pages share. `NS` is the filter of the namespaces chosen on the page."""

from typing import Final

from julia_dev.dashboards.model import Query

NS: Final = 'namespace=~"$namespace"'
RATE: Final = "$__rate_interval"
WHOLE: Final = "$__range"
"""The time that the page shows."""


def series(metric: str, labels: str = "") -> str:
    """Return a metric's series in the chosen namespaces."""
    return f"{metric}{{{', '.join(part for part in (NS, labels) if part)}}}"


def highest(metric: str, labels: str = "", *, by: str = "") -> str:
    """Return a gauge that every replica reads from the same source."""
    return f"max{_by(by)} ({series(metric, labels)})"


def total(metric: str, labels: str = "", *, by: str = "") -> str:
    """Return a gauge of which each process has its part."""
    return f"sum{_by(by)} ({series(metric, labels)})"


def rate(metric: str, labels: str = "", *, by: str = "", over: str = RATE) -> str:
    """Return a counter's growth a second."""
    return f"sum{_by(by)} (rate({series(metric, labels)}[{over}]))"


def grown(metric: str, labels: str = "", *, by: str = "", over: str = WHOLE) -> str:
    """Return how much a counter grew over the whole page."""
    return f"sum{_by(by)} (increase({series(metric, labels)}[{over}]))"


def quantile(
    share: float, histogram: str, labels: str = "", *, by: str = "", over: str = RATE
) -> str:
    """Return a quantile of a histogram."""
    buckets = rate(f"{histogram}_bucket", labels, by=f"le, {by}" if by else "le", over=over)
    return f"histogram_quantile({share:g}, {buckets})"


def quantiles(histogram: str, labels: str = "") -> tuple[Query, ...]:
    """Return the three that we look at."""
    return tuple(
        Query(quantile(share, histogram, labels), f"p{round(100 * share)}")
        for share in (0.5, 0.95, 0.99)
    )


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
