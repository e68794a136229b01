"""The pages, one module each."""

from typing import Final

from julia_dev.dashboards.model import Dashboard
from julia_dev.dashboards.pages import claude, funnel, kubernetes, numbers, queues, sla

ALL: Final[tuple[Dashboard, ...]] = (
    sla.PAGE,
    funnel.PAGE,
    queues.PAGE,
    numbers.PAGE,
    claude.PAGE,
    kubernetes.PAGE,
)
