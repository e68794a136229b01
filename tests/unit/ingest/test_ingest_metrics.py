"""The metrics that the reference promises are the metrics that there are."""

import re
from pathlib import Path

from prometheus_client import Counter, Histogram

from julia_ingest import metrics

REFERENCE = Path(__file__).parents[3] / "docs/reference/ingest.md"


def test_reference_lists_exactly_the_metrics_of_ingest_with_their_labels() -> None:
    rows = re.findall(r"^\| `(julia_\w+)` \| ([^|]*)\|", REFERENCE.read_text(), re.MULTILINE)
    promised = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    there = {
        _exposed(metric): tuple(metric._labelnames)
        for metric in vars(metrics).values()
        if isinstance(metric, Counter | Histogram)
    }
    assert promised == there


def _exposed(metric: Counter | Histogram) -> str:
    (family,) = metric.describe()
    return f"{family.name}_total" if isinstance(metric, Counter) else family.name
