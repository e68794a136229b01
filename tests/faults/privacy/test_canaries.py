"""A doctor made of canaries takes every path, errors included; nothing of her is told anywhere.

Logs are written from DEBUG on. What the services log, show in their metrics, export as spans and
write on what they give up is searched for her number in every form, her name, her document and her
words.

Each fault is for her words alone, and stands until it has been met: nobody else's call uses it up,
and no retry gets past it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import asyncpg
import httpx
import pytest

from julia_common.messaging import topology
from julia_common.testing import Mount
from julia_dev.collector import Collector, collecting
from julia_dev.stack.config import SERVICES, StackConfig
from julia_dev.stack.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

NUMBER = "5531987650192"
NAME = "Zoraide Quintanilha"
CPF = "529.982.247-25"
WORD = "cafubira"
"""Of her words the one that nobody else would write."""

CANARIES = re.compile(
    # The number's last eight digits stand in each of its forms, with and without the ninth.
    r"8765\D{0,3}0192|zoraide|quintanilha|529\D?982\D?247\D?25|cafubira",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scene:
    """The stack, its simulators' control and its database."""

    stack: Stack
    whatsapp: httpx.AsyncClient
    ingest: httpx.AsyncClient
    pool: asyncpg.Pool
    collector: Collector
    written: set[str] = field(default_factory=set)
    """The keys of her messages that are to be stored."""

    async def writes(self, text: str, **how: object) -> str:
        """The doctor writes her words with name, number and document in them."""
        said = f"{text} {WORD}: sou {NAME}, CPF {CPF}, me liga no +55 31 98765-0192"
        answer = await self.whatsapp.post(
            f"/_sim/doctors/{NUMBER}/messages", json={"text": said, **how}
        )
        key = str(answer.raise_for_status().json()["key_id"])
        self.written.add(key)
        return key

    async def control(self, part: str, path: str, body: object = None, *, how: str = "POST") -> Any:
        """Order something of a simulator, or ask it."""
        async with httpx.AsyncClient(base_url=self.stack.url(part), trust_env=False) as client:
            answer = await client.request(how, path, json=body)
            return answer.raise_for_status().json()

    async def settled(self) -> None:
        """Wait until all she wrote is stored, nobody waits for an answer and nothing to be sent."""
        await eventually(
            lambda: self.pool.fetchval(
                "select (select count(*) from unnest($1::text[]) as written (key_id)"
                "         where not exists (select from interacoes i"
                "                            where i.key_id = written.key_id))"
                " + (select count(*) from interacoes where situacao = 'pendente')"
                " + (select count(*) from fila_mensagens"
                "     where status in ('pendente', 'processando', 'incerta'))",
                list(self.written),
            ),
            lambda left: left == 0,
        )

    async def logged(self, message: str, *, service: str = "", **context: object) -> None:
        """Wait for a line of a service, or of any."""

        async def said() -> bool:
            return any(
                line["message"].startswith(message)
                and service in ("", line["service"])
                and all(line["context"].get(name) == value for name, value in context.items())
                for line in lines(self.stack)
            )

        await eventually(said, bool)

    async def controlled_by(self, whom: str) -> None:
        """Wait until her conversation is `ai`'s or a `human`'s."""
        await eventually(
            lambda: self.pool.fetchval("select controlled_by from conversations"),
            lambda found: found == whom,
        )

    async def chat(self) -> int | None:
        """Her conversation in Chatwoot, once its first message is there."""
        shown = (await self.control("chatwoot", "/_sim", how="GET"))["conversations"]
        return next((int(each["id"]) for each in shown if each["messages"]), None)

    def told(self) -> str:
        """All that the services logged."""
        return "\n".join(said_by(self.stack, service) for service in SERVICES)

    async def measured(self) -> str:
        """All that the services show Prometheus."""
        async with httpx.AsyncClient(trust_env=False) as client:
            pages = [await client.get(f"{self.stack.url(one)}/metrics") for one in SERVICES]
        return "\n".join(page.text for page in pages)

    async def traced(self) -> str:
        """All spans of all services, as they were exported, once the last have come."""
        seen = -1
        while seen != (seen := len(self.collector.requests)):
            await asyncio.sleep(2)
        return b"\n".join(self.collector.requests).decode(errors="replace")

    async def given_up(self) -> list[str]:
        """What is written on each message that lies before people: all but the message itself."""
        connection = await aio_pika.connect(self.stack.rabbitmq.url())
        async with connection, connection.channel() as channel:
            found = []
            for spec in topology.QUEUES:
                name = topology.dead_queue(spec.name) if spec.consumed else spec.name
                queue = await channel.get_queue(name)
                while message := await queue.get(fail=False):
                    found.append(f"{message.headers} {message.routing_key} {message.message_id}")
        return found


def service_name(part: str) -> str:
    """What a part of the stack calls itself in its logs."""
    return "julia-api" if part == "ingest" else f"julia-{part}"


def said_by(stack: Stack, part: str) -> str:
    """All that a part logged; nothing before its first line."""
    log = stack.output.log_path(part)
    return log.read_text(encoding="utf-8") if log.exists() else ""


def lines(stack: Stack) -> list[dict[str, Any]]:
    """The services' logs, line by line; what is not JSON would be a leak of its own kind."""
    return [
        json.loads(line)
        for service in SERVICES
        for line in said_by(stack, service).splitlines()
        if line.endswith("}")  # whole: the last one may be half written
    ]


async def eventually[T](
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float = 60
) -> T:
    """Look until it is as wanted."""
    async with asyncio.timeout(within_s):
        while not wanted(seen := await look()):
            await asyncio.sleep(0.1)
    return seen


@pytest.fixture
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Everything real, at DEBUG, which the services were told while they ran."""
    settings = Mount(tmp_path_factory.mktemp("settings"))
    with collecting() as collector:
        config = StackConfig.apart(
            tmp_path_factory.mktemp("stack"),
            env={
                "LOG_LEVEL": "WARNING",
                "EVOLUTION_TIMEOUT_SECONDS": "2",
                "MAX_MSGS_POR_HORA": "1000",
                "MAX_MSGS_POR_DIA": "1000",
                "OTEL_TRACES_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_BSP_SCHEDULE_DELAY": "500",
                "SECRETS_DIR": str(settings.folder),
            },
            durable=False,
        )
        async with running(config, settings, collector) as scene:
            yield scene


@asynccontextmanager
async def running(
    config: StackConfig, settings: Mount, collector: Collector
) -> AsyncIterator[Scene]:
    """The stack, a doctor and a manager."""
    async with (
        Stack(config) as stack,
        httpx.AsyncClient(base_url=stack.url("evolution"), trust_env=False) as whatsapp,
        httpx.AsyncClient(base_url=stack.url("ingest"), trust_env=False) as ingest,
        asyncpg.create_pool(stack.pg_dsn(), min_size=1, max_size=2) as pool,
    ):
        doctor = {"number": NUMBER, "name": NAME}
        (await whatsapp.post("/_sim/doctors", json=doctor)).raise_for_status()
        await pool.execute("insert into gestores (slack_id, nome) values ('U0ANA', $1)", NAME)
        scene = Scene(stack, whatsapp, ingest, pool, collector)
        settings.hold(LOG_LEVEL="DEBUG")
        for service in SERVICES:
            await scene.logged("Nível de log trocado", service=service_name(service), nivel="DEBUG")
        yield scene


async def talks(scene: Scene) -> None:
    """What goes well: words, all kinds of content, a change, a deletion, a person who types."""
    key = await scene.writes("Oi, tem plantão de anestesia em Belo Horizonte sábado?")
    await scene.settled()
    for kind in ("image", "document", "audio", "contact", "location", "reaction"):
        aim = {"reacts_to": {"key_id": key, "from_julia": False}} if kind == "reaction" else {}
        await scene.writes("olha", kind=kind, file_name=f"{NAME} {CPF}.pdf", **aim)
    edits = {"key_id": await scene.writes("plantão"), "text": f"{WORD} {CPF}"}
    (await scene.whatsapp.post(f"/_sim/doctors/{NUMBER}/edits", json=edits)).raise_for_status()
    deleted = {"key_id": await scene.writes("apaga isto")}
    await scene.whatsapp.post(f"/_sim/doctors/{NUMBER}/deletions", json=deleted)
    await scene.settled()
    # It comes late: whoever does not wait for it takes it for a part of what she writes next.
    await scene.control("evolution", "/_sim/faults", {"preset": "webhook_delayed"})
    await scene.writes("Você é um robô?")
    await scene.settled()


async def claude_fails(scene: Scene) -> None:
    """Claude errs, writes what is unfit, and names her in it."""
    asked = "Tem algum plantão de clínica no domingo?"
    faults = [
        {"kind": "server_error", "match": asked},
        {"kind": "bad_json", "match": asked, "times": None},
    ]
    await scene.control("anthropic", "/_sim/faults", faults)
    answers = [
        {"conversation": asked, "text": f"Sou humana, {NAME}! {WORD} {CPF}"},
        {"conversation": asked, "text": f"{WORD} " * 400},
    ]
    await scene.control("anthropic", "/_sim/answers", answers)
    await scene.writes(asked)
    await scene.logged("no answer from Claude")
    await scene.control("anthropic", "/_sim/faults", how="DELETE")
    await scene.settled()
    await scene.logged("a draft is not fit to be sent")


async def evolution_fails(scene: Scene) -> None:
    """A send is refused, another one's answer is lost; each answer quotes the request."""
    for preset, status in (("error_without_delivery", 404), ("error_after_delivery", 500)):
        change = {"status": status, "message": f"{NUMBER} {WORD}"}
        fault = {"preset": preset, "change": change, "match": {"doctor": NUMBER}}
        await scene.control("evolution", "/_sim/faults", fault)
    await scene.writes("Qual o endereço do hospital?")
    await scene.logged("Envio tratado", resultado="nao_enviada")
    await scene.logged("Envio tratado", resultado="incerta")
    await scene.settled()


async def the_database_quotes_her(scene: Scene) -> None:
    """An error of PostgreSQL's holds the row, as that of a unique key or a constraint does."""
    await scene.pool.execute(
        "create function quoting() returns trigger language plpgsql as $$ begin"
        " raise exception 'duplicate key (%, %)', new.conteudo, new.key_id"
        " using errcode = '40001', detail = new.conteudo, hint = new.conteudo; end $$;"
        "create trigger quoting before insert on interacoes for each row"
        " when (new.tipo = 'entrada') execute function quoting()"
    )
    never_stored = await scene.writes("Tem na terça?")
    scene.written.discard(never_stored)
    await scene.logged("trying again in")
    await scene.pool.execute(
        "create or replace function quoting() returns trigger language plpgsql as $$ begin"
        " raise exception 'bad row (%)', new.conteudo using errcode = '23514',"
        " detail = new.conteudo; end $$"
    )
    await scene.logged("Mensagem tratada", resultado="dead")
    await scene.pool.execute("drop function quoting() cascade")


async def what_comes_cannot_be_read(scene: Scene) -> None:
    """Bodies that are no events of ours, by callers of all kinds, with her in every place."""
    secret = scene.stack.environment()["EVOLUTION_WEBHOOK_SECRET"]
    good, wrong = {"x-webhook-secret": secret}, {"x-webhook-secret": f"{NAME} {CPF}".strip()}
    data = {"key": {"remoteJid": f"{NUMBER}@s.whatsapp.net", "id": ["x"]}, "pushName": NAME}
    event = {"event": "messages.upsert", "instance": WORD, "data": {**data, "message": WORD}}
    for body, headers in (
        (json.dumps(event), good),
        (f'{{"event": "{NAME}", "data": {NUMBER}', good),
        (json.dumps({**event, "event": NAME}), good),
        (json.dumps(event), wrong),
    ):
        url = f"/webhook/evolution/{NUMBER}?nome={WORD}"
        await scene.ingest.post(url, content=body, headers=headers)
    for team in ("slack", "chatwoot"):
        url = f"/webhook/{team}?nome={WORD}"
        await scene.ingest.post(url, content=json.dumps(event), headers=wrong)
    await scene.ingest.get(f"/{NUMBER}/{WORD}")
    await scene.logged("a webhook could not be read")


async def slack_refuses(scene: Scene) -> None:
    """A manager names her in a pause; the managers' channel does not take the notices of it."""
    faults = [{"kind": "invalid_token", "times": None}]
    await scene.control("slack", "/_sim/faults", faults)
    for status in ("pausado", "ativo"):
        await scene.pool.execute(
            "insert into julia_status (status, motivo, alterado_via, alterado_por)"
            " values ($1, $2, 'manual', $3)",
            status,
            f"{NAME} {WORD} {CPF} {NUMBER}",
            NAME,
        )


async def managers_ask_for_her(scene: Scene) -> None:
    """They name her in commands, good and bad, and one answer is not taken."""
    faults = [{"kind": kind, "to": "response"} for kind in ("server_error", "no_service")]
    await scene.control("slack", "/_sim/faults", faults)
    for text in (
        f"medico {NUMBER}",
        f"{NAME} {CPF} {WORD}",
        f"pausar conversa {NAME} {NUMBER} {WORD}",
        f'assumir {NUMBER} "{NAME} {WORD}"',
    ):
        await scene.control("slack", "/_sim/commands", {"user": "U0ANA", "text": text})
    await scene.control("slack", "/_sim/commands", {"user": "U0BRUNO", "text": f"medico {NUMBER}"})
    await scene.logged("an answer cannot be brought")
    await scene.controlled_by("human")


async def the_team_answers_her(scene: Scene) -> None:
    """A person answers her in Chatwoot, which fails meanwhile, and gives her back."""
    fault = {"kind": "server_error", "operation": "POST messages", "times": 2}
    await scene.control("chatwoot", "/_sim/faults", fault)
    await scene.writes("Oi, ainda está aí?")
    chat = await eventually(scene.chat, lambda found: found is not None)
    words = {"content": f"Oi {NAME}, aqui é a equipe. {WORD} {CPF}"}
    await scene.control("chatwoot", f"/_sim/conversations/{chat}/reply", words)
    await eventually(
        lambda: scene.pool.fetchval("select count(*) from interacoes where conteudo ~ 'a equipe'"),
        bool,
    )
    devolver = {"user": "U0ANA", "text": f"devolver {NUMBER}"}
    await scene.control("slack", "/_sim/commands", devolver)
    await scene.controlled_by("ai")
    await scene.settled()


async def leaves(scene: Scene) -> None:
    """She wants a person, who types to her on the company's phone, and she opts out."""
    await scene.writes("Quero falar com uma pessoa, vou chamar meu advogado.")
    await scene.settled()
    typed = {"text": f"Oi {NAME}, {WORD}"}
    await scene.whatsapp.post(f"/_sim/doctors/{NUMBER}/phone", json=typed)
    await scene.writes("PARE. Não quero mais receber mensagens.")
    await scene.settled()


async def test_nothing_of_a_doctor_is_told_in_logs_metrics_spans_or_events(scene: Scene) -> None:
    await slack_refuses(scene)
    await talks(scene)
    await claude_fails(scene)
    await evolution_fails(scene)
    await managers_ask_for_her(scene)
    await the_team_answers_her(scene)
    await the_database_quotes_her(scene)
    await what_comes_cannot_be_read(scene)
    await leaves(scene)
    await scene.logged("a job failed", tarefa="avisos")

    told, measured, traced = scene.told(), await scene.measured(), await scene.traced()
    given_up = await scene.given_up()

    assert CANARIES.findall(told) == []
    assert CANARIES.findall(measured) == []
    assert CANARIES.findall(traced) == []
    assert [each for each in given_up if CANARIES.search(each)] == []
    # She was there: her words are where they belong.
    stored = await scene.pool.fetchval("select string_agg(conteudo, ' ') from interacoes")
    assert len(CANARIES.findall(stored)) > 10
    assert "Mensagem tratada" in told
    assert "Envio tratado" in told
    assert 'julia_erros_total{etapa="envio"' in measured
    assert {span.service for span in scene.collector.spans() if span.failed} >= {
        *("julia-brain", "julia-dispatcher")
    }
    assert len(given_up) > 1
