"""What happened, judged by the model: what was done while something forbade it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.integration.stops.interleaving import Decision, Interleaving, Record
from tests.integration.stops.model import Pause, Stops, covers

START_WITHIN_SECONDS = 2.0

_ACTS = """
select 'claim' as what, e.claim_id::text as ref, e.conversa_id::text as conversa, k.pausa as bound,
       f.campanha_id::text as campanha, extract(epoch from e.claimed_at)::float as dated,
       extract(epoch from m.em)::float as ended
  from envios e join regras_envio k using (kind) join fila_mensagens f on f.id = e.fila_id
  join marcas m on m.o_que = 'envios' and m.ref = e.claim_id::text
union all
select 'commit', t.id::text, t.conversa_id::text, true, null,
       extract(epoch from t.committed_at)::float, extract(epoch from m.em)::float
  from turnos t join marcas m on m.o_que = 'turnos' and m.ref = t.id::text
"""
_ROWS = """
select j.id, extract(epoch from j.created_at)::float as began,
       extract(epoch from m.em)::float as ended
  from julia_status j join marcas m on m.o_que = 'julia_status' and m.ref = j.id::text
 order by j.id
"""


@dataclass
class Judgement:
    """What was wrong; and what there was, so that nothing right means something."""

    seed: int
    wrong: list[str]
    claims: int = 0
    commits: int = 0
    posts: int = 0
    stops: int = 0
    # Claims of what no pause binds, in the middle of one that covers their doctor.
    exempt: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        found = "\n".join(self.wrong[:10])
        return (
            f"STOPS_SEED={self.seed}: {len(self.wrong)} wrong\n{found}\nclaims {self.claims},"
            f" exempt {self.exempt}, commits {self.commits}, POSTs {self.posts},"
            f" stops {self.stops}\n{dict(self.done)}"
        )


async def judge(world: Interleaving) -> Judgement:
    """Compare what the database did with what the model allows."""
    julia, record = world.julia, world.record
    rows = await julia.sql(_ROWS)
    stops = Stops()
    wrong = [*record.wrong, *_order(rows), *_replayed(stops, rows, record)]
    judged = Judgement(world.seed, wrong, stops=len(stops.pauses), done=record.done)
    claims: dict[str, tuple[float, list[Pause]]] = {}
    for act in await julia.sql(_ACTS):
        facts = world.conversations[act["conversa"]] | {"campanha": act["campanha"]}
        covering = [pause for pause in stops.pauses if covers(pause.scope, facts)]
        forbade = [one for one in covering if one.began < act["ended"] and act["dated"] < one.ended]
        if act["what"] == "claim":
            judged.claims += 1
            if act["bound"]:
                claims[act["ref"]] = (act["dated"], covering)
        else:
            judged.commits += 1
        if act["bound"]:
            wrong += [f"{act['what']} at {act['dated']} in {pause}" for pause in forbade]
        else:
            judged.exempt += bool(forbade)
    for post in record.posts:
        judged.posts += 1
        dated, covering = claims.get(post.claim_id, (0.0, []))
        wrong += [
            f"POST at {post.at}, claimed at {dated}, {post.at - pause.began:.2f} s after {pause}"
            for pause in covering
            if post.at > pause.began + START_WITHIN_SECONDS
            and (post.at < pause.ended or dated < pause.began)
        ]
    standing = await julia.sql("select id from pausas where coalesce(ate > api.agora(), true)")
    if standing:
        wrong.append(f"after everything was lifted there stand {[row['id'] for row in standing]}")
    left = await julia.value("select count(*) from fila_mensagens where status = 'pendente'")
    if left:
        wrong.append(f"after everything was lifted {left} parts wait")
    return judged


def _order(rows: list[Any]) -> Iterator[str]:
    """Each row begins when the one before it has come to its end."""
    for before, after in pairwise(rows):
        if after["began"] <= before["ended"]:
            yield f"row {after['id']} was decided before row {before['id']} was over"


def _replayed(stops: Stops, rows: list[Any], record: Record) -> Iterator[str]:
    """Let the model live through the decisions, in the order of their rows."""
    places: dict[str, int] = defaultdict(int)
    for row in rows:
        decision = record.decisions.get(row["id"])
        if decision is None:
            yield f"nobody decided row {row['id']}"
        else:
            yield from _lived(stops, row, decision, record, places)
    yield from (
        f"row {row} is gone" for row in record.decisions.keys() - {row["id"] for row in rows}
    )


def _lived(
    stops: Stops, row: Any, decision: Decision, record: Record, places: dict[str, int]
) -> Iterator[str]:
    at, uid = row["began"], decision.uid
    if uid is None:
        if decision.status == "ativo":
            stops.activate(at, decision.scope)
        else:
            stops.pause(row["id"], at, decision.scope, decision.until)
    elif decision.status == "removida":
        # What it showed last may have changed nothing.
        _skip(stops, record, uid, places, at)
        stops.remove(uid, at)
    else:
        _skip(stops, record, uid, places, at)
        spec = decision.spec
        assert spec is not None
        if decision.status == "pausada" and spec.until is not None:
            # Its time may run out while it is written.
            at = min(at, spec.until - 1e-6)
        expected = stops.judge(uid, decision.generation, spec, at).status
        if expected != decision.status:
            yield f"row {row['id']} was {decision.status}, and should be {expected}"
        stops.show(uid, decision.generation, spec, at, row["id"])
        places[uid] += 1


def _skip(stops: Stops, record: Record, uid: str, places: dict[str, int], at: float) -> None:
    """Show the model what was shown before this row and wrote none."""
    shown = record.shown[uid]
    while places[uid] < len(shown) and shown[places[uid]][0] is None:
        decision = shown[places[uid]][1]
        assert decision.spec is not None
        stops.show(uid, decision.generation, decision.spec, at, None)
        places[uid] += 1
