"""Managers' commands from the Slack simulator to the real database and back.

Ingest's route is the real one; the broker is a queue that the test empties by hand, so that it can
say where things die.
"""

import json
import logging
import queue
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from julia_common.contracts.messages import Message
from julia_common.database import Database, ReceiveMessage
from julia_common.probes import Probes
from julia_common.resilience.clock import SystemClock
from julia_common.serve import Service, application
from julia_common.slack import (
    SlackMessage,
    SlackResponses,
    SlackWebhook,
    open_responses,
    open_slack,
)
from julia_dev.pytest_plugin import SupabaseEndpoint
from julia_ingest import slack as ingest_slack
from julia_ingest.body import Buffers
from julia_ingest.domain.slack import Signing
from julia_ingest.domain.strangers import Strangers
from julia_scheduler.commands import buttons
from julia_scheduler.commands.doing import Doing
from julia_scheduler.commands.worker import LOAN_SECONDS, Worker, store
from julia_scheduler.jobs.job import Run
from julia_scheduler.jobs.notices import notices
from julia_scheduler.managers.bringing import Bringer
from julia_simulators.evolution.testing import serving
from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import WEBHOOK_PATH, Posted, World

pytestmark = pytest.mark.integration

ANA, BRUNO = "U0ANA", "U0BRUNO"
PHONE = "11988887777"
INSTANCE = "julia-teste"


class Queue:
    """The broker: what is published waits until the test takes it."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()

    async def publish(self, message: Message, *, key: str | None = None) -> None:
        assert key
        self.waiting.put(message)

    async def quarantine(self, body: bytes, *, reason: str, path: str) -> None:
        raise NotImplementedError


class Bell:
    """Where doorbells go."""

    async def publish(self, message: Message, *, key: str | None = None) -> None:
        pass


@dataclass
class Deps:
    signing: Signing
    strangers: Strangers
    outlet: Queue
    buffers: Buffers
    clock: SystemClock


class Killed(BaseException):
    """Nothing survives it."""


class Dies:
    """A database as a process sees it that is killed at one call."""

    def __init__(self, database: Database, at: str) -> None:
        self._database = database
        self._at = at

    def __getattr__(self, name: str) -> Any:
        if name == self._at:
            raise Killed
        return getattr(self._database, name)


@dataclass
class Office:
    """A manager at her desk, and everything behind Slack."""

    http: httpx.AsyncClient
    world: World
    broker: Queue
    database: Database
    sql: asyncpg.Connection
    responses: SlackResponses
    channel: SlackWebhook

    async def command(self, text: str, *, user: str = ANA) -> None:
        await self._act("commands", user=user, text=text)

    async def mention(self, text: str, *, user: str = ANA) -> None:
        await self._act("mentions", user=user, text=text)

    async def direct(self, text: str, *, user: str = ANA) -> None:
        await self._act("direct", user=user, text=text)

    async def press(self, action: str, message: Posted, *, user: str = ANA) -> None:
        await self._act("presses", user=user, message=message.n, action_id=action)

    async def _act(self, what: str, **body: object) -> None:
        answer = await self.http.post(f"/_sim/{what}", json=body)
        assert answer.json()["error"] is None

    async def deliver(self) -> None:
        """Let the broker's messages be stored."""
        while not self.broker.waiting.empty():
            await store(self.broker.waiting.get(), self.database)

    def worker(self, database: Any = None) -> Worker:
        """A scheduler process of its own."""
        seen = database or self.database
        doing = Doing(seen, Bell())
        return Worker(seen, doing, self.responses, self.channel, owner=str(uuid.uuid4()))

    async def work(self) -> None:
        await self.deliver()
        await self.worker().work()

    async def ask(self, text: str, *, user: str = ANA) -> Posted:
        """Give a command and read the answer."""
        await self.command(text, user=user)
        await self.work()
        return self.answers[-1]

    async def decide(self, action: str, message: Posted, *, user: str = ANA) -> None:
        await self.press(action, message, user=user)
        await self.work()

    @property
    def answers(self) -> list[Posted]:
        """What Julia wrote, the oldest first."""
        return [message for message in self.world.messages if message.author is None]

    async def later(self, by: timedelta) -> None:
        """Move the database's clock."""
        await self.sql.execute(
            "create or replace function api.agora() returns timestamptz language sql volatile "
            "set search_path = '' as $$ select clock_timestamp() + "
            f"interval '{by.total_seconds()} seconds' $$"
        )

    async def rows(self) -> list[asyncpg.Record]:
        """The decisions on Julia's status."""
        return await self.sql.fetch("select * from julia_status order by id")

    async def doctor_writes(self) -> str:
        """A doctor's message; return the conversation."""
        received = await self.database.receive_message(
            ReceiveMessage(
                instance=INSTANCE,
                key_id=uuid.uuid4().hex,
                identities=[{"kind": "phone", "jid": f"55{PHONE}@s.whatsapp.net"}],
                push_name="Carla <b>",
                provider_at=datetime.now(UTC),
                tipo_conteudo="texto",
                conteudo="Oi",
                origin="webhook",
            )
        )
        return received.conversa_id


def shown(message: Posted) -> str:
    """Everything that a message shows."""
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


def actions(message: Posted) -> list[str]:
    """The buttons of a message."""
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.fixture
def broker() -> Queue:
    return Queue()


@pytest.fixture
def world(broker: Queue) -> Iterator[World]:
    world = World()
    world.limited = False
    signing = Signing([SecretStr(world.signing_secret)])
    deps = Deps(signing, Strangers(), broker, Buffers(), SystemClock())
    service = Service(routes=ingest_slack.routes(), state={"deps": deps})
    with serving(application(service, Probes({}))) as ingest:
        world.request_url = f"{ingest}/webhook/slack"
        yield world


@pytest.fixture
async def office(
    world: World, broker: Queue, supabase_endpoint: SupabaseEndpoint, pg_dsn: str
) -> AsyncIterator[Office]:
    database = await Database.create(supabase_endpoint.url, supabase_endpoint.service_key)
    sql = await asyncpg.connect(pg_dsn)
    await sql.execute(
        "insert into gestores (slack_id, nome) values ('U0ANA', 'Ana Souza'), ('U0CARLOS', 'C')"
    )
    with serving(build_app(world)) as url:
        world.own_url = url
        async with (
            httpx.AsyncClient(base_url=url, trust_env=False) as http,
            open_responses(url) as responses,
            open_slack(SecretStr(url + WEBHOOK_PATH)) as channel,
        ):
            yield Office(http, world, broker, database, sql, responses, channel)
    await sql.close()
    await database.aclose()


async def test_a_pause_is_asked_confirmed_done_once_and_written_down(office: Office) -> None:
    question = await office.ask("pausar estado=sp até amanhã 8h Escala <em> revisão")
    assert await office.rows() == []
    assert question.only_for == ANA
    assert "Escala &lt;em&gt; revisão" in shown(question)
    assert actions(question) == ["comando_confirmar", "comando_cancelar"]

    await office.decide("comando_confirmar", question)

    [row] = await office.rows()
    assert (row["status"], row["alterado_via"]) == ("pausado", "slack")
    assert row["alterado_por"] == "Ana Souza (Slack U0ANA)"
    assert (json.loads(row["escopo"]), row["motivo"]) == ({"estado": "SP"}, "Escala <em> revisão")
    assert row["ate"] is not None
    replaced = office.world.message(question.n)
    assert replaced is not None
    assert "Parado: *estado SP*" in shown(replaced)
    assert actions(replaced) == []


async def test_copilot_mode_is_asked_confirmed_and_written_down(office: Office) -> None:
    conversa = await office.doctor_writes()
    mode = "select copiloto from conversations where id = $1"

    question = await office.ask(f"copiloto ligar conversa {PHONE} Caso delicado")
    assert await office.sql.fetchval(mode, conversa) is None
    await office.decide("comando_confirmar", question)

    assert await office.sql.fetchval(mode, conversa) is True
    row = await office.sql.fetchrow("select * from decisoes_copiloto")
    assert (row["alvo"], str(row["alvo_id"]), row["modo"]) == ("conversa", conversa, "ligado")
    assert (row["motivo"], row["por"]) == ("Caso delicado", "Ana Souza (Slack U0ANA)")
    replaced = office.world.message(question.n)
    assert replaced is not None
    assert "Copiloto ligado" in shown(replaced)


async def test_where_copilot_mode_is_on_is_told(office: Office) -> None:
    await office.decide("comando_confirmar", await office.ask("copiloto ligar tudo Teste"))

    told = shown(await office.ask("copiloto"))

    assert "Em geral: ligado" in told
    assert "0 respostas esperam aprovação" in told


async def test_a_campaign_that_nobody_knows_changes_nothing(office: Office) -> None:
    told = await office.ask('copiloto ligar campanha "Não existe"')

    assert "Não conheço esse valor de *campanha*" in shown(told)
    assert await office.sql.fetchval("select count(*) from decisoes_copiloto") == 0


async def test_a_focus_is_asked_confirmed_shown_and_switched_off(office: Office) -> None:
    assert "Nenhum foco em vigor" in shown(await office.ask("foco"))
    question = await office.ask("foco UTI <Campinas> primeiro até amanhã 8h")
    assert await office.sql.fetchval("select count(*) from diretrizes") == 0
    await office.decide("comando_confirmar", question)

    row = await office.sql.fetchrow("select * from diretrizes")
    assert (row["tipo"], row["conteudo"]) == ("foco", "UTI <Campinas> primeiro")
    assert (row["origem"], row["criada_por"]) == ("slack", "Ana Souza (Slack U0ANA)")
    replaced = office.world.message(question.n)
    assert replaced is not None
    assert "UTI &lt;Campinas&gt; primeiro" in shown(replaced)
    assert "UTI &lt;Campinas&gt; primeiro (Ana Souza" in shown(await office.ask("foco"))

    question = await office.ask("foco desligar")
    assert "Encerra:" in shown(question)
    await office.decide("comando_confirmar", question)

    assert "Nenhum foco em vigor" in shown(await office.ask("foco desligar"))
    ended = await office.sql.fetchval("select encerrada_por from diretrizes")
    assert ended == "Ana Souza (Slack U0ANA)"
    assert office.world.refused == {}


@pytest.mark.parametrize("dies_at", ["set_focus", "keep_answer", "command_answered"])
async def test_a_kill_sets_no_focus_twice(office: Office, dies_at: str) -> None:
    question = await office.ask("foco UTI")
    await office.press("comando_confirmar", question)
    await office.deliver()
    with pytest.raises(Killed):
        await office.worker(Dies(office.database, dies_at)).work()

    await office.later(timedelta(seconds=LOAN_SECONDS + 1))
    await office.work()

    assert await office.sql.fetchval("select count(*) from diretrizes") == 1
    replaced = office.world.message(question.n)
    assert replaced is not None
    assert "Foco, até" in shown(replaced)


async def test_what_slack_delivers_twice_is_done_and_answered_once(office: Office) -> None:
    twice = {"kind": "delivered_twice"}
    await office.http.post("/_sim/faults", json=twice)
    question = await office.ask("pausar Emergência")
    assert len(office.answers) == 1

    await office.http.post("/_sim/faults", json=twice)
    await office.decide("comando_confirmar", question)

    assert len(await office.rows()) == 1


async def test_two_presses_of_one_button_decide_once(office: Office) -> None:
    question = await office.ask("pausar Emergência")
    await office.press("comando_confirmar", question)
    await office.press("comando_confirmar", question)
    await office.press("comando_cancelar", question)
    await office.work()

    assert len(await office.rows()) == 1
    assert [text for text in map(shown, office.answers) if "já foi decidido" in text]


async def test_who_says_no_changes_nothing(office: Office) -> None:
    question = await office.ask("pausar Emergência")
    await office.decide("comando_cancelar", question)

    assert await office.rows() == []
    assert "nada foi feito" in shown(office.answers[-1])


async def test_a_resume_names_what_is_stopped_all_the_same(office: Office) -> None:
    await office.sql.execute(
        "insert into julia_status (status, motivo, alterado_via) values ('pausado', 'x', 'manual')"
    )
    question = await office.ask("retomar estado=SP")
    await office.decide("comando_confirmar", question)

    answer = office.world.message(question.n)
    assert answer is not None
    assert "Continua parado" in shown(answer)
    assert [row["status"] for row in await office.rows()] == ["pausado", "ativo"]


async def test_who_is_not_listed_is_refused_politely_and_does_nothing(office: Office) -> None:
    answer = await office.ask("pausar Emergência", user=BRUNO)
    assert "Só gestores cadastrados" in shown(answer)
    assert answer.only_for == BRUNO

    await office.mention("pausar Emergência")
    await office.work()
    question = office.answers[-1]
    await office.decide("comando_confirmar", question, user=BRUNO)

    assert await office.rows() == []
    assert "Só gestores cadastrados" in shown(office.answers[-1])


async def test_nobody_confirms_what_another_asked(office: Office) -> None:
    await office.sql.execute("insert into gestores (slack_id, nome) values ('U0BRUNO', 'Bruno')")
    await office.mention("pausar Emergência")
    await office.work()
    await office.decide("comando_confirmar", office.answers[-1], user=BRUNO)

    assert await office.rows() == []
    assert "Só quem fez o pedido" in shown(office.answers[-1])


async def test_a_mention_is_answered_in_the_channel_by_name(office: Office) -> None:
    await office.mention("status")
    await office.work()

    answer = office.answers[-1]
    assert answer.only_for is None
    assert "<@U0ANA>" in shown(answer)
    assert "A Júlia está ativa" in shown(answer)


async def test_a_direct_message_is_answered_in_the_channel_by_name(office: Office) -> None:
    await office.direct("status")
    await office.direct("pausar Emergência", user=BRUNO)
    await office.work()

    first, second = office.answers
    assert first.only_for is None
    assert "<@U0ANA>" in shown(first)
    assert "A Júlia está ativa" in shown(first)
    assert "Só gestores cadastrados" in shown(second)
    assert await office.rows() == []


@pytest.mark.parametrize(
    "dies_at", ["decide_command", "change_status", "keep_answer", "command_answered"]
)
async def test_a_kill_anywhere_loses_nothing_and_does_nothing_twice(
    office: Office, dies_at: str
) -> None:
    question = await office.ask("pausar Emergência")
    await office.press("comando_confirmar", question)
    await office.deliver()
    with pytest.raises(Killed):
        await office.worker(Dies(office.database, dies_at)).work()

    await office.later(timedelta(seconds=LOAN_SECONDS + 1))
    await office.work()
    await office.work()

    assert len(await office.rows()) == 1
    replaced = office.world.message(question.n)
    assert replaced is not None
    assert "Parado" in shown(replaced)


async def test_an_answer_waits_for_slack(office: Office) -> None:
    await office.http.post(
        "/_sim/faults", json={"kind": "server_error", "to": "response", "times": 1}
    )
    await office.command("status")
    await office.work()
    assert office.answers == []

    await office.later(timedelta(seconds=10))
    await office.work()

    assert len(office.answers) == 1


async def test_an_answer_that_slack_takes_no_more_is_told_in_the_channel(office: Office) -> None:
    await office.command("status")
    office.world.responses.clear()
    await office.work()
    await office.later(timedelta(minutes=31))
    await office.work()

    [notice] = await office.sql.fetch("select * from notificacoes_gestor")
    assert notice["tipo"] == "resposta_nao_entregue"
    assert json.loads(notice["dados"])["verbo"] == "status"


async def test_what_waited_too_long_is_not_done_any_more_but_a_stop_is(office: Office) -> None:
    question = await office.ask("pausar Emergência")
    await office.press("comando_confirmar", question)
    await office.command("retomar")
    await office.deliver()
    await office.later(timedelta(minutes=15))
    await office.work()

    assert [row["status"] for row in await office.rows()] == ["pausado"]
    assert "esperou demais" in shown(office.answers[-1])


async def test_a_question_is_answered_within_half_an_hour_or_not_at_all(office: Office) -> None:
    question = await office.ask("pausar Emergência")
    await office.sql.execute(
        "update slack_comandos set recebido_em = recebido_em - interval '31 minutes'"
    )
    await office.decide("comando_confirmar", question)

    assert await office.rows() == []
    assert "valia por 30 minutos" in shown(office.answers[-1])


async def test_a_scope_that_nothing_has_is_refused_with_what_there_is(office: Office) -> None:
    await office.sql.execute("insert into especialidades (nome) values ('Anestesiologia')")

    refused = await office.ask("pausar especialidade=xilofone Escala")
    found = await office.ask("pausar especialidade=anestesia Escala")

    assert "Anestesiologia" in shown(refused)
    assert actions(refused) == []
    assert "Pausar *especialidade Anestesiologia*" in shown(found)


async def test_a_number_is_neither_shown_nor_logged_nor_kept(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await office.doctor_writes()
    with caplog.at_level(logging.DEBUG, logger="julia"):
        answer = await office.ask(f"medico {PHONE}")

    assert "Carla &lt;b&gt;" in shown(answer)
    assert "final 7777" in shown(answer)
    assert PHONE not in shown(answer)
    assert PHONE not in caplog.text
    kept = await office.sql.fetchrow("select * from slack_comandos")
    assert (kept["texto"], kept["resposta"], kept["resposta_url"]) == ("medico ***", None, None)


async def test_a_conversation_is_taken_over_and_given_back(office: Office) -> None:
    conversation = await office.doctor_writes()
    taken = await office.ask(f"assumir {PHONE} Caso delicado")
    control = "select controlled_by from conversations where id = $1"
    assert await office.sql.fetchval(control, uuid.UUID(conversation)) == "human"
    assert "é sua" in shown(taken)
    handoff = await office.sql.fetchrow("select * from handoffs")
    assert handoff["trigger_type"] == "manual"
    assert json.loads(handoff["metadata"])["por"] == "Ana Souza (Slack U0ANA)"

    seen = await office.ask(f"medico {PHONE}")
    await office.decide("conversa_devolver", seen)

    assert await office.sql.fetchval(control, uuid.UUID(conversation)) == "ai"
    assert "voltou à conversa" in shown(office.answers[-1])
    again = await office.ask(f"devolver {conversation}")
    assert "já estava com a Júlia" in shown(again)


async def test_a_doctor_is_blocked_and_unblocked_with_reasons(office: Office) -> None:
    conversation = await office.doctor_writes()
    question = await office.ask(f"bloquear {conversation} Pediu por telefone")
    assert "Bloquear *Carla &lt;b&gt;*" in shown(question)
    await office.decide("comando_confirmar", question)
    assert await office.sql.fetchval("select opted_out from medicos where not canario")

    seen = await office.ask(f"medico {PHONE}")
    assert "bloqueado por Ana Souza" in shown(seen)
    question = await office.ask(f"desbloquear {PHONE} Voltou")
    assert "próprio médico" not in shown(question)
    await office.decide("comando_confirmar", question)

    assert not await office.sql.fetchval("select opted_out from medicos where not canario")
    decisions = await office.sql.fetch(
        "select decisao, motivo, por from decisoes_medicos order by created_at"
    )
    assert [tuple(row) for row in decisions] == [
        ("bloqueado", "Pediu por telefone", "Ana Souza (Slack U0ANA)"),
        ("desbloqueado", "Voltou", "Ana Souza (Slack U0ANA)"),
    ]


async def test_unblocking_who_asked_to_be_left_alone_comes_with_a_warning(office: Office) -> None:
    await office.doctor_writes()
    await office.sql.execute("update medicos set opted_out = true")

    question = await office.ask(f"desbloquear {PHONE} Acho que quer")

    assert "próprio médico" in shown(question)


@pytest.mark.parametrize(
    "text",
    ["status", "ajuda", "metricas semana passada", "vagas", "relatorio", "medico 11900000000",
     "assumir 11900000000", "bloquear 11900000000 x", "banana"],
)  # fmt: skip
async def test_every_command_is_answered_so_that_slack_takes_it(office: Office, text: str) -> None:
    answer = await office.ask(text)

    assert answer.only_for == ANA
    assert answer.text
    assert office.world.refused == {}


@pytest.mark.parametrize(
    ("pressed", "status", "decision", "told"),
    [
        ("envio_liberar", "pendente", "liberar", "liberou o envio"),
        ("envio_descartar", "cancelada", "descartar", "descartou o envio"),
    ],
)
async def test_a_parked_send_is_decided_by_a_button_once_and_the_channel_sees_by_whom(
    office: Office, pressed: str, status: str, decision: str, told: str
) -> None:
    await office.doctor_writes()
    parked = await office.sql.fetchval(
        "insert into fila_mensagens (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, "
        "conteudo, prioridade, control_epoch, status) "
        "select medico_id, id, instance, 1, 1, 'reply', 'reply', 'Tem sim.', 10, control_epoch, "
        "'estacionada' from conversations where medico_id <> all "
        "(select id from medicos where canario) returning id"
    )
    card = office.world.post(SlackMessage("x", (buttons.parked(str(parked)),)).payload())

    await office.decide(pressed, card)
    await office.decide("envio_descartar", card)

    row = await office.sql.fetchrow("select * from fila_mensagens where id = $1", parked)
    decided = await office.sql.fetch("select decisao, por from decisoes_envio")
    assert row["status"] == status
    assert [tuple(each) for each in decided] == [(decision, "Ana Souza (Slack U0ANA)")]
    first, second = office.answers[-2:]
    assert told in shown(first)
    assert first.only_for is None
    assert "já foi" in shown(second)


async def test_a_shift_that_is_over_is_asked_about_and_the_first_answer_counts(
    office: Office,
) -> None:
    await office.doctor_writes()
    await office.sql.execute("insert into gestores (slack_id, nome) values ('U0BRUNO', 'Bruno')")
    vaga = await office.sql.fetchval(
        "with h as (insert into hospitais (nome) values ('Hospital São Luiz') returning id), "
        "e as (insert into especialidades (nome) values ('Anestesiologia') "
        "on conflict (nome) do update set nome = excluded.nome returning id) "
        "insert into vagas (hospital_id, especialidade_id, data, hora_inicio, hora_fim, "
        "valor_centavos, status, medico_id) select h.id, e.id, "
        "(now() at time zone 'America/Sao_Paulo')::date - 2, '19:00', '07:00', 150000, "
        "'confirmada', m.id from h, e, medicos m where not m.canario returning id"
    )
    assert (await office.database.ask_of_shifts(limit=20)).perguntadas == 1
    bringer = Bringer(office.database, office.channel, owner=str(uuid.uuid4()))
    await notices(bringer).run(Run("avisos", datetime.now(UTC)))
    [card] = [one for one in office.answers if "O plantão aconteceu?" in shown(one)]
    assert actions(card) == ["plantao_aconteceu", "plantao_nao_aconteceu"]
    assert "Hospital São Luiz" in shown(card)
    assert PHONE not in shown(card)

    await office.decide("plantao_aconteceu", card)
    await office.decide("plantao_nao_aconteceu", card, user=BRUNO)

    assert await office.sql.fetchval("select status from vagas where id = $1", vaga) == "realizada"
    decided = await office.sql.fetch("select decisao, por from decisoes_plantoes")
    assert [tuple(each) for each in decided] == [("aconteceu", "Ana Souza (Slack U0ANA)")]
    first, second = office.answers[-2:]
    assert "*Ana Souza*: o plantão aconteceu (Hospital São Luiz" in shown(first)
    assert first.only_for is None
    assert "Ana Souza (Slack U0ANA) já disse deste plantão" in shown(second)
    assert second.only_for == BRUNO
    assert office.world.refused == {}
