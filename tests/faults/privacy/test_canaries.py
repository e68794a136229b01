"""A doctor made of canaries takes every path, errors included; nothing of her is told anywhere.

Logs are written from DEBUG on. What the services log and show in their metrics is searched for her
number in every form, her name, her document and her words.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from julia_common.testing import Mount
from julia_dev.stack.config import SERVICES, StackConfig
from julia_dev.stack.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

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

    async def writes(self, text: str, **how: object) -> str:
        """The doctor writes her words with name, number and document in them."""
        said = f"{text} {WORD}: sou {NAME}, CPF {CPF}, me liga no +55 31 98765-0192"
        answer = await self.whatsapp.post(
            f"/_sim/doctors/{NUMBER}/messages", json={"text": said, **how}
        )
        return str(answer.raise_for_status().json()["key_id"])

    async def control(self, part: str, path: str, body: object) -> None:
        """Order something of a simulator."""
        async with httpx.AsyncClient(base_url=self.stack.url(part), trust_env=False) as client:
            (await client.post(path, json=body)).raise_for_status()

    async def settled(self) -> None:
        """Wait until nobody waits for an answer and nothing for being sent."""
        await eventually(
            lambda: self.pool.fetchval(
                "select (select count(*) from interacoes where situacao = 'pendente')"
                " + (select count(*) from fila_mensagens"
                "     where status in ('pendente', 'processando', 'incerta'))"
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

    def told(self) -> str:
        """All that the services logged."""
        return "\n".join(said_by(self.stack, service) for service in SERVICES)

    async def measured(self) -> str:
        """All that the services show Prometheus."""
        async with httpx.AsyncClient(trust_env=False) as client:
            pages = [await client.get(f"{self.stack.url(one)}/metrics") for one in SERVICES]
        return "\n".join(page.text for page in pages)


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
    config = StackConfig.apart(
        tmp_path_factory.mktemp("stack"),
        env={
            "LOG_LEVEL": "WARNING",
            "EVOLUTION_TIMEOUT_SECONDS": "2",
            "MAX_MSGS_POR_HORA": "1000",
            "MAX_MSGS_POR_DIA": "1000",
            "SECRETS_DIR": str(settings.folder),
        },
        durable=False,
    )
    async with (
        Stack(config) as stack,
        httpx.AsyncClient(base_url=stack.url("evolution"), trust_env=False) as whatsapp,
        httpx.AsyncClient(base_url=stack.url("ingest"), trust_env=False) as ingest,
        asyncpg.create_pool(stack.pg_dsn(), min_size=1, max_size=2) as pool,
    ):
        doctor = {"number": NUMBER, "name": NAME}
        (await whatsapp.post("/_sim/doctors", json=doctor)).raise_for_status()
        scene = Scene(stack, whatsapp, ingest, pool)
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
    await scene.writes("Você é um robô?")
    await scene.settled()


async def claude_fails(scene: Scene) -> None:
    """Claude errs, writes what is unfit, and names her in it."""
    await scene.control(
        "anthropic", "/_sim/faults", [{"kind": "server_error"}, {"kind": "bad_json"}]
    )
    answers = [{"text": f"Sou humana, {NAME}! {WORD} {CPF}"}, {"text": f"{WORD} " * 400}]
    await scene.control("anthropic", "/_sim/answers", answers)
    await scene.writes("Tem algum plantão de clínica no domingo?")
    await scene.logged("no answer from Claude")
    await scene.settled()
    await scene.logged("a draft is not fit to be sent")


async def evolution_fails(scene: Scene) -> None:
    """A send is refused, another one's answer is lost; each answer quotes the request."""
    for preset, status in (("error_without_delivery", 404), ("error_after_delivery", 500)):
        change = {"status": status, "message": f"{NUMBER} {WORD}"}
        await scene.control("evolution", "/_sim/faults", {"preset": preset, "change": change})
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
    await scene.writes("Tem na terça?")
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


async def leaves(scene: Scene) -> None:
    """She wants a person, who types to her on the company's phone, and she opts out."""
    await scene.writes("Quero falar com uma pessoa, vou chamar meu advogado.")
    await scene.settled()
    typed = {"text": f"Oi {NAME}, {WORD}"}
    await scene.whatsapp.post(f"/_sim/doctors/{NUMBER}/phone", json=typed)
    await scene.writes("PARE. Não quero mais receber mensagens.")
    await scene.settled()


async def test_nothing_of_a_doctor_is_told_in_logs_or_metrics_whatever_fails(scene: Scene) -> None:
    await slack_refuses(scene)
    await talks(scene)
    await claude_fails(scene)
    await evolution_fails(scene)
    await the_database_quotes_her(scene)
    await what_comes_cannot_be_read(scene)
    await leaves(scene)
    await scene.logged("a job failed", tarefa="avisos")

    told, measured = scene.told(), await scene.measured()

    assert CANARIES.findall(told) == []
    assert CANARIES.findall(measured) == []
    # She was there: her words are where they belong.
    stored = await scene.pool.fetchval("select string_agg(conteudo, ' ') from interacoes")
    assert len(CANARIES.findall(stored)) > 10
    assert "Mensagem tratada" in told
    assert "Envio tratado" in told
    assert 'julia_erros_total{etapa="envio"' in measured
