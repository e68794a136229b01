"""Builds the brain."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from julia_brain import metrics
from julia_brain.adapters.attachments import EvolutionAttachments
from julia_brain.adapters.claude import Claude, open_client
from julia_brain.adapters.doorbell import BrokerDoorbell
from julia_brain.adapters.kept_prompts import KeptPrompts
from julia_brain.adapters.signs import EvolutionSigns
from julia_brain.adapters.transcriber import open_transcriber
from julia_brain.adapters.vault import DocumentVault
from julia_brain.consumers import consumers
from julia_brain.domain.draft import Model
from julia_brain.handlers import Deps
from julia_brain.readiness import ContractCheck
from julia_brain.settings import Settings
from julia_brain.turns.afterwards import Afterwards
from julia_brain.turns.engine import Engine
from julia_brain.turns.limits import Limits
from julia_brain.turns.reading import Reader
from julia_brain.turns.shadowing import Shadowing
from julia_brain.turns.summing_up import SummingUp
from julia_brain.turns.taker import TurnTaker
from julia_common.database import Database
from julia_common.evolution import open_evolution
from julia_common.lifecycle import Loop
from julia_common.messaging import open_messaging
from julia_common.resilience import breaker
from julia_common.resilience.clock import SystemClock
from julia_common.resilience.redis import open_redis
from julia_common.resilience.shared import SharedCircuits
from julia_common.secrets import SecretsCheck
from julia_common.serve import Service

SERVICE: Final = "julia-brain"
GAUGES_SECONDS: Final = 10.0


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Open everything on the stack and wire it together."""
    clock = SystemClock()
    owner = str(uuid.uuid4())
    redis = await stack.enter_async_context(open_redis(settings.redis_url, client_name=SERVICE))
    circuits = SharedCircuits(redis, clock=clock)
    database = await Database.create(
        settings.supabase_url,
        settings.supabase_service_key,
        circuit=circuits.breaker("supabase", breaker.SUPABASE),
    )
    stack.push_async_callback(database.aclose)
    messaging = await stack.enter_async_context(open_messaging(settings.rabbitmq_url, SERVICE))
    evolution = await stack.enter_async_context(
        open_evolution(
            settings.evolution_api_url,
            settings.evolution_api_key,
            timeout_seconds=settings.evolution_timeout_seconds,
            circuit=circuits.breaker("evolution", breaker.EVOLUTION),
        )
    )
    signs = EvolutionSigns(evolution)
    stack.push_async_callback(signs.aclose)
    anthropic = await stack.enter_async_context(
        open_client(settings.anthropic_api_key, settings.anthropic_base_url)
    )
    circuit = circuits.breaker("claude", breaker.CLAUDE)
    models = {Model.SMALL: settings.anthropic_model, Model.LARGE: settings.anthropic_model_large}
    claude = Claude(anthropic, models, circuit, clock)
    doorbell = BrokerDoorbell(messaging.publisher)
    transcriber = None
    if settings.transcription_url is not None:
        transcriber = await stack.enter_async_context(
            open_transcriber(
                settings.transcription_url,
                settings.transcription_api_key,
                settings.transcription_model,
                clock,
            )
        )
    reader = Reader(
        attachments=EvolutionAttachments(evolution, clock),
        transcriber=transcriber,
        writer=claude,
        vault=DocumentVault(settings.documents_key),
        readings=database,
        clock=clock,
        budgets=settings.budgets,
    )
    prompts = KeptPrompts(database)
    # A circuit of its own: what nobody waits for must not keep doctors from being answered.
    unhurried = breaker.CircuitBreaker("claude_depois", breaker.CLAUDE, clock=clock)

    def unhurried_writer(model: str | None) -> Claude:
        return Claude(
            anthropic, models if model is None else dict.fromkeys(Model, model), unhurried, clock
        )

    afterwards = Afterwards(
        SummingUp(writer=unhurried_writer(None), summaries=database, budgets=settings.budgets),
        Shadowing(
            writer_of=unhurried_writer,
            prompts=prompts,
            shifts=database,
            shadows=database,
            clock=clock,
            budgets=settings.budgets,
            large_for=settings.large_for,
        ),
    )
    engine = Engine(
        turns=database,
        shifts=database,
        prompts=prompts,
        reader=reader,
        writer=claude,
        signs=signs,
        doorbell=doorbell,
        clock=clock,
        owner=owner,
        limits=Limits(away_after=settings.away_after_seconds),
        budgets=settings.budgets,
        large_for=settings.large_for,
        begin_afterwards=afterwards.begin,
    )
    taker = TurnTaker(database, engine.run, owner=owner, clock=clock, capacity=settings.max_turns)
    number = settings.evolution_instances[0]
    inbound, control = consumers(messaging, Deps(database, doorbell, taker, clock))
    return Service(
        readiness={
            "inbound": inbound.check,
            "control": control.check,
            "database_contract": ContractCheck(database.contract_version),
            "secrets": SecretsCheck(
                settings,
                (settings.anthropic_api_key, claude.check_key),
                (settings.evolution_api_key, lambda: evolution.connection_state(number)),
            ),
        },
        background=(
            inbound,
            control,
            taker,
            afterwards,
            circuits,
            Loop("gauges", GAUGES_SECONDS, _gauges(database)),
        ),
    )


def _gauges(database: Database) -> Callable[[], Awaitable[None]]:
    async def refresh() -> None:
        backlog = await database.backlog()
        metrics.DUE.set(backlog.inbound_due)
        metrics.OLDEST_DUE_SECONDS.set(backlog.inbound_oldest_s or 0)

    return refresh
