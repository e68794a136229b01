"""What is played: each raises `Failed` when something does not come about."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from julia_dev.people.scene import (
    COPILOT_ON,
    GIVE_BACK,
    PATIENCE_S,
    SHOWN_DRAFT,
    TAKE_OVER,
    Scene,
    require,
    until,
)

_LONGEST_S: Final = 4.5
"""Within this time after a doctor's message her answer is thought out and sent."""
_KILLS: Final = 4


@dataclass
class Play:
    """One run: who plays, how much, and who wrote what to whom."""

    scene: Scene
    rng: random.Random
    takeovers: int
    outage_s: float
    replies: Counter[tuple[str, str]] = field(default_factory=Counter)
    writings: int = 0
    """Messages of doctors."""
    told: list[str] = field(default_factory=list)
    """Conversations of ours of whose hand-off managers must have read, once."""
    _numbers: int = 0

    async def new_doctor(self, text: str) -> str:
        """A doctor nobody knows writes; returns her number."""
        self._numbers += 1
        number = f"551198{self._numbers:07}"
        await self.scene.doctor(number)
        await self.writes(number, text)
        return number

    async def writes(self, number: str, text: str) -> None:
        """The doctor writes to Julia."""
        await self.scene.writes(number, text)
        self.writings += 1

    async def reply(self, number: str, text: str) -> None:
        """The coordinator answers the doctor in Chatwoot."""
        row = await self.scene.conversation(number)
        await self.scene.acts(row["chat"], "reply", content=text)
        self.replies[(number, text)] += 1

    async def in_hands(self, number: str, whose: str) -> bool:
        """Whether `ai` or `human` has the conversation."""
        row = await self.scene.conversation(number)
        return row is not None and row["controlled_by"] == whose

    async def has_chat(self, number: str) -> bool:
        """Whether Chatwoot has the conversation."""
        row = await self.scene.conversation(number)
        return row is not None and row["chat"] is not None

    async def all_shown(self, number: str | None = None) -> bool:
        """Whether nothing is left to be done in Chatwoot, for one doctor or for all."""
        row = await self.scene.conversation(number) if number else None
        return await self.scene.pending(row and row["id"]) == 0

    async def all_told(self) -> bool:
        """Whether managers have read of each hand-off that they must have read of, once."""
        return all([await self.scene.cards(conversa) == 1 for conversa in self.told])

    async def all_heard(self) -> bool:
        """Whether all that doctors wrote was stored, and is answered or with a person."""
        heard = await self.scene.heard()
        return heard.stored >= self.writings and heard.open == 0


async def conversation(play: Play) -> None:
    """The doctor asks for a person; a card comes; she is answered, given back, and answered."""
    scene = play.scene
    number = await play.new_doctor("Oi, quero falar com uma pessoa de verdade, um atendente")
    await until("the hand-off", lambda: play.in_hands(number, "human"))
    await until("all in Chatwoot", play.all_shown)
    row = await scene.conversation(number)
    chat = (await scene.chats())[row["chat"]]
    require("label", holds=chat["labels"] == ["humano"])
    require("status", holds=chat["status"] == "open")
    require("private note", holds=any(message["private"] for message in chat["messages"]))

    await scene.acts(row["chat"], "reply", content="anotação interna", private=True)
    await play.reply(number, "Oi, doutora, aqui é a Bia!")

    async def answered() -> bool:
        return "Oi, doutora, aqui é a Bia!" in await scene.read_by(number)

    await until("the person's answer", answered)
    left = "anotação interna" in await scene.read_by(number)
    require("a private note stays", holds=not left)
    await scene.acts(row["chat"], "status", status="resolved")
    await until("the return", lambda: play.in_hands(number, "ai"))
    before = len(await scene.read_by(number))
    await play.writes(number, "Obrigada! Tem plantão de anestesia em Campinas sábado?")

    async def julia_goes_on() -> bool:
        return len(await scene.read_by(number)) > before

    await until("Julia's answer", julia_goes_on)
    play.told.append(row["id"])


async def race(play: Play) -> None:
    """People take over at random moments of turns and sends, in each way, and give back so."""
    doctors = 10
    rounds = -(-play.takeovers // doctors)
    numbers = [await play.new_doctor("Oi, tem plantão?") for _ in range(doctors)]
    for number in numbers:
        await until("the conversation in Chatwoot", partial(play.has_chat, number))
    for n in range(rounds):
        await asyncio.gather(*(_taken_and_given_back(play, number, n) for number in numbers))


async def _taken_and_given_back(play: Play, number: str, n: int) -> None:
    scene = play.scene
    await play.writes(number, f"E no dia {n + 1}, tem alguma coisa?")
    await asyncio.sleep(play.rng.uniform(0, _LONGEST_S))
    row = await scene.conversation(number)
    if play.rng.random() < 0.5:  # noqa: PLR2004 - a coin
        await play.reply(number, f"Já vejo, rodada {n}")
    else:
        await scene.database.execute(TAKE_OVER, row["id"])
    await until("the takeover", lambda: play.in_hands(number, "human"))
    await asyncio.sleep(play.rng.uniform(0, _LONGEST_S))
    by_sql, pause_s = play.rng.random() < 0.5, play.rng.uniform(0, 1)  # noqa: PLR2004 - a coin
    await asyncio.gather(
        _given_back(play, number, row, by_sql=by_sql),
        _written_after(play, number, f"E depois do dia {n + 1}?", pause_s),
    )


async def _given_back(play: Play, number: str, row: Any, *, by_sql: bool) -> None:
    if by_sql:
        await play.scene.database.execute(GIVE_BACK, row["id"])
    else:
        await until("all in Chatwoot", lambda: play.all_shown(number))
        await play.scene.acts(row["chat"], "status", status="open")
        await play.scene.acts(row["chat"], "status", status="resolved")
    await until("the return", lambda: play.in_hands(number, "ai"))


async def _written_after(play: Play, number: str, text: str, pause_s: float) -> None:
    await asyncio.sleep(pause_s)
    await play.writes(number, text)


async def outage(play: Play) -> None:
    """Chatwoot and Slack are down: the takeover silences Julia at once, its effects come later.

    Both ask for patience (429) before they answer nothing but 500.
    """
    scene = play.scene
    number = await play.new_doctor("Oi, tem plantão?")
    await until("the conversation in Chatwoot", lambda: play.has_chat(number))
    await until("Julia's answer", lambda: scene.read_by(number))
    neighbours = (scene.chatwoot, scene.slack)
    await _shortly_before_managers_are_told(play.outage_s)
    for neighbour in neighbours:
        patience = {"kind": "rate_limited", "times": 1, "seconds": 2}
        down = {"kind": "server_error", "times": None}
        (await neighbour.post("/_sim/faults", json=[patience, down])).raise_for_status()
    row = await scene.conversation(number)
    await scene.database.execute(TAKE_OVER, row["id"])
    before = await scene.read_by(number)
    await play.writes(number, "Alguém aí?")
    await asyncio.sleep(play.outage_s)
    said = (await scene.read_by(number))[len(before) :]
    # The notice of the takeover itself is all.
    require("Julia is silent after the takeover", holds=len(said) <= 1)
    for neighbour in neighbours:
        (await neighbour.delete("/_sim/faults")).raise_for_status()
    await until("the effects after the outage", play.all_shown)
    play.told.append(row["id"])
    await until("the Slack cards, once", play.all_told)
    require("label", holds=(await scene.chats())[row["chat"]]["labels"] == ["humano"])


async def _shortly_before_managers_are_told(outage_s: float) -> None:
    """Wait until the next minute begins in the middle of an outage, if it is a short one."""
    to_the_minute = 60 - time.time() % 60
    await asyncio.sleep(max(0.0, to_the_minute - outage_s / 2))


async def faults(play: Play) -> None:
    """Webhooks come twice, again, unsigned and late; requests are done and not heard."""
    scene = play.scene
    number = await play.new_doctor("Oi, tem plantão?")
    await until("the conversation in Chatwoot", lambda: play.has_chat(number))
    kinds = ("webhook_twice", "webhook_again", "webhook_unsigned", "webhook_late")
    for kind in kinds:
        fault = {"kind": kind, "operation": "message_created", "seconds": 1}
        (await scene.chatwoot.post("/_sim/faults", json=fault)).raise_for_status()
        await play.reply(number, f"Resposta com {kind}")
    fault = {"kind": "done_unheard", "operation": "POST messages", "seconds": 0, "times": 3}
    (await scene.chatwoot.post("/_sim/faults", json=fault)).raise_for_status()
    await play.writes(number, "Oi?")

    async def all_read() -> bool:
        read = Counter(await scene.read_by(number))
        return all(read[f"Resposta com {kind}"] for kind in kinds)

    await until("the person's answers", all_read)
    await until("all in Chatwoot", play.all_shown)


async def kills(play: Play) -> None:
    """The scheduler and the brain are killed while things are being shown and people write."""
    number = await play.new_doctor("Oi, tem plantão?")
    await until("the conversation in Chatwoot", lambda: play.has_chat(number))
    for n in range(_KILLS):
        await play.writes(number, f"Mais uma pergunta, a {n + 1}")
        await play.reply(number, f"Resposta {n + 1}")
        await asyncio.sleep(play.rng.uniform(0, 2))
        play.scene.stack.kill("scheduler" if n % 2 else "brain")
    await play.scene.stack.wait_ready("scheduler", "brain")

    async def all_read() -> bool:
        read = Counter(await play.scene.read_by(number))
        return all(read[f"Resposta {n + 1}"] for n in range(_KILLS))

    await until("the person's answers", all_read, 180)
    await until("all in Chatwoot", play.all_shown, 180)


async def copilot(play: Play) -> None:
    """Answers wait for the coordinator's word, which she gives in each way, through a kill too."""
    scene = play.scene
    number = await play.new_doctor("Oi, tem plantão?")
    await until("the conversation in Chatwoot", lambda: play.has_chat(number))
    await until("Julia's answer", partial(_reads_more, play, number, 0))
    row = await scene.conversation(number)
    await scene.database.fetchval(COPILOT_ON, str(row["id"]))
    drafts = _Drafts(play, number, row["id"], row["chat"])

    first = await drafts.next("Tem de anestesia em Campinas?")
    await scene.acts(row["chat"], "reply", content="aprovar", private=True)
    await drafts.reaches(first)

    await drafts.next("E em Santos?")
    await scene.acts(row["chat"], "reply", content="editar: Em Santos, não.", private=True)
    await drafts.reaches("Em Santos, não.")

    lapsed = await drafts.next("E domingo?")
    await play.writes(number, "Aliás, sábado à noite?")
    await scene.acts(row["chat"], "reply", content="aprovar", private=True)
    await until("the doctor's words end the draft", partial(drafts.has_ended, lapsed, "vencido"))
    again = await drafts.shown(after=lapsed)
    fault = {"kind": "webhook_twice", "operation": "conversation_updated"}
    (await scene.chatwoot.post("/_sim/faults", json=fault)).raise_for_status()
    await drafts.label("aprovar")
    await drafts.reaches(again)

    await drafts.next("E segunda?")
    await scene.acts(row["chat"], "reply", content="editar: Segunda tem um.", private=True)
    scene.stack.kill("brain")
    scene.stack.kill("dispatcher")
    await drafts.reaches("Segunda tem um.", patience_s=180)

    rejected = await drafts.next("E terça?")
    await drafts.label("rejeitar")
    await until("the rejection", partial(drafts.has_ended, rejected, "rejeitado"))
    await until("a person has her", lambda: play.in_hands(number, "human"))
    await until("all in Chatwoot", lambda: play.all_shown(number))
    labels = (await scene.chats())[row["chat"]]["labels"]
    require("only the label of a person is left", holds=labels == ["humano"])
    read = Counter(await scene.read_by(number))
    for text in ("Em Santos, não.", "Segunda tem um."):
        require(f"{text!r} came once", holds=read[text] == 1)


async def _reads_more(play: Play, number: str, than: int) -> bool:
    return len(await play.scene.read_by(number)) > than


@dataclass(frozen=True)
class _Draft:
    turno_id: object
    parts: tuple[str, ...]


@dataclass
class _Drafts:
    """The drafts of one conversation, as the coordinator sees them."""

    play: Play
    number: str
    conversa_id: str
    chat: int
    seen: int = 0
    """How many messages the doctor had read when the last draft was made."""

    async def next(self, text: str) -> _Draft:
        """The doctor writes, and the coordinator can read the draft of the answer."""
        self.seen = len(await self.play.scene.read_by(self.number))
        await self.play.writes(self.number, text)
        draft = await self.shown()
        now = len(await self.play.scene.read_by(self.number))
        require("nothing is sent before approval", holds=now == self.seen)
        return draft

    async def shown(self, after: _Draft | None = None) -> _Draft:
        """The draft that waits, once Chatwoot has shown it."""

        async def look() -> _Draft | None:
            row = await self.play.scene.database.fetchrow(SHOWN_DRAFT, self.conversa_id)
            if row is None or (after is not None and row["turno_id"] == after.turno_id):
                return None
            return _Draft(row["turno_id"], tuple(row["partes"]))

        found = await until("a draft in Chatwoot", look)
        require("a draft was shown", holds=found is not None)
        await asyncio.sleep(1)  # Chatwoot's times are whole seconds
        return found or _Draft(None, ())

    async def reaches(self, what: "_Draft | str", patience_s: float = PATIENCE_S) -> None:
        """The doctor reads it."""
        wanted = [what] if isinstance(what, str) else list(what.parts)

        async def has_read() -> bool:
            return (await self.play.scene.read_by(self.number))[self.seen :] == wanted

        await until(f"{wanted} and nothing else", has_read, patience_s)

    async def has_ended(self, draft: _Draft, status: str) -> bool:
        """Whether this became of it."""
        found = await self.play.scene.database.fetchval(
            "select status from rascunhos_copiloto where turno_id = $1", draft.turno_id
        )
        return bool(found == status)

    async def label(self, label: str) -> None:
        """The coordinator puts a label on."""
        now = (await self.play.scene.chats())[self.chat]["labels"]
        await self.play.scene.acts(self.chat, "labels", labels=[*now, label])


SCENARIOS: Final[dict[str, Callable[[Play], Awaitable[None]]]] = {
    "conversation": conversation,
    "race": race,
    "outage": outage,
    "faults": faults,
    "kills": kills,
    "copilot": copilot,
}
"""By name, in the order in which they are played."""
