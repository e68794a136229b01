"""Everything that can be done about a stop, one after the other; the database against the model.

The database's clock stands still between the steps and is moved by them: both sides know the time
to the microsecond.
"""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.integration.sql.conftest import Julia
from tests.integration.stops.model import Facts, Scope, Spec, Stops

ESTADOS = ("SP", "RJ")
ESPECIALIDADES = ("Anestesiologia", "Pediatria")
INSTANCIAS = ("julia-um", "julia-dois")
CAMPANHAS = ("0b9d0c3e-1111-4222-8333-444455556666", "0b9d0c3e-1111-4222-8333-444455557777")
KINDS = ("reply", "human_agent", "handoff_notice", "optout_confirmation", "canary")

# What is known of a doctor: nothing at all of the last.
DOCTORS: tuple[tuple[str | None, str | None, str], ...] = (
    ("SP", "Pediatria", INSTANCIAS[0]),
    ("SP", "Anestesiologia", INSTANCIAS[1]),
    ("RJ", "Pediatria", INSTANCIAS[1]),
    (None, None, INSTANCIAS[0]),
)

_PREPARE = """
create table public.relogio (agora timestamptz not null);
insert into public.relogio values ('2026-03-02T15:00:00Z');
create or replace function api.agora() returns timestamptz language sql volatile
set search_path = '' as $$ select agora from public.relogio $$;
insert into especialidades (nome) values ('Anestesiologia'), ('Pediatria');
"""
_CAMPAIGN = "insert into campanhas (id, nome, tipo, corpo) values ($1, 'x', 'discovery', 'Oi')"

_FORGET = """
set session_replication_role = replica;
delete from julia_status; delete from pausas; delete from pausas_encerradas;
delete from recursos_status; delete from notificacoes_gestor;
reset session_replication_role;
"""

scopes = st.fixed_dictionaries(
    {},
    optional={
        "especialidade": st.sampled_from(ESPECIALIDADES),
        "estado": st.sampled_from(ESTADOS),
        "campanha": st.sampled_from(CAMPANHAS),
        "instancia": st.sampled_from(INSTANCIAS),
    },
).map(lambda scope: dict(list(scope.items())[:2]))
lengths = st.none() | st.integers(1, 40)
resources = st.integers(0, 2)


class Sequence(RuleBasedStateMachine):
    """`julia` and `runner` are those of the test; every example begins with nothing stopped."""

    julia: Julia
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.stops = Stops()
        self.announced = 0
        self.uids = {n: str(uuid.uuid4()) for n in range(3)}
        self.generations = dict.fromkeys(range(3), 0)
        self.specs: dict[int, list[tuple[int, Spec]]] = {n: [] for n in range(3)}
        self.words: list[tuple[str, dict[str, Any]]] = []
        self.turns: dict[int, dict[str, Any]] = {}
        self.texts = count()
        self.now = self._do(self._begin())

    # People

    @rule(
        status=st.sampled_from(("ativo", "pausado", "manutencao", "erro")),
        scope=scopes,
        seconds=lengths,
    )
    def sql(self, status: str, scope: dict[str, str], seconds: int | None) -> None:
        until = None if status == "ativo" else self._in(seconds)
        row = self._value(
            "insert into julia_status (status, motivo, alterado_via, escopo, ate)"
            " values ($1, 'x', 'manual', $2, $3) returning id",
            status,
            json.dumps(scope),
            _time(until),
        )
        self._decided(row, status, scope, until)

    @rule(status=st.sampled_from(("ativo", "pausado")), scope=scopes, seconds=lengths)
    def change_status(self, status: str, scope: dict[str, str], seconds: int | None) -> None:
        until = None if status == "ativo" else self._in(seconds)
        word = {
            "op_id": str(uuid.uuid4()),
            "status": status,
            "motivo": "x",
            "via": "slack",
            "por": "ana",
            "escopo": scope,
            "ate": _iso(until),
        }
        answer = self._call("change_status", **word)
        assert answer["status"] == "registrada"
        self.words.append((answer["id"], word))
        self._decided(answer["id"], status, scope, until)

    @precondition(lambda self: self.words)
    @rule(data=st.data())
    def repeat_a_word(self, data: st.DataObject) -> None:
        row, word = data.draw(st.sampled_from(self.words))
        if word["ate"] is None or datetime.fromisoformat(word["ate"]).timestamp() > self.now:
            answer = self._call("change_status", **word)
            assert (answer["status"], answer["id"]) == ("repetida", row)

    # Resources

    @rule(
        n=resources,
        paused=st.booleans(),
        scope=scopes,
        seconds=st.none() | st.integers(-5, 40),
        request=st.none() | st.sampled_from("ab"),
    )
    def apply(
        self, n: int, paused: bool, scope: dict[str, str], seconds: int | None, request: str | None
    ) -> None:
        self.generations[n] += 1
        until = self._in(seconds) if paused else None
        spec = Spec(paused, scope, until, request)
        self.specs[n].append((self.generations[n], spec))
        self._show(n, self.generations[n], spec)

    @precondition(lambda self: any(self.specs.values()))
    @rule(data=st.data())
    def see_again(self, data: st.DataObject) -> None:
        """A restart, a repeat, a restore: whatever there was, in whatever order."""
        n = data.draw(st.sampled_from([n for n in self.specs if self.specs[n]]))
        self._show(n, *data.draw(st.sampled_from(self.specs[n])))

    @precondition(lambda self: any(self.specs.values()))
    @rule()
    def restart(self) -> None:
        """An operator that starts sees all there is, and what is just being removed."""
        for n, specs in self.specs.items():
            if specs:
                self._show(n, *specs[-1])

    @rule(n=resources)
    def remove(self, n: int) -> None:
        expected = self.stops.remove(self.uids[n], self.now)
        answer = self._call("remove_status", uid=self.uids[n])
        assert (answer["status"], answer["id"] is not None) == (expected.status, expected.row)

    @rule(n=resources)
    def make_anew(self, n: int) -> None:
        """The same name and spec, another uid."""
        self.remove(n)
        self.uids[n] = str(uuid.uuid4())
        self.generations[n] = 1
        if self.specs[n]:
            spec = self.specs[n][-1][1]
            self.specs[n] = [(1, spec)]
            self._show(n, 1, spec)

    # Time

    @rule(seconds=st.integers(1, 30))
    def pass_time(self, seconds: int) -> None:
        self.now = self._do(self._move(seconds))

    @rule()
    def announce(self) -> None:
        over = sum(
            pause.until is not None and pause.ended == pause.until <= self.now
            for pause in self.stops.pauses
        )
        assert self._call("announce_expired")["encerradas"] == over - self.announced
        self.announced = over

    # Services

    @rule(
        doctor=st.integers(0, len(DOCTORS) - 1),
        kind=st.sampled_from(KINDS),
        campanha=st.none() | st.sampled_from(CAMPANHAS),
    )
    def send(self, doctor: int, kind: str, campanha: str | None) -> None:
        claim = self._do(self._claim(doctor, kind, campanha))
        stopped = self.bound[kind] and self._stopped(doctor, campanha)
        assert (claim["status"], claim.get("motivo")) == (
            ("recusado", "pausa") if stopped else ("enviar", None)
        )

    @rule(doctor=st.integers(0, len(DOCTORS) - 1))
    def begin(self, doctor: int) -> None:
        self.turns.pop(doctor, None)
        turn = self._do(self._turn(doctor))
        stopped = self._stopped(doctor, None)
        assert turn["status"] == ("pausado" if stopped else "iniciado")
        if not stopped:
            self.turns[doctor] = turn

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        doctor = data.draw(st.sampled_from(sorted(self.turns)))
        turn = self.turns.pop(doctor)
        answer = self._do(self.julia.commit(turn, outcome="sem_resposta"))
        assert (answer["status"], answer.get("motivo")) == (
            ("recusado", "pausa") if self._stopped(doctor, None) else ("confirmado", None)
        )

    # What must be so after every step

    @invariant()
    def what_stands_is_what_must_stand(self) -> None:
        found = self._do(
            self.julia.sql(
                "select id, escopo::text, extract(epoch from desde)::float desde"
                "  from pausas where coalesce(ate > api.agora(), true) order by id"
            )
        )
        assert [(row["id"], json.loads(row["escopo"])) for row in found] == [
            (pause.id, pause.scope) for pause in self.stops.standing(self.now)
        ]

    @invariant()
    def what_a_standing_pause_covers_is_stopped(self) -> None:
        found = self._do(
            self.julia.sql(
                "select d.n, k as campanha, private.paused_for(c.medico_id, c.instance, k::uuid) s"
                "  from unnest($1::uuid[]) with ordinality d (conversa, n)"
                "  join conversations c on c.id = d.conversa,"
                "  unnest($2::text[]) k",
                self.conversations,
                [None, *CAMPANHAS],
            )
        )
        told = {(row["n"] - 1, row["campanha"]): row["s"] for row in found}
        assert told == {place: self._stopped(*place) for place in told}
        assert len(told) == len(DOCTORS) * 3

    # How it is done

    conversations: list[str]
    bound: dict[str, bool]

    def _stopped(self, doctor: int, campanha: str | None) -> bool:
        return bool(self.stops.covering(facts(doctor, campanha), self.now))

    def _decided(self, row: int, status: str, scope: Scope, until: float | None) -> None:
        if status == "ativo":
            self.stops.activate(self.now, scope)
        else:
            self.stops.pause(row, self.now, scope, until)

    def _show(self, n: int, generation: int, spec: Spec) -> None:
        expected = self.stops.judge(self.uids[n], generation, spec, self.now)
        answer = self._call(
            "apply_status",
            uid=self.uids[n],
            namespace="julia",
            nome=f"r{n}",
            generation=generation,
            paused=spec.paused,
            scope=spec.scope,
            until=_iso(spec.until),
            reason="x",
            request=spec.request,
        )
        assert (answer["status"], answer["id"] is not None) == (expected.status, expected.row)
        self.stops.show(self.uids[n], generation, spec, self.now, answer["id"])

    def _in(self, seconds: int | None) -> float | None:
        return None if seconds is None else self.now + seconds

    def _call(self, function: str, **p: Any) -> Any:
        return self._do(self.julia.call_once(function, **p))

    def _value(self, statement: str, *arguments: Any) -> Any:
        return self._do(self.julia.value(statement, *arguments))

    def _do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    async def _begin(self) -> float:
        async with self.julia.pool.acquire() as connection:
            await connection.execute(_FORGET)
        return await self._move(3600)

    async def _move(self, seconds: int) -> float:
        moment = await self.julia.value(
            "update relogio set agora = agora + make_interval(secs => $1) returning agora", seconds
        )
        return float(moment.timestamp())

    async def _claim(self, doctor: int, kind: str, campanha: str | None) -> Any:
        """A part of the kind is all that waits; whatever becomes of it, it is over."""
        conversa = self.conversations[doctor]
        await self.julia.sql(_PART, conversa, kind, f"texto {next(self.texts)}", campanha)
        claim = await self.julia.claim(conversa)
        if claim["status"] == "enviar":
            await self.julia.record(claim)
        else:
            await self.julia.sql(
                "update fila_mensagens set status = 'cancelada'"
                " where conversa_id = $1 and status = 'pendente'",
                conversa,
            )
        return claim

    async def _turn(self, doctor: int) -> Any:
        await self.julia.receive(
            _phone(doctor),
            instance=DOCTORS[doctor][2],
            provider_at=datetime.fromtimestamp(self.now, UTC),
        )
        await self.julia.make_due(self.conversations[doctor])
        await self.julia.sql(
            "update conversations set lease_token = null, lease_until = null where id = $1",
            self.conversations[doctor],
        )
        return await self.julia.begin(self.conversations[doctor])


_PART = """
with c as (update conversations set turn_seq = turn_seq + 1 where id = $1 returning *)
insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo,
                            campanha_id, control_epoch, next_ring_at, liberada)
select medico_id, id, instance, turn_seq, 1, $2, $2, $3, $4::uuid, control_epoch, api.agora(), true
  from c
"""


def facts(doctor: int, campanha: str | None) -> Facts:
    estado, especialidade, instancia = DOCTORS[doctor]
    return {
        "estado": estado,
        "especialidade": especialidade,
        "instancia": instancia,
        "campanha": campanha,
    }


async def furnish(julia: Julia) -> tuple[list[str], dict[str, bool]]:
    """The doctors' conversations, and which kinds a pause binds."""
    await julia.pool.execute(_PREPARE)
    for campanha in CAMPANHAS:
        await julia.sql(_CAMPAIGN, campanha)
    start = await julia.value("select agora from relogio")
    conversations = []
    for n, (estado, especialidade, instancia) in enumerate(DOCTORS):
        received = await julia.receive(_phone(n), instance=instancia, provider_at=start)
        conversations.append(received["conversa_id"])
        await julia.sql(
            "update medicos set estado = $2, especialidade_id ="
            " (select id from especialidades where nome = $3) where id = $1",
            received["medico_id"],
            estado,
            especialidade,
        )
    rules = await julia.sql("select kind, pausa from regras_envio")
    return conversations, {row["kind"]: row["pausa"] for row in rules}


def _phone(doctor: int) -> str:
    return f"55119{doctor:08d}"


def _time(moment: float | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()
