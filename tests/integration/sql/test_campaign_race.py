"""Everything at once: feeding, sending, doctors who write or opt out, managers who stop it."""

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia, together
from tests.integration.sql.courting import MONDAY, Courting

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.integration

DOCTORS, WORKERS, ACTS = 30, 6, 30


class Bustle:
    """Acts at random; a deadlock, or any other error of the database, ends it."""

    def __init__(self, courting: Courting, chance: random.Random, campaigns: list[str]) -> None:
        self.courting = courting
        self.julia = courting.julia
        self.chance = chance
        self.campaigns = campaigns
        # When each opt-out was known to be committed.
        self.stopped: dict[str, datetime] = {}
        self.acts = {
            self.feed: 5,
            self.plan: 2,
            self.send: 30,
            self.write: 6,
            self.opt_out: 1,
            self.stop_and_go_on: 2,
            self.move: 1,
            self.expire: 1,
        }

    async def work(self) -> None:
        for act in self.chance.choices(list(self.acts), list(self.acts.values()), k=ACTS):
            await act()

    async def feed(self) -> None:
        await self.julia.call("feed_campaigns", limit=7)

    async def plan(self) -> None:
        await self.julia.call("plan_followups", limit=7)

    async def send(self) -> None:
        bells = (await self.julia.call("due_doorbells", limit=3))["conversas"]
        for bell in bells:
            claim = await self.julia.claim(bell["conversa_id"])
            if claim["status"] == "enviar":
                result = self.chance.choices(["enviada", "incerta", "nao_enviada"], [9, 1, 1])[0]
                await self.julia.record(claim, result)

    async def write(self) -> None:
        n = self.chance.randrange(DOCTORS)
        number = self.chance.choice([INSTANCE, "outro"])
        await self.julia.receive(self.courting.phone(n), "oi", instance=number)

    async def opt_out(self) -> None:
        n = self.chance.randrange(DOCTORS)
        if self.chance.random() < 0.5:
            await self.julia.opt_out_by_sql(self.courting.phone(n))
        else:
            await self.julia.receive(self.courting.phone(n), "pare", opt_out={"motivo": "pare"})
        self.stopped.setdefault(f"+{self.courting.phone(n)}", self.julia.now())

    async def stop_and_go_on(self) -> None:
        if self.chance.random() < 0.5:
            for status in ("pausada", "ativa"):
                await self.julia.sql(
                    "update campanhas set status = $1 where status in ('ativa', 'pausada')", status
                )
            return
        campanha = self.chance.choice(self.campaigns)
        for function in ("campanha_pausar", "campanha_retomar"):
            if (await self.courting.progress(campanha))["status"] in {"ativa", "pausada"}:
                await self.courting.manage(function, campanha)

    async def move(self) -> None:
        de, para = self.chance.sample([INSTANCE, "outro"], 2)
        await self.julia.call("mover_medicos", de=de, para=para, por="ana", limite=3)

    async def expire(self) -> None:
        await self.julia.call("expire_replies", limit=5)


async def test_each_doctor_gets_a_campaign_once_and_nothing_after_an_opt_out_in_any_bustle(
    julia: Julia,
) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    await courting.number("outro")
    for n in range(DOCTORS):
        await courting.doctor(n)
    chance = random.Random(20261123)
    campaigns = [await courting.start(), await courting.start()]
    bustle = Bustle(courting, chance, campaigns)
    for _ in range(3):
        await together(WORKERS, lambda _: bustle.work())
        await courting.move_to(MONDAY, 10)

    claims = await julia.sql(
        "select f.campanha_id, f.medico_id, e.status, e.claimed_at, m.telefone "
        "from envios e join fila_mensagens f on f.id = e.fila_id "
        "join medicos m on m.id = e.medico_id where f.kind in ('campanha', 'followup')"
    )
    assert len(claims) > DOCTORS // 3
    late = [
        c for c in claims if c["claimed_at"] > bustle.stopped.get(c["telefone"], c["claimed_at"])
    ]
    assert late == []
    assert bustle.stopped
    sent = Counter(
        (c["campanha_id"], c["medico_id"])
        for c in claims
        if c["campanha_id"] and c["status"] == "enviado"
    )
    assert set(sent.values()) == {1}
    # The recipients say what their messages say.
    assert await julia.sql(_OUT_OF_STEP) == []


@pytest.mark.parametrize("status", ["pausada", "cancelada"])
async def test_a_stop_commits_after_the_claims_that_did_not_see_it(
    julia: Julia, status: str
) -> None:
    courting = Courting(julia)
    await courting.move_to(MONDAY, 10)
    await courting.number()
    for n in range(2):
        await courting.doctor(n)
    await courting.start()
    await courting.feed()
    claimed, waiting = [str(row["conversa_id"]) for row in await courting.outbox()]

    async with julia.pool.acquire() as claiming, claiming.transaction():
        claim = await julia.call_on(claiming, "claim_next", **julia.claiming(claimed))
        assert claim["status"] == "enviar"
        stop = asyncio.create_task(julia.sql("update campanhas set status = $1", status))
        while not stop.done() and not await julia.value(_WAITS_FOR_CLAIMS):
            await asyncio.sleep(0.01)
        assert not stop.done()
    await stop

    assert (await julia.record(claim))["status"] == "registrada"
    assert (await julia.claim(waiting))["status"] != "enviar"


_WAITS_FOR_CLAIMS = """
    select exists (select from pg_locks where locktype = 'advisory' and not granted
      and objid::bigint = private.status_lock_key()
      and database = (select oid from pg_database where datname = current_database()))
"""
_OUT_OF_STEP = """
    select d.status, f.status from campanha_destinatarios d
      left join fila_mensagens f on f.id = d.fila_id
     where case d.status when 'enviada' then f.status <> 'enviada'
                         when 'na_fila' then f.status not in ('pendente', 'processando', 'incerta')
                         else f.status not in ('cancelada', 'estacionada', 'erro') end
"""
