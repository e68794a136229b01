"""Write docs/reference/metrics.md from the code: `python -m julia_dev.metrics_page`.

Run it after changing a metric, and commit what it wrote; a test compares.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from prometheus_client.metrics import MetricWrapperBase

from julia_common.telemetry.work import Stage
from julia_dev.paths import ROOT

PAGE: Final = ROOT / "docs" / "reference" / "metrics.md"

PACKAGES: Final = {
    "julia_common": "every service that uses the part",
    "julia_ingest": "`julia-api`",
    "julia_brain": "`julia-brain`",
    "julia_dispatcher": "`julia-dispatcher`",
    "julia_scheduler": "`julia-scheduler`",
    "julia_operator": "`julia-operator`",
}
"""Where metrics are defined, the common library first, and who exposes them."""

_INTRO: Final = """\
# Metrics

Generated from the code by `python -m julia_dev.metrics_page`; a test compares. Every service
answers `GET /metrics` on its port. What the values of labels mean is told on the services' pages:
[ingest](ingest.md), [brain](brain.md), [dispatcher](dispatcher.md), [scheduler](scheduler.md),
[operator](operator.md), [messaging](messaging.md).

- Labels come from closed lists, or name what is ours: a number's instance, a queue, a setting, a
  function of the database. None holds a doctor, a phone number or a text.
- Gauges of the scheduler show what the database says, at each replica alike: take the `max`, not
  the sum.
- Besides these there are `process_*` and `python_*` of prometheus-client, and
  `stamina_retries_total`.

Two questions have no metric of their own:

```promql
# the share of the prompt that came from Claude's cache
sum(rate(julia_tokens_total{tipo="cache_lido"}[1h]))
  / sum(rate(julia_tokens_total{tipo=~"entrada|cache_lido|cache_escrito"}[1h]))
# the share of the work of each stage that ends badly
sum by (etapa) (rate(julia_erros_total[5m])) / sum by (etapa) (rate(julia_trabalhos_total[5m]))
```

A reply's time (`julia_resposta_segundos`) begins when ingest accepts the webhook of the oldest
message that it answers, and ends when Evolution has accepted its first part. Of that
`julia_resposta_espera_segundos` is on purpose: the quiet in which a burst is merged. All the rest
is `julia_resposta_trabalho_segundos`. A reply that a pause or a ceiling held up has `retida="sim"`
and is in neither of the two; one whose POST had to be settled from evidence is in none.
"""

_HEADER: Final = "| metric | type | labels | meaning |\n|-|-|-|-|\n"

_STAGES: Final = """
## Stages of `julia_trabalhos_total` and `julia_erros_total`

| `etapa` | `tipo` |
|-|-|
"""


@dataclass(frozen=True, slots=True)
class Defined:
    """A metric as Prometheus shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def defined() -> dict[str, list[Defined]]:
    """Every metric once, by the package that defines it."""
    seen: set[int] = set()
    found: dict[str, list[Defined]] = {}
    for package in PACKAGES:
        fresh = {
            id(one): _described(one)
            for module in _modules(package)
            for one in vars(module).values()
            if isinstance(one, MetricWrapperBase) and id(one) not in seen
        }
        seen |= fresh.keys()
        found[package] = sorted(fresh.values(), key=lambda metric: metric.name)
    return found


def stages() -> dict[str, set[str]]:
    """The kinds of errors by stage; a stage that two services share has those of both."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for module in _modules(package):
            for one in vars(module).values():
                if isinstance(one, Stage):
                    found.setdefault(one.name, set()).update(one.errors)
    return found


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for package, metrics in defined().items():
        parts.append(
            f"\n## Of {PACKAGES[package]}\n\n| metric | type | labels | meaning |\n|-|-|-|-|\n"
        )
        parts += [_row(metric) for metric in metrics]
    parts.append(_STAGES)
    for stage, kinds in sorted(stages().items()):
        parts.append(f"| `{stage}` | {', '.join(f'`{kind}`' for kind in sorted(kinds))} |\n")
    return "".join(parts)


def _row(metric: Defined) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |\n"


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _described(metric: MetricWrapperBase) -> Defined:
    (family,) = metric.describe()
    suffix = "_total" if family.type == "counter" else ""
    return Defined(
        name=f"{family.name}{suffix}",
        kind=family.type,
        labels=tuple(metric._labelnames),  # noqa: SLF001 - prometheus-client tells them nowhere else
        meaning=family.documentation,
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
