"""The simulators and the database, as the ledger's driver sees them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import asyncpg
import httpx

from julia_dev.ledger.account import Delivery, Period, Records, Thought, Written, numbers_in

LID_FORMS = ("none", "none", "none", "none", "none", "alt", "overwritten", "sender_pn", "bare")
"""Most doctors show their number; the others are written as the versions of Evolution do."""

_PAGE = 10_000

_DATABASE_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # asyncpg's own words for a server that was killed while it shook hands.
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@dataclass(frozen=True)
class Handoff:
    """A conversation on the people's list."""

    doctor: str
    since: float
    trigger: str


class Places(Protocol):
    """Where a run's neighbours are: those of a local stack, or of a cluster."""

    def url(self, part: str) -> str:
        """Return the base URL of a simulator (`evolution`, `anthropic`)."""

    def broker_url(self) -> str:
        """Return the URL of RabbitMQ's management API, with user and password."""

    def pg_dsn(self) -> str:
        """Return the database, as its owner."""


class World:
    """One run's neighbours: the simulated WhatsApp, the simulated Claude, the SQL console."""

    def __init__(self, places: Places) -> None:
        """Talk to simulators, to the broker, and to the database as its owner."""
        self._whatsapp = _client(places.url("evolution"))
        self._claude = _client(places.url("anthropic"))
        self._broker = _client(places.broker_url())
        self._dsn = places.pg_dsn()
        self._number_of: dict[str, str] = {}
        self._lid_of: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._whatsapp.aclose()
        await self._claude.aclose()
        await self._broker.aclose()

    # What doctors and people do

    async def join(self, doctors: Sequence[str], *, plain: bool = False) -> None:
        """Make the doctors known to the simulated WhatsApp, in all forms of address."""
        rows = [
            {
                "number": number,
                "name": f"Doutor {n}",
                "jid_without_ninth_digit": not plain and n % 4 == 0,
                "lid_form": "none" if plain else LID_FORMS[n % len(LID_FORMS)],
            }
            for n, number in enumerate(doctors)
        ]
        answer = await self._post("/_sim/doctors", {"doctors": rows})
        for row in answer["doctors"]:
            self._number_of[row["lid"]] = row["number"]
            self._lid_of[row["number"]] = row["lid"]

    async def write(self, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Let doctors write; answers the simulator's records, in the same order."""
        answer = await self._post("/_sim/messages", {"messages": list(messages)})
        return list(answer["messages"])

    async def type_on_phone(self, doctor: str, text: str) -> None:
        """Let a person type to the doctor on the company's phone."""
        await self._post(f"/_sim/doctors/{doctor}/phone", {"text": text})

    async def tune(self, **changes: object) -> None:
        """Change speeds of the simulated WhatsApp."""
        (await self._whatsapp.patch("/_sim/tuning", json=changes)).raise_for_status()

    async def connect(self, instance: str) -> None:
        """Let one of our numbers be connected to WhatsApp, as if its QR code had been scanned."""
        await self._post(f"/_sim/instances/{instance}/connection", {"action": "reconnect"})

    async def clear_faults(self) -> None:
        """Let the simulated WhatsApp work well again."""
        (await self._whatsapp.delete("/_sim/faults")).raise_for_status()

    async def slow_sends(self, seconds: float, *, instance: str | None = None) -> None:
        """Let every send (of one of our numbers, if named) take its time, as over the air."""
        match = {} if instance is None else {"match": {"instance": instance}}
        fault = {"preset": "slow", "change": {"wait_s": seconds}, "times": None, **match}
        await self._post("/_sim/faults", fault)

    # What is seen from outside

    async def summary(self) -> dict[str, Any]:
        """Return the simulated WhatsApp's counters."""
        answer = await self._whatsapp.get("/_sim/summary")
        answer.raise_for_status()
        return dict(answer.json())

    async def claude_is_thinking(self) -> bool:
        """Tell whether an answer is being written."""
        seen = (await self._claude.get("/_sim")).json()["requests_seen"]
        recent = await self._claude.get("/_sim/requests", params={"since": max(0, seen - 20)})
        return any(request["ended_at"] is None for request in recent.json())

    async def records(
        self, kind: str, *, doctor: str | None = None, after: int = 0
    ) -> list[dict[str, Any]]:
        """Return the records of a kind with numbers above `after`, or those of one doctor."""
        found: list[dict[str, Any]] = []
        while True:
            asked: dict[str, str | int] = {"kinds": kind, "after": after, "limit": _PAGE}
            if doctor is not None:
                asked["doctor"] = doctor
            answer = await self._whatsapp.get("/_sim/records", params=asked)
            answer.raise_for_status()
            page = answer.json()["records"]
            found += page
            if len(page) < _PAGE:
                return found
            after = page[-1]["seq"]

    async def first_accepted(self) -> dict[str, float]:
        """Return when ingest first answered 2xx for each doctor's message id."""
        accepted: dict[str, float] = {}
        for record in await self.records("webhook"):
            status = record.get("status") or 0
            if record["event"] == "messages.upsert" and 200 <= status < 300:  # noqa: PLR2004
                accepted.setdefault(record["key_id"], record["at"])
        return accepted

    async def deliveries(self) -> list[Delivery]:
        """Return what Julia sent to doctors' phones."""
        return [
            Delivery(record["doctor"], record["text"], record["started_at"])
            for record in await self.records("delivery")
        ]

    async def thoughts(self) -> list[Thought]:
        """Return what the simulated Claude was asked, and which answers it finished."""
        answer = await self._claude.get("/_sim/requests")
        return [
            Thought(
                numbers_in(request["last_user_text"]),
                request["at"],
                request["ended_at"] if request["answer"] else None,
            )
            for request in answer.json()
        ]

    async def forget_thoughts(self) -> None:
        """Let the simulated Claude forget what it was asked, which is long."""
        (await self._claude.delete("/_sim/requests")).raise_for_status()

    async def queued(self) -> int:
        """Return how many messages wait in the broker's queues, wait queues included."""
        answer = await self._broker.get("/api/queues")
        answer.raise_for_status()
        return sum(
            queue.get("messages", 0)
            for queue in answer.json()
            if not queue["name"].endswith((".dead", ".quarantine"))
        )

    # The SQL console: the runbook's statements, and what cannot be seen from outside

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a statement as the database's owner, again and again until the database answers."""
        while True:
            try:
                connection = await asyncpg.connect(self._dsn, timeout=5)
                try:
                    return list(await connection.fetch(statement, *arguments))
                finally:
                    connection.terminate()
            except _DATABASE_AWAY:
                await asyncio.sleep(0.3)

    async def handoffs(self) -> list[Handoff]:
        """Return the people's list."""
        rows = await self.sql(
            "select coalesce(m.telefone, ci.jid) as doctor, h.trigger_type,"
            " extract(epoch from h.created_at)::float8 as since"
            " from handoffs h join conversations c on c.id = h.conversa_id"
            " join medicos m on m.id = c.medico_id"
            " left join lateral (select jid from contact_identities where medico_id = m.id limit 1)"
            " ci on true"
        )
        return [
            Handoff(
                self._number_of.get(row["doctor"], row["doctor"].removeprefix("+")),
                row["since"],
                row["trigger_type"],
            )
            for row in rows
        ]

    async def conversation_of(self, doctor: str) -> str | None:
        """Return the id of the doctor's open conversation, if the first message has arrived."""
        rows = await self.sql(
            "select c.id::text from conversations c join contact_identities i using (medico_id)"
            " where i.jid = any ($1) and c.status in ('active', 'paused', 'escalated') limit 1",
            [f"{doctor}@s.whatsapp.net", self._lid_of[doctor]],
        )
        return rows[0]["id"] if rows else None

    async def backlog(self) -> int:
        """Return how much is still to be answered, sent or settled."""
        (row,) = await self.sql(
            "select (b ->> 'inbound_due')::int + (b ->> 'outbound_due')::int"
            " + (b ->> 'uncertain')::int + (select count(*) from fila_mensagens"
            " where status = 'processando') as n from api.backlog('{}') b"
        )
        return int(row["n"])

    async def _post(self, path: str, body: object) -> dict[str, Any]:
        answer = await self._whatsapp.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())


def _client(url: str) -> httpx.AsyncClient:
    # Connections anew each time: the simulator may just be closing an idle one, and on a busy
    # machine no time for giving it up first is short enough.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, limits=limits)


async def gather(
    world: World,
    *,
    written: dict[str, tuple[int, str, int]],
    by_sql: dict[str, float],
    by_phone: set[str],
    stops: Sequence[Period],
) -> Records:
    """Put together what the account is made from.

    Args:
        world: the run's neighbours.
        written: message id to (number, doctor, provider's time), as the driver wrote them.
        by_sql: doctor to the moment at which the driver's takeover had been committed.
        by_phone: doctors whom a person wrote to; the commit's time is the hand-off's.
        stops: the driver's pauses.
    """
    accepted = await world.first_accepted()
    handoffs = await world.handoffs()
    taken_over = dict(by_sql)
    for handoff in handoffs:
        if handoff.doctor in by_phone:
            taken_over[handoff.doctor] = handoff.since
    return Records(
        written=[
            Written(number, doctor, provider_at, accepted.get(key_id))
            for key_id, (number, doctor, provider_at) in written.items()
        ],
        deliveries=await world.deliveries(),
        thoughts=await world.thoughts(),
        taken_over=taken_over,
        worklist=frozenset(h.doctor for h in handoffs) - taken_over.keys(),
        stops=stops,
        notices=frozenset(
            row["conteudo"] for row in await world.sql("select conteudo from mensagens_padrao")
        ),
    )
