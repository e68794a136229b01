"""A small world for the soak: doctors who write, services that work and die, people who step in.

It keeps its own record of what reached WhatsApp; the database is judged by that record.
"""

import asyncio
import random
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from tests.integration.sql.conftest import Julia, lid, phone
from tests.integration.sql.market import Market

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NUMBERS = ("julia-um", "julia-dois")
MAX_HORA, MAX_DIA = 300, 1000
_PATIENCE = 60
"""Rounds of a drain after which only what must wait for days is left."""

SOFT = {"mensagens_novas", "reserva_perdida", "efeito_invalido"}
USAGE = {"model": "x", "input_tokens": 1, "output_tokens": 1, "custo_usd": "0.01", "llm_ms": 1}


@dataclass(frozen=True)
class Doctor:
    """One person, whom WhatsApp knows by two addresses."""

    phone: dict[str, str]
    lid: dict[str, str]


@dataclass(frozen=True)
class Message:
    """What a doctor wrote, as it may be delivered again."""

    doctor: Doctor
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """What reached a doctor's WhatsApp."""

    key_id: str
    at: datetime
    claim: dict[str, Any]
    conversa: str
    doctor: Doctor | None


class World:
    """Acts at random; each act is one thing that happens in production."""

    def __init__(self, julia: Julia, seed: int) -> None:
        self.julia = julia
        self.chance = random.Random(seed)
        self.doctors = [Doctor(phone(f"55119{n:08d}"), lid(f"{7000 + n}")) for n in range(30)]
        self.messages: list[Message] = []
        self.conversations: dict[str, Doctor | None] = {}
        self.deliveries: list[Delivery] = []
        self.claimed: set[str] = set()
        self.stops: dict[str, list[list[datetime]]] = defaultdict(list)
        self.done: Counter[str] = Counter()
        self.drained_from = julia.now()
        self.market = Market(julia, self.chance)
        self._brains = [str(uuid.uuid4()) for _ in range(3)]
        self._late: list[Callable[[], Awaitable[Any]]] = []
        self._control: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._acts: dict[Callable[[], Awaitable[None]], float] = {
            self.write: 14,
            self.write_from_elsewhere: 3,
            self.deliver_again: 6,
            self.change_a_message: 3,
            self.react: 2,
            self.say_stop: 1,
            self.think: 22,
            self.send: 30,
            self.settle: 8,
            self.acknowledge: 3,
            self.take_over: 2,
            self.give_back: 6,
            self.type_on_the_phone: 0.5,
            self.write_as_person: 2,
            self.opt_out_by_sql: 0.5,
            self.expire: 1,
            self.pause: 1,
            self.look: 2,
            self.flap: 1,
            self.assess: 1,
            self.move: 0.3,
            self.market.manage: 2,
            self.market.expire: 1,
        }

    async def connect(self) -> None:
        """The numbers have been connected since yesterday: nothing that comes is history."""
        for number in NUMBERS:
            await self.julia.call("connection_changed", instance=number, state="open")
        await self.julia.sql(
            "update whatsapp_instances set first_connected_at = api.agora() - interval '1 day'"
        )

    async def live(self, workers: int, acts: int) -> None:
        """Let everybody act at once for a while, then let time pass."""

        async def work() -> None:
            for act in self.chance.choices(list(self._acts), list(self._acts.values()), k=acts):
                await act()
                self.done[act.__name__] += 1

        await asyncio.gather(*(work() for _ in range(workers)))
        late, self._late = self._late, []
        jump = self.chance.choices([0.5, 2, 5, 16, 40, 400], [6, 6, 4, 4, 3, 0.3])[0]
        await self.julia.later(seconds=jump)
        for act in late:
            await act()

    # Doctors

    async def write(self, text: str = "Oi, tem plantão?", **p: Any) -> None:
        doctor = self.chance.choice(self.doctors)
        forms = [[doctor.phone], [doctor.lid], [doctor.phone, doctor.lid]]
        identities = self.chance.choices(forms, [6, 3, 1])[0]
        await self._receive(doctor, identities=identities, text=text, **p)

    async def write_from_elsewhere(self) -> None:
        await self.write(instance=NUMBERS[1])

    async def deliver_again(self) -> None:
        if self.messages:
            message = self.chance.choice(self.messages)
            copies = self.chance.randint(1, 3)
            await asyncio.gather(*(self.julia.receive(**message.arguments) for _ in range(copies)))

    async def react(self) -> None:
        await self.write(text="👍", tipo="reacao")

    async def say_stop(self) -> None:
        await self.write(text="SAIR", opt_out={"motivo": "palavra: sair"})

    async def change_a_message(self) -> None:
        if self.messages:
            message = self.chance.choice(self.messages[-20:])
            await self.julia.call(
                "edit_message",
                instance=message.arguments["instance"],
                key_id=message.arguments["key_id"],
                change=self.chance.choice(["edit", "edit", "revoke"]),
                text="corrigido",
                changed_at=self.julia.now().isoformat(),
            )

    async def _receive(self, doctor: Doctor, **p: Any) -> None:
        arguments = {"instance": NUMBERS[0], "key_id": uuid.uuid4().hex} | p
        late = self.chance.choices([0, 5, 90], [8, 2, 1])[0]
        arguments["provider_at"] = self.julia.ago(seconds=late)
        message = Message(doctor, arguments)
        answer = await self.julia.receive(**arguments)
        assert answer["status"] == "nova"
        self.messages.append(message)
        self.conversations[answer["conversa_id"]] = doctor

    # The brain

    async def think(self) -> None:
        brain = self.chance.choice(self._brains)
        due = await self.julia.call("due_turns", owner=brain, limit=20)
        conversations = [turn["conversa_id"] for turn in due["turns"]]
        if not conversations and self.conversations:
            conversations = list(self.conversations)
        if not conversations:
            return
        conversa = self.chance.choice(conversations)
        fate = self.chance.choices(
            ["commit", "commit late", "force", "release", "die", "renew"], [8, 3, 2, 1, 1, 1]
        )[0]
        owner = str(uuid.uuid4()) if fate == "die" else brain
        turn = await self.julia.begin(conversa, owner=owner)
        if turn["status"] != "iniciado":
            return
        assert turn["pending"]
        lease = {"conversa_id": conversa, "token": turn["token"]}
        if fate == "release":
            await self.julia.call("release_turn", motivo="x", retry_in_s=1, **lease)
        if fate == "renew":
            await self.julia.call("renew_turn", **lease)
        if fate in {"commit late", "renew"}:
            await asyncio.sleep(0.01)
        if fate in {"commit", "commit late", "force", "renew"}:
            await self._commit(turn, force=fate == "force")

    async def _commit(self, turn: dict[str, Any], *, force: bool) -> None:
        outcome = self.chance.choices(["resposta", "transferir", "sem_resposta"], [20, 1, 1])[0]
        draft = await self.market.draft(turn)
        effects = draft["effects"] | self._effects(for_good=outcome == "sem_resposta")
        tools = {"effects": effects, "holds": draft["holds"]}
        # Often the same words, as people do.
        words = [self.chance.choice(["Oi!", "Tem sim.", uuid.uuid4().hex]) for _ in range(3)]
        parts = words[: self.chance.randint(1, 3)]
        answers = await asyncio.gather(
            *(
                self.julia.commit(turn, *parts, force=force, outcome=outcome, **tools)
                for _ in range(self.chance.choice([1, 1, 1, 2]))
            )
        )
        if answers[0].get("motivo") in SOFT:
            await self.julia.call(
                "release_turn",
                conversa_id=turn["conversa_id"],
                token=turn["token"],
                motivo=answers[0]["motivo"],
            )
        if answers[0]["status"] == "recusado":
            await self.julia.call(
                "record_spent",
                conversa_id=turn["conversa_id"],
                op_id=turn["turno_id"],
                motivo=answers[0]["motivo"],
                usage=USAGE,
            )

    def _effects(self, *, for_good: bool) -> dict[str, Any]:
        """What the tools of a turn did, now and then."""
        at = self.julia.now() + timedelta(seconds=self.chance.choice([0, 2, 20]))
        reminder = {"quando": at.isoformat(), "contexto": "x", "mensagem": uuid.uuid4().hex}
        memory = {"tipo": "preferencia", "conteudo": self.chance.choice(["noturno", "perto"])}
        scope = "definitivo" if for_good else self.chance.choice([None] * 30 + ["mes"])
        return {
            "lembretes": [reminder] if self.chance.random() < 0.2 else [],
            "memorias": [memory] if self.chance.random() < 0.2 else [],
            "opt_out": scope and {"escopo": scope, "motivo": "x"},
        }

    # The dispatcher

    async def send(self, *, ceilings: bool = True) -> None:
        bells = (await self.julia.call("due_doorbells", limit=5))["conversas"]
        conversations = [bell["conversa_id"] for bell in bells]
        if not conversations and self.conversations:
            conversations = [self.chance.choice(list(self.conversations))]
        limits = {"max_hora": MAX_HORA, "max_dia": MAX_DIA} if ceilings else {}
        for conversa in conversations:
            claim = await self.julia.claim(conversa, **limits)
            if claim["status"] == "enviar":
                assert claim["claim_id"] not in self.claimed
                self.claimed.add(claim["claim_id"])
                await self._post(conversa, claim)

    async def _post(self, conversa: str, claim: dict[str, Any]) -> None:
        fate = self.chance.choices(
            [
                self._delivered,
                self._lost,
                self._refused,
                self._impossible,
                self._released,
                self._died,
            ],
            [56, 4, 5, 1, 4, 2],
        )[0]
        await fate(conversa, claim)

    async def _lost(self, _: str, claim: dict[str, Any]) -> None:
        await self.julia.record(claim, "incerta", motivo="timeout")

    async def _refused(self, _: str, claim: dict[str, Any]) -> None:
        await self.julia.record(claim, "nao_enviada", motivo="conexão recusada")

    async def _impossible(self, _: str, claim: dict[str, Any]) -> None:
        await self.julia.record(claim, "nao_enviada", permanent=True, motivo="exists:false")

    async def _released(self, _: str, claim: dict[str, Any]) -> None:
        await self.julia.call("release_claim", claim_id=claim["claim_id"], motivo="tarde")

    async def _died(self, _: str, claim: dict[str, Any]) -> None:
        """Before the POST: nothing tells."""

    async def _delivered(self, conversa: str, claim: dict[str, Any]) -> None:
        doctor = self.conversations.get(conversa)
        delivery = Delivery(uuid.uuid4().hex, self.julia.now(), claim, conversa, doctor)
        self.deliveries.append(delivery)
        ending = self.chance.choices(
            ["answered", "echo first", "answer lost", "died", "stopped"], [40, 8, 4, 2, 2]
        )[0]
        answer = {"provider_message_id": delivery.key_id}
        # By which address WhatsApp knows whom we wrote to, where it says so.
        if (addresses := self._address(delivery)) and self.chance.random() < 0.5:
            answer["remote_jid"] = addresses[0]["jid"]
        if ending == "echo first" or self.chance.random() < 0.3:
            await self._echo(delivery)
        if ending in {"answered", "echo first"}:
            await asyncio.gather(*(self.julia.record(claim, **answer) for _ in range(2)))
        elif ending == "answer lost":
            await self.julia.record(claim, "incerta", motivo="timeout")
        elif ending == "stopped":
            self._late.append(lambda: self.julia.record(claim, **answer))
        if self.chance.random() < 0.3:
            self._late.append(lambda: self._echo(delivery))

    async def _echo(self, delivery: Delivery) -> None:
        for _ in range(50):
            answer = await self.julia.echo(
                delivery.claim["conteudo"],
                instance=delivery.claim["instance"],
                key_id=delivery.key_id,
                source=self.chance.choice(["send.message", "messages.upsert"]),
                provider_at=delivery.at.replace(microsecond=0).isoformat(),
                identities=self._address(delivery),
            )
            assert answer["status"] != "assumida", "an echo of ours was taken for a person's"
            if answer["status"] != "aguardar":
                return
            await asyncio.sleep(0.01)

    def _address(self, delivery: Delivery) -> list[dict[str, str]]:
        if delivery.doctor is None:
            return []
        return [self.chance.choice([delivery.doctor.phone, delivery.doctor.lid])]

    async def acknowledge(self) -> None:
        if self.deliveries:
            delivery = self.chance.choice(self.deliveries)
            await self.julia.call(
                "record_ack",
                instance=delivery.claim["instance"],
                key_id=delivery.key_id,
                status=self.chance.choice(["SERVER_ACK", "DELIVERY_ACK", "READ"]),
            )

    # The scheduler

    async def settle(self) -> None:
        sends = await self.julia.call("uncertain_sends", limit=5, owner=self._brains[0])
        arrived = {d.claim["claim_id"]: d for d in self.deliveries}
        for send in sends["sends"]:
            delivery = arrived.get(send["claim_id"])
            if self.chance.random() < 0.1:
                await self.julia.settle(send, "nenhuma", reachable=self.chance.random() < 0.5)
            elif delivery is None:
                await self.julia.settle(send, "negativa")
            else:
                assert send["destino"]
                await self.julia.settle(
                    send,
                    "positiva",
                    provider_message_id=delivery.key_id,
                    identities=self._address(delivery),
                )

    async def expire(self) -> None:
        await self.julia.call("expire_replies", limit=10)

    async def look(self) -> None:
        await self.julia.call("backlog")
        await self.julia.call("rate_usage")
        await self.julia.call("list_numbers")

    async def assess(self) -> None:
        await self.julia.call("assess_numbers")

    async def flap(self) -> None:
        """A number loses its connection or its account, and is soon back."""
        number = self.chance.choice(NUMBERS)
        state, reason = self.chance.choice([("connecting", None), ("close", 401), ("close", 403)])
        await self.julia.call("connection_changed", instance=number, state=state, reason=reason)
        await asyncio.sleep(0.02)
        await self.julia.call("connection_changed", instance=number, state="open")

    # People

    async def take_over(self) -> None:
        conversa = self._any_conversation()
        async with self._control[conversa]:
            if self.chance.random() < 0.7:
                await self.julia.take_over_by_sql(conversa)
            else:
                await self.julia.call(
                    "take_over",
                    conversa_id=conversa,
                    trigger_type="manual",
                    motivo="x",
                    notify=self.chance.random() < 0.5,
                )
            self.stops[conversa].append([self.julia.now()])

    async def give_back(self) -> None:
        conversa = self._any_conversation()
        async with self._control[conversa]:
            for stop in self.stops[conversa]:
                if len(stop) == 1:
                    stop.append(self.julia.now())
            await self.julia.give_back(conversa)

    async def type_on_the_phone(self) -> None:
        doctor = self.chance.choice(self.doctors)
        await self.julia.echo(
            f"Oi, aqui é a Bia {uuid.uuid4()}",
            instance=NUMBERS[0],
            source="messages.upsert",
            identities=[doctor.phone],
        )

    async def move(self) -> None:
        """Some doctors get the other number."""
        await self.julia.sql(
            "update medicos set instance = $1 where telefone is not null and instance is null",
            NUMBERS[0],
        )
        de, para = self.chance.sample(NUMBERS, 2)
        try:
            await self.julia.call("mover_medicos", de=de, para=para, por="ana", limite=5)
        except asyncpg.InvalidParameterValueError as refusal:
            # The other number is not connected at this moment: the person would try later.
            if "não pode receber médicos agora" not in str(refusal):
                raise

    async def write_as_person(self) -> None:
        await self.julia.write_as_person(self._any_conversation(), "Oi, aqui é a Bia")

    async def opt_out_by_sql(self) -> None:
        doctor = self.chance.choice(self.doctors)
        await self.julia.opt_out_by_sql(doctor.phone["jid"].partition("@")[0])

    async def pause(self) -> None:
        await self.julia.pause()
        await asyncio.sleep(0.02)
        await self.julia.resume()

    def _any_conversation(self) -> str:
        return self.chance.choice([*self.conversations] or [str(uuid.uuid4())])

    # The end

    async def drain(self) -> None:
        """Nothing new happens; everything that is under way comes to its end."""
        await self.julia.resume()
        for number in NUMBERS:
            # As well as ever: a number that was banned would take days for what it owes.
            whose = {"instance": number, "por": "ana"}
            await self.julia.call("connection_changed", instance=number, state="open")
            await self.julia.call("definir_saude", saude="boa", motivo="fim", **whose)
            await self.julia.call("definir_numero", antigo=True, **whose)
        self.drained_from = self.julia.now()
        for doctor in self.doctors:
            for number in NUMBERS:
                await self._receive(
                    doctor, identities=[doctor.phone, doctor.lid], text="fim", instance=number
                )
        for row in await self.julia.sql("select id from conversations"):
            self.conversations.setdefault(str(row["id"]), None)
        for turn in range(200):
            await self.julia.later(seconds=16)
            if turn == _PATIENCE:
                # What is left has had its doctor's share of the week.
                await self.julia.later(days=7)
            late, self._late = self._late, []
            for act in late:
                await act()
            for _ in range(4):
                await self.settle()
            await asyncio.gather(*(self.think() for _ in range(8)))
            await asyncio.gather(*(self.send(ceilings=False) for _ in range(4)))
            await self.expire()
            if not await self._is_under_way():
                return

    async def _is_under_way(self) -> bool:
        return await self.julia.value(
            "select exists (select from fila_mensagens where status in "
            "('pendente', 'processando', 'incerta')) "
            "or exists (select from interacoes where situacao = 'pendente') "
            "or exists (select from envios where status in ('aberto', 'incerto'))"
        )

    def stopped_at(self, conversa: str, at: datetime) -> bool:
        """Whether a person had the conversation for certain at that time."""
        return any(
            stop[0] < at < (stop[1] if len(stop) > 1 else at + timedelta(seconds=1))
            for stop in self.stops[conversa]
        )
