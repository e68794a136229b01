"""The composition root: everything is built here, once."""

from contextlib import AsyncExitStack
from uuid import uuid4

import structlog

from julia_common.chatwoot import Chatwoot, open_chatwoot
from julia_common.database import Database
from julia_common.evolution import open_evolution
from julia_common.messaging import open_messaging
from julia_common.messaging.topology import Queue
from julia_common.resilience.breaker import CHATWOOT, EVOLUTION, SUPABASE
from julia_common.resilience.clock import SystemClock
from julia_common.resilience.redis import open_redis
from julia_common.resilience.shared import SharedCircuits
from julia_common.secrets import SecretsCheck
from julia_common.serve import Service
from julia_common.slack import SLACK_ORIGIN, SlackWebhook, open_responses, open_slack
from julia_scheduler import metrics
from julia_scheduler.activity import measure_activity
from julia_scheduler.backups import measure_backups
from julia_scheduler.catchup import CatchUp
from julia_scheduler.chatwoot.carrying import Carrier
from julia_scheduler.chatwoot.catchup import ChatwootCatchUp
from julia_scheduler.commands.doing import Doing
from julia_scheduler.commands.worker import Worker, store
from julia_scheduler.due import (
    expire_drafts,
    expire_holds,
    expire_replies,
    measure_backlog,
    measure_canary,
    sweep_doorbells,
)
from julia_scheduler.http import Deps, routes
from julia_scheduler.ingest import open_ingest
from julia_scheduler.jobs.all import all_jobs
from julia_scheduler.jobs.proofs import measure_proofs
from julia_scheduler.jobs.runner import Runner
from julia_scheduler.lateness import Lateness
from julia_scheduler.loops import SurvivingLoop
from julia_scheduler.managers.bringing import Bringer
from julia_scheduler.numbers import measure_numbers, show_banned
from julia_scheduler.queues import measure_queues
from julia_scheduler.settings import Settings
from julia_scheduler.settling import Settler

log = structlog.get_logger(__name__)


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Open everything on `stack` and wire it up."""
    redis = await stack.enter_async_context(
        open_redis(settings.redis_url, client_name="julia-scheduler")
    )
    circuits = SharedCircuits(redis)
    database = await Database.create(
        settings.supabase_url,
        settings.supabase_service_key,
        circuit=circuits.breaker("supabase", SUPABASE),
    )
    stack.push_async_callback(database.aclose)
    evolution = await stack.enter_async_context(
        open_evolution(
            settings.evolution_api_url,
            settings.evolution_api_key,
            timeout_seconds=settings.evolution_timeout_seconds,
            circuit=circuits.breaker("evolution", EVOLUTION),
        )
    )
    messaging = await stack.enter_async_context(
        open_messaging(settings.rabbitmq_url, "julia-scheduler")
    )
    publisher = messaging.publisher
    ingest = await stack.enter_async_context(
        open_ingest(settings.julia_api_url, settings.evolution_webhook_secret)
    )
    number = settings.evolution_instances[0]
    owner = str(uuid4())
    settler = Settler(database, evolution, publisher, owner=owner, strict=settings.strict_sends)
    catch_up = CatchUp(
        database,
        evolution,
        publisher,
        SystemClock(),
        instances=settings.evolution_instances,
        owner=owner,
    )
    slack = await _open_slack(settings, stack)
    bringer = _bringer(settings, database, slack, owner=owner)
    inbox = await _open_chatwoot(settings, stack, circuits)
    carrier = Carrier(database, inbox, owner=owner) if inbox else None
    overlooked = ChatwootCatchUp(database, inbox, publisher) if inbox else None
    responses = await stack.enter_async_context(open_responses(_slack_origin(settings)))
    worker = Worker(database, Doing(database, publisher), responses, slack, owner=owner)
    requests = messaging.consumer(
        Queue.SCHEDULER_SLACK, lambda message: store(message, database), concurrency=4
    )
    jobs = all_jobs(database, publisher, evolution, ingest, settings, bringer, overlooked)

    return Service(
        routes=routes(),
        state={"deps": Deps(database, settings.evolution_instances[0])},
        readiness={
            "broker": messaging.check,
            "database": database.check_contract,
            "secrets": SecretsCheck(
                settings, (settings.evolution_api_key, lambda: evolution.connection_state(number))
            ),
        },
        background=[
            circuits,
            requests,
            SurvivingLoop("comandos", 1, worker.work),
            SurvivingLoop("varredura", 1, lambda: sweep_doorbells(database, publisher)),
            SurvivingLoop("incertas", 2, settler.settle),
            SurvivingLoop("rascunhos", 5, lambda: expire_drafts(database)),
            SurvivingLoop("expiracao", 5, lambda: expire_replies(database, publisher)),
            SurvivingLoop("reservas", 15, lambda: expire_holds(database, publisher)),
            # More often than once a minute: whoever is first takes the minute's run.
            SurvivingLoop("recuperacao", 15, catch_up.run),
            SurvivingLoop("medidas", 5, lambda: measure_backlog(database)),
            SurvivingLoop("filas", 10, lambda: measure_queues(messaging)),
            SurvivingLoop("atividade", 30, lambda: measure_activity(database)),
            SurvivingLoop("atrasos", 15, Lateness(database, jobs).measure),
            SurvivingLoop("numeros", 15, lambda: measure_numbers(database)),
            SurvivingLoop("banidos", 15, lambda: show_banned(database, redis)),
            SurvivingLoop("provas", 60, lambda: measure_proofs(database)),
            SurvivingLoop("canario", 5, lambda: measure_canary(database)),
            SurvivingLoop("backups", 60, lambda: measure_backups(database)),
            Runner(database, jobs, owner=owner),
            *([SurvivingLoop("chatwoot", 1, carrier.carry)] if carrier else []),
        ],
        drain_seconds=settings.evolution_timeout_seconds + 5,
    )


async def _open_slack(settings: Settings, stack: AsyncExitStack) -> SlackWebhook | None:
    if settings.slack_webhook_url is None:
        log.warning("SLACK_WEBHOOK_URL is not set: managers get no notices and no reports")
        return None
    return await stack.enter_async_context(open_slack(settings.slack_webhook_url))


def _slack_origin(settings: Settings) -> str:
    """Where answers may go: where the channel's webhook is, which may be a simulator's."""
    url = settings.slack_webhook_url
    return url.get_secret_value() if url is not None else SLACK_ORIGIN


def _bringer(
    settings: Settings, database: Database, slack: SlackWebhook | None, *, owner: str
) -> Bringer | None:
    if slack is None:
        return None
    return Bringer(database, slack, owner=owner, chats=settings.chatwoot_chats)


async def _open_chatwoot(
    settings: Settings, stack: AsyncExitStack, circuits: SharedCircuits
) -> Chatwoot | None:
    metrics.CHATWOOT_CONFIGURED.set(settings.chatwoot_url is not None)
    if settings.chatwoot_url is None:
        log.warning("CHATWOOT_URL is not set: people see no conversations, and cannot answer")
        return None
    return await stack.enter_async_context(
        open_chatwoot(
            settings.chatwoot_url,
            settings.chatwoot_api_token,
            account_id=settings.chatwoot_account_id,
            inbox_id=settings.chatwoot_inbox_id,
            circuit=circuits.breaker("chatwoot", CHATWOOT),
        )
    )
