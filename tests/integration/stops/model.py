"""What stops what: the rules of a pause in plain Python, apart from the SQL that they judge.

Times are numbers that grow (the database's clock, in seconds); ids are those of `julia_status`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

type Facts = Mapping[str, str | None]
"""Of a send or a turn: `especialidade`, `estado`, `instancia`, `campanha`; None: not known."""

type Scope = Mapping[str, str]
"""Single values joined by AND; empty: everything."""


def covers(scope: Scope, facts: Facts) -> bool:
    return all(facts.get(field) == value for field, value in scope.items())


def is_as_wide(scope: Scope, other: Scope) -> bool:
    """Whether whatever `other` covers is covered by `scope`."""
    return all(other.get(field) == value for field, value in scope.items())


@dataclass(slots=True)
class Pause:
    """Stands from `began` until `ended`, by itself no longer than `until`.

    `uid`: of the resource that set it.
    """

    id: int
    scope: Scope
    began: float
    ended: float
    until: float | None
    uid: str | None

    def stands(self, at: float) -> bool:
        return self.began <= at < self.ended


@dataclass(frozen=True, slots=True)
class Spec:
    """What a resource asks for. Only another one is a decision."""

    paused: bool
    scope: Scope = field(default_factory=dict)
    until: float | None = None
    request: str | None = None


@dataclass(slots=True)
class _Resource:
    generation: int
    spec: Spec
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be answered, and whether a row is written."""

    status: str
    row: bool


class Stops:
    """Every pause there was, in the order of the rows."""

    def __init__(self) -> None:
        self.pauses: list[Pause] = []
        self._resources: dict[str, _Resource] = {}

    def standing(self, at: float) -> list[Pause]:
        return [pause for pause in self.pauses if pause.stands(at)]

    def covering(self, facts: Facts, at: float) -> list[Pause]:
        return [pause for pause in self.standing(at) if covers(pause.scope, facts)]

    def pause(
        self, row: int, at: float, scope: Scope, until: float | None, uid: str | None = None
    ) -> None:
        """Whoever pauses: it is added to what stands."""
        end = math.inf if until is None else until
        self.pauses.append(Pause(row, scope, at, end, until, uid))

    def activate(self, at: float, scope: Scope) -> None:
        """An `ativo` ends what is as narrow as it, or narrower."""
        self._end(at, (pause for pause in self.standing(at) if is_as_wide(scope, pause.scope)))

    def judge(self, uid: str, generation: int, spec: Spec, at: float) -> Verdict:
        """What is to become of a spec that is shown, if it is shown now."""
        known = self._resources.get(uid)
        if known and not known.removed and known.spec == spec:
            return Verdict("repetida", row=False)
        returned = known is not None and generation <= known.generation
        over = spec.until is not None and spec.until <= at
        if spec.paused and not over:
            return Verdict("pausada", row=True)
        if known is None or known.removed or returned:
            return Verdict("observada", row=False)
        if spec.paused:
            return Verdict("vencida", row=bool(self._own(uid, at)))
        return Verdict("retomada", row=True)

    def show(self, uid: str, generation: int, spec: Spec, at: float, row: int | None) -> None:
        """The spec was shown, and `row` was written for it."""
        status = self.judge(uid, generation, spec, at).status
        if status == "repetida":
            return
        known = self._resources.get(uid)
        returned = known is not None and generation <= known.generation
        if status != "observada" and not returned:
            self._end(at, self._own(uid, at))
        if status == "pausada":
            assert row is not None
            self.pause(row, at, spec.scope, spec.until, uid)
        elif status == "retomada":
            self.activate(at, spec.scope)
        newest = max(generation, known.generation if known else 0)
        self._resources[uid] = _Resource(newest, spec)

    def remove(self, uid: str, at: float) -> Verdict:
        """The resource is gone, and its own pauses with it."""
        known = self._resources.get(uid)
        if known is None or known.removed:
            return Verdict("desconhecida", row=False)
        own = self._own(uid, at)
        self._end(at, own)
        known.removed = True
        return Verdict("removida", row=bool(own))

    def _own(self, uid: str, at: float) -> list[Pause]:
        return [pause for pause in self.standing(at) if pause.uid == uid]

    def _end(self, at: float, pauses: Iterator[Pause] | list[Pause]) -> None:
        for pause in list(pauses):
            pause.ended = at
