"""Pieces of work and those that ended badly, by stage: counted in one way in every service."""

from typing import Final

from prometheus_client import Counter

WORK: Final = Counter(
    "julia_trabalhos_total", "Pieces of work that ended, well or not, by stage", ["etapa"]
)
ERRORS: Final = Counter(
    "julia_erros_total", "Pieces of work that ended badly, by stage and kind", ["etapa", "tipo"]
)


class Stage:
    """A stage of the way, and the outcomes that are errors there.

    All its series begin at 0: of one that begins at 1 Prometheus would not see the increase.
    """

    def __init__(self, name: str, *errors: str) -> None:
        self.name = name
        self.errors = errors
        self._ended = WORK.labels(name)
        self._of_kind = {kind: ERRORS.labels(name, kind) for kind in errors}

    def ended(self, outcome: str, times: int = 1) -> None:
        """Count `times` pieces of work that ended with `outcome`, an error or not."""
        self._ended.inc(times)
        error = self._of_kind.get(outcome)
        if error is not None:
            error.inc(times)
