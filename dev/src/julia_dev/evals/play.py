"""Plays cases against a running stack, many at a time."""

import asyncio
import datetime as dt
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx

from julia_dev.evals import furnishing
from julia_dev.evals.case import ScriptedAnswer, Step
from julia_dev.evals.cast import NO_SHIFTS, SPECIALTIES, Cast, Doctor
from julia_dev.evals.loading import Hospital, Listed
from julia_dev.evals.played import Played, Received, StepSeen
from julia_dev.evals.rows import rows_of
from julia_dev.evals.scene import Scene, scene_of
from julia_dev.evals.world import World

AT_A_TIME = 16
_REST_S = 45
"""Longer than a turn with a repair and a voided draft takes on two busy cores."""

_BURST_PAUSE_S = 0.2
_LOOK_S = 1.0
_CASE_S = 240


@dataclass
class Player:
    """Plays the cases of one run."""

    world: World
    hospitals: Mapping[str, Hospital]
    cast: Cast
    tell: Callable[[Played], None] = field(default=lambda _: None)
    """Told of each conversation when it has ended."""

    async def play(self, listed: Sequence[Listed]) -> list[Played]:
        """Play all. Cases with shifts of one speciality follow each other: none sees another's."""
        lanes = _lanes(listed)
        played: list[Played] = []

        async def work() -> None:
            while lanes:
                # The longest first: what must follow each other decides how long it takes.
                specialty, lane = lanes.pop(lanes.index(max(lanes, key=lambda each: len(each[1]))))
                played.append(await self._one(lane.popleft(), specialty))
                self.tell(played[-1])
                if lane:
                    lanes.append((specialty, lane))

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_A_TIME):
                group.create_task(work())
        return played

    async def _one(self, listed: Listed, specialty: str) -> Played:
        case = listed.case
        scene = scene_of(
            case,
            doctors=self.cast.doctors(case, specialty),
            hospitals=self.hospitals,
            now=dt.datetime.now(dt.UTC),
        )
        performance = _Performance(self.world, scene)
        try:
            async with asyncio.timeout(_CASE_S), self._furnished(scene):
                for number, step in enumerate(case.passos, 1):
                    await performance.step(number, step)
                rows = await rows_of(self.world.db, scene)
        except TimeoutError:
            return Played(listed, scene, tuple(performance.seen), error=f"took over {_CASE_S} s")
        except (asyncpg.PostgresError, httpx.HTTPError) as error:
            return Played(listed, scene, tuple(performance.seen), error=f"not played: {error}")
        return Played(listed, scene, tuple(performance.seen), rows)

    @asynccontextmanager
    async def _furnished(self, scene: Scene) -> AsyncIterator[None]:
        for doctor in scene.doctors.values():
            await self.world.join(doctor)
        await furnishing.set_up(self.world.db, scene)
        try:
            yield
        finally:
            await furnishing.clear_away(self.world.db, scene)


def _lanes(listed: Sequence[Listed]) -> list[tuple[str, deque[Listed]]]:
    """Give each case a speciality; those with shifts share one only with their own lane."""
    lanes: dict[str, deque[Listed]] = {name: deque() for name in SPECIALTIES}
    alone: list[tuple[str, deque[Listed]]] = []
    for one in listed:
        wanted = one.case.medico.especialidade
        if wanted in lanes:
            lanes[wanted].append(one)
        elif not one.case.vagas:
            alone.append((NO_SHIFTS, deque([one])))
        else:
            min(lanes.values(), key=len).append(one)
    return [*((name, lane) for name, lane in lanes.items() if lane), *alone]


@dataclass
class _Performance:
    """One case under way."""

    world: World
    scene: Scene
    seen: list[StepSeen] = field(default_factory=list)
    _keys: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _read: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def step(self, number: int, step: Step) -> None:
        doctor = self.scene.doctors[step.quem]
        answers: list[ScriptedAnswer] = [self.scene.filled(answer) for answer in step.claude]
        if answers:
            await self.world.script(doctor, answers)
        await self._happen(step, doctor)
        if step.sem_esperar:
            self.seen.append(StepSeen(number))
            return
        at_rest = [
            await self.world.until_at_rest(each, self._keys[key], within_s=_REST_S)
            for key, each in self.scene.doctors.items()
            if self._keys[key]
        ]
        texts, self._read[step.quem] = await self.world.deliveries(
            doctor, after=self._read[step.quem]
        )
        booked = await self.world.has_booked(doctor)
        self.seen.append(
            StepSeen(
                number=number,
                received=tuple(Received(step.quem, text, booked) for text in texts),
                at_rest=all(at_rest),
                unused=await self.world.unscript(doctor) if answers else 0,
            )
        )

    async def _happen(self, step: Step, doctor: Doctor) -> None:
        for position, text in enumerate(step.diz):
            await asyncio.sleep(_BURST_PAUSE_S if position else 0)
            self._keys[step.quem].append(await self.world.write(doctor, self.scene.fill(text)))
        if step.envia is not None:
            says = self.scene.fill(step.envia.diz)
            self._keys[step.quem].append(await self.world.send_media(doctor, step.envia, says))
        if step.edita is not None:
            await self.world.edit(doctor, self._keys[step.quem][-1], self.scene.fill(step.edita))
        if step.apaga:
            await self.world.delete(doctor, self._keys[step.quem][-1])
        await self._intervene(step, doctor)
        await self._be_silent(step, doctor)

    async def _be_silent(self, step: Step, doctor: Doctor) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + step.silencio
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(left, _LOOK_S))
            arrived, _ = await self.world.deliveries(doctor, after=self._read[step.quem])
            if step.recebe and arrived:
                return

    async def _intervene(self, step: Step, doctor: Doctor) -> None:
        if step.pessoa_escreve is not None:
            await self.world.type_on_phone(doctor, self.scene.fill(step.pessoa_escreve))
        if step.pessoa_assume:
            await self.world.take_over(doctor)
        if step.pessoa_devolve:
            await self.world.give_back(doctor)
        if step.gestor is not None:
            await self.world.change_shift(self.scene.shifts[step.gestor.vaga], step.gestor.status)
