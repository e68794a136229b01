"""Everybody at once, on many connections: who stops, who resumes, who looks again, who sends.

The world keeps a record of its own: what each row of `julia_status` was meant to be, and when each
POST began. The database adds the one thing that nobody outside can know: a mark, made as the last
act of each transaction that claims, commits or decides.
"""

import asyncio
import json
import random
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from tests.integration.sql.conftest import Julia
from tests.integration.stops.model import Facts, Scope, Spec

from julia_common.database import (
    Claimed,
    ClaimNext,
    ClaimReleased,
    NotClaimed,
    RecordSend,
    SendRecorded,
)
from julia_common.errors import Permanent, Retryable
from julia_common.evolution import File, NotSent, Presence, SendOutcome, Sent
from julia_common.resilience.breaker import CircuitBreaker, Limits
from julia_common.resilience.clock import SystemClock
from julia_dispatcher.sending import Sending, Terms

ESTADOS = ("SP", "RJ")
ESPECIALIDADES = ("Anestesiologia", "Pediatria")
INSTANCIAS = ("julia-um", "julia-dois")
CAMPANHA = "0b9d0c3e-1111-4222-8333-444455556666"
KINDS = ("reply", "reply", "human_agent", "handoff_notice", "canary")
DOCTORS = 16

# The last act of a transaction, and a little time in the middle of it for others to come between.
_PREPARE = """
create table public.marcas (o_que text, ref text, em timestamptz);
create function public.marcar() returns trigger language plpgsql security definer as $$
begin
  insert into public.marcas values
    (tg_table_name, case tg_table_name when 'envios' then to_jsonb(new) ->> 'claim_id'
                                       else to_jsonb(new) ->> 'id' end, clock_timestamp());
  return null;
end $$;
create function public.demorar() returns trigger language plpgsql security definer as $$
begin
  perform pg_sleep(random() * 0.01);
  return new;
end $$;
create constraint trigger marcar after insert on public.envios
  deferrable initially deferred for each row execute function public.marcar();
create constraint trigger marcar after insert on public.turnos
  deferrable initially deferred for each row execute function public.marcar();
create constraint trigger marcar after insert on public.julia_status
  deferrable initially deferred for each row execute function public.marcar();
create trigger demorar before insert on public.envios
  for each row execute function public.demorar();
create trigger demorar before insert on public.turnos
  for each row execute function public.demorar();
create trigger a_demorar before insert on public.julia_status
  for each row execute function public.demorar();
insert into especialidades (nome) values ('Anestesiologia'), ('Pediatria');
insert into campanhas (id, nome, tipo, corpo)
values ('0b9d0c3e-1111-4222-8333-444455556666', 'Maio', 'discovery', 'Oi');
"""

_PART = """
with c as (update conversations set turn_seq = turn_seq + 1 where id = $1 returning *)
insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo,
                            campanha_id, control_epoch, next_ring_at, liberada)
select medico_id, id, instance, turn_seq, 1, $2, $2, $3, $4::uuid, control_epoch, api.agora(), true
  from c
"""


# What is played before it is judged.
_A_WHILE = {"decisions": 30, "posts": 30, "commits": 5, "refused": 10}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row was meant to be: of a resource, or of a person."""

    status: str
    scope: Scope
    until: float | None = None
    uid: str | None = None
    generation: int = 0
    spec: Spec | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A POST that began at `at`, by the machine's clock."""

    claim_id: str
    at: float


@dataclass
class Record:
    """What the world knows of itself."""

    decisions: dict[int, Decision] = field(default_factory=dict)
    # Of each resource, in the order in which they were first shown; None: no row was written.
    shown: dict[str, list[tuple[int | None, Decision]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    posts: list[Post] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def happened(self) -> dict[str, int]:
        """How much there was of what counts."""
        return {
            "decisions": len(self.decisions),
            "posts": len(self.posts),
            "commits": self.done["commit confirmado"],
            "refused": self.done["pausa"] + self.done["commit pausa"],
        }

    def decided(self, row: int, decision: Decision) -> None:
        """Note what the row says; nobody else may claim it."""
        if row in self.decisions:
            self.wrong.append(f"row {row} was answered to two decisions")
        self.decisions[row] = decision
        self.done[decision.status] += 1


@dataclass
class Weather:
    """Whether answers and connections come late or not at all, now and then."""

    chance: random.Random
    rough: bool = False

    def choose[T](self, usual: T, *rare: tuple[T, float]) -> T:
        """The usual, or when it is rough one of the rare, each by its percentage."""
        others = [percent for _, percent in rare]
        weights = [100 - sum(others), *others] if self.rough else [100, *(0 for _ in rare)]
        return self.chance.choices([usual, *(one for one, _ in rare)], weights)[0]


class _Outbox:
    """The database, by a network that is at times slow and at times loses an answer."""

    def __init__(self, julia: Julia, weather: Weather, record: Record) -> None:
        self._julia = julia
        self._weather = weather
        self._record = record
        self.claims: dict[str, str] = {}

    async def claim_next(self, claim: ClaimNext) -> Claimed | NotClaimed:
        await asyncio.sleep(self._weather.choose(0.0, (0.02, 30)))
        answer = await self._call("claim_next", claim)
        self._record.done[answer.get("motivo") or answer["status"]] += 1
        if answer["status"] != "enviar":
            return NotClaimed.model_validate(answer)
        fate = self._weather.choose("prompt", ("slow", 8), ("late", 4), ("lost", 2))
        self._record.done[fate] += 1
        if fate == "lost":
            raise Retryable("the answer was lost")
        await asyncio.sleep({"prompt": 0, "slow": 0.7, "late": 2.05}[fate])
        claimed = Claimed.model_validate(answer)
        self.claims[claimed.conteudo] = claimed.claim_id
        return claimed

    async def release_claim(self, *, claim_id: str, motivo: str) -> ClaimReleased:
        self._record.done["released"] += 1
        try:
            answer = await self._julia.call("release_claim", claim_id=claim_id, motivo=motivo)
        except asyncpg.NoDataFoundError as error:
            raise Permanent(str(error)) from error
        return ClaimReleased.model_validate(answer)

    async def record_send(self, send: RecordSend) -> SendRecorded:
        return SendRecorded.model_validate(await self._call("record_send", send))

    async def _call(self, function: str, arguments: ClaimNext | RecordSend) -> Any:
        try:
            return await self._julia.call_once(
                function, **arguments.model_dump(mode="json", exclude_none=True)
            )
        except asyncpg.LockNotAvailableError as error:
            raise Retryable(str(error)) from error


class _Evolution:
    """Notes when each POST begins; connections take their time, and a late one is not used."""

    def __init__(self, outbox: _Outbox, weather: Weather, record: Record) -> None:
        self._outbox = outbox
        self._weather = weather
        self._record = record

    async def send_text(
        self, instance: str, number: str, text: str, *, start_within_seconds: float
    ) -> SendOutcome:
        asked = time.monotonic()
        await asyncio.sleep(self._weather.choose(0.0, (0.05, 20), (1.0, 6), (2.1, 2)))
        at = time.time()
        if time.monotonic() - asked > start_within_seconds:
            self._record.done["no connection in time"] += 1
            return NotSent(permanent=False, reason="no connection in time", unreachable=True)
        self._record.posts.append(Post(self._outbox.claims[text], at))
        return Sent(uuid.uuid4().hex, f"{number}@s.whatsapp.net")

    async def send_media(
        self, instance: str, number: str, file: File, caption: str, *, start_within_seconds: float
    ) -> SendOutcome:
        raise NotImplementedError

    async def send_presence(
        self, instance: str, number: str, presence: Presence, *, hold_seconds: float
    ) -> None:
        raise NotImplementedError


class _Impatient(SystemClock):
    """What is given back later is given back soon: no call outlives its answer here."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.1))


class Interleaving:
    """Acts at random until enough has happened; then all is lifted, and what waits is sent."""

    def __init__(self, julia: Julia, seed: int) -> None:
        self.julia = julia
        self.seed = seed
        self.chance = random.Random(seed)
        self.record = Record()
        self.weather = Weather(self.chance)
        self.conversations: dict[str, Facts] = {}
        self._doctors: list[tuple[str, str, str]] = []
        self._enough: dict[str, int] = {}

    async def furnish(self) -> None:
        await self.julia.pool.execute(_PREPARE)
        await asyncio.gather(*(self._doctor(n) for n in range(DOCTORS)))

    async def _doctor(self, n: int) -> None:
        estado, especialidade = ESTADOS[n % 2], ESPECIALIDADES[n // 2 % 2]
        instancia = INSTANCIAS[n // 4 % 2]
        received = await self.julia.receive(f"55119{n:08d}", instance=instancia)
        await self.julia.sql(
            "update medicos set estado = $2, especialidade_id ="
            " (select id from especialidades where nome = $3) where id = $1",
            received["medico_id"],
            estado,
            especialidade,
        )
        conversa = received["conversa_id"]
        self._doctors.append((f"55119{n:08d}", instancia, conversa))
        self.conversations[conversa] = {
            "estado": estado,
            "especialidade": especialidade,
            "instancia": instancia,
        }

    async def live(self, times: int = 1) -> None:
        """Until so much has happened, however long that takes on this machine."""
        seen = self.record.happened()
        self._enough = {what: seen[what] + times * n for what, n in _A_WHILE.items()}
        dispatchers = [self._dispatcher() for _ in range(2)]
        self.weather.rough = True
        await asyncio.gather(
            *(self._think() for _ in range(3)),
            *(self._write() for _ in range(2)),
            *(self._send(dispatcher) for dispatcher in dispatchers for _ in range(7)),
            *(self._resource(n) for n in range(3)),
            *(self._person() for _ in range(2)),
            self._slack(),
            self._announce(),
        )
        self.weather.rough = False
        await self._decide("ativo", {}, None)
        for dispatcher in dispatchers:
            await dispatcher.finish()
        await self._drain(dispatchers[0])

    # Who sends

    def _dispatcher(self) -> Sending:
        outbox = _Outbox(self.julia, self.weather, self.record)
        return Sending(
            outbox,
            _Evolution(outbox, self.weather, self.record),
            CircuitBreaker("evolution", Limits(failures=10_000, reset_seconds=1)),
            Terms(max_hora=100_000, max_dia=100_000, post_timeout_s=10, owner=str(uuid.uuid4())),
            _Impatient(),
        )

    async def _send(self, dispatcher: Sending) -> None:
        while self._on():
            try:
                await dispatcher.step(self.chance.choice(list(self.conversations)))
            except Retryable:
                self.record.done["database away"] += 1
            await self._pause_for(0.02)

    async def _drain(self, dispatcher: Sending) -> None:
        # Nobody waits here for the next try of what found no connection.
        await self.julia.sql(
            "update fila_mensagens set next_try_at = null where status = 'pendente'"
        )
        for _ in range(200):
            waiting = await self.julia.sql(
                "select distinct conversa_id::text c from fila_mensagens where status = 'pendente'"
            )
            if not waiting:
                return
            await asyncio.gather(
                *(dispatcher.step(row["c"]) for row in waiting), return_exceptions=True
            )
            await asyncio.sleep(0.05)

    async def _think(self) -> None:
        """A doctor writes and is answered."""
        while self._on():
            number, instancia, conversa = self.chance.choice(self._doctors)
            await self.julia.receive(number, instance=instancia)
            await self.julia.make_due(conversa)
            turn = await self.julia.begin(conversa)
            self.record.done[f"turn {turn['status']}"] += 1
            if turn["status"] == "iniciado":
                await self._pause_for(0.05)
                answer = await self.julia.commit(turn, uuid.uuid4().hex, uuid.uuid4().hex)
                self.record.done[f"commit {answer.get('motivo') or answer['status']}"] += 1

    async def _write(self) -> None:
        """What else may be sent: of a campaign, by a person, notices."""
        while self._on():
            await self.julia.sql(
                _PART,
                self.chance.choice(list(self.conversations)),
                self.chance.choice(KINDS),
                uuid.uuid4().hex,
                self.chance.choice([None, CAMPANHA]),
            )
            await self._pause_for(0.1)

    # Who stops and resumes

    async def _person(self) -> None:
        """By the runbook's statement, with and without a scope and an end."""
        while self._on():
            status = self.chance.choices(["ativo", "pausado", "erro"], [3, 2, 1])[0]
            scope = self._scope() if self.chance.random() < 0.6 else {}
            await self._decide(status, scope, self._end(status))
            await self._pause_for(0.3)

    async def _decide(self, status: str, scope: Scope, until: float | None) -> None:
        try:
            row = await self.julia.value(
                "insert into julia_status (status, motivo, alterado_via, escopo, ate)"
                " values ($1, 'x', 'manual', $2, $3) returning id",
                status,
                json.dumps(scope),
                None if until is None else datetime.fromtimestamp(until, UTC),
            )
        except asyncpg.InvalidParameterValueError:
            # Its end came while it waited to be written.
            return
        self.record.decided(row, Decision(status, scope, until))

    async def _slack(self) -> None:
        """A manager's word, delivered more than once at a time."""
        while self._on():
            status = self.chance.choices(["ativo", "pausado"], [2, 1])[0]
            scope = self._scope()
            word = {
                "op_id": str(uuid.uuid4()),
                "status": status,
                "motivo": "x",
                "via": "slack",
                "por": "ana",
                "escopo": scope,
            }
            answers = await asyncio.gather(
                *(self.julia.call("change_status", **word) for _ in range(3))
            )
            told = sorted(answer["status"] for answer in answers)
            if told != ["registrada", "repetida", "repetida"]:
                self.record.wrong.append(f"one word, said three times, was {told}")
            self.record.decided(answers[0]["id"], Decision(status, scope))
            await self._pause_for(0.4)

    async def _resource(self, n: int) -> None:
        """Each spec is shown first by one replica, and then by another, as often as it likes."""
        while self._on():
            uid, old = str(uuid.uuid4()), []
            for generation in range(1, self.chance.randint(2, 8)):
                paused = self.chance.random() < 0.5
                until = self._end("pausado") if paused else None
                spec = Spec(paused, self._scope(), until, uuid.uuid4().hex)
                await self._show_first(n, uid, generation, spec)
                old.append((generation, spec))
                again = self.chance.choices(old, k=2)
                await asyncio.gather(*(self._show_again(n, uid, *one) for one in again))
                await self._pause_for(0.3)
                if not self._on():
                    break
            await self._remove(uid)
            await asyncio.gather(*(self._show_again(n, uid, *one) for one in old))

    async def _show_first(self, n: int, uid: str, generation: int, spec: Spec) -> None:
        answer = await self._apply(n, uid, generation, spec)
        decision = Decision(answer["status"], spec.scope, spec.until, uid, generation, spec)
        self.record.shown[uid].append((answer["id"], decision))
        if answer["id"] is not None:
            self.record.decided(answer["id"], decision)

    async def _show_again(self, n: int, uid: str, generation: int, spec: Spec) -> None:
        answer = await self._apply(n, uid, generation, spec, confirmed=False)
        if answer["status"] not in {"repetida", "antiga"} or answer["id"] is not None:
            self.record.wrong.append(f"a spec that was seen again was {answer}")
        self.record.done["seen again"] += 1

    async def _apply(self, n: int, uid: str, generation: int, spec: Spec, **p: Any) -> Any:
        return await self.julia.call(
            "apply_status",
            uid=uid,
            namespace="julia",
            nome=f"r{n}",
            generation=generation,
            paused=spec.paused,
            scope=spec.scope,
            reason="x",
            request=spec.request,
            until=None if spec.until is None else _iso(spec.until),
            **p,
        )

    async def _remove(self, uid: str) -> None:
        answer = await self.julia.call("remove_status", uid=uid)
        if answer["id"] is not None:
            self.record.decided(answer["id"], Decision("removida", {}, uid=uid))

    async def _announce(self) -> None:
        while self._on():
            await self.julia.call("announce_expired")
            await self._pause_for(0.2)

    # Chance

    def _on(self) -> bool:
        happened = self.record.happened()
        return any(happened[what] < n for what, n in self._enough.items())

    async def _pause_for(self, most: float) -> None:
        await asyncio.sleep(self.chance.random() * most)

    def _scope(self) -> dict[str, str]:
        every = {
            "estado": self.chance.choice(ESTADOS),
            "especialidade": self.chance.choice(ESPECIALIDADES),
            "instancia": self.chance.choice(INSTANCIAS),
            "campanha": CAMPANHA,
        }
        return {
            name: every[name] for name in self.chance.sample(list(every), self.chance.randint(0, 2))
        }

    def _end(self, status: str) -> float | None:
        if status == "ativo" or self.chance.random() < 0.4:
            return None
        return time.time() + self.chance.random() * 0.6


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
