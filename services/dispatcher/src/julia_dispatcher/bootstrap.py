"""The composition root: everything is built here, once."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final
from uuid import uuid4

from julia_common.contracts.messages import Message, SendRequested
from julia_common.database import Database
from julia_common.errors import Permanent
from julia_common.evolution import open_evolution
from julia_common.messaging import open_messaging
from julia_common.messaging.topology import Queue
from julia_common.resilience.breaker import EVOLUTION, SUPABASE
from julia_common.resilience.clock import SystemClock
from julia_common.resilience.redis import open_redis
from julia_common.resilience.shared import SharedCircuits
from julia_common.secrets import SecretsCheck
from julia_common.serve import Service
from julia_dispatcher.conversations import Conversations, Wait
from julia_dispatcher.measuring import MeasuredCeilings
from julia_dispatcher.mirror import Mirror
from julia_dispatcher.mirror_store import RedisMirror
from julia_dispatcher.sending import Sending, Terms
from julia_dispatcher.settings import Settings

_SIDE_BY_SIDE: Final = 16
# More doorbells than sends side by side: those of a dozen numbers in trouble, 16 of each, must not
# keep another number's in the broker.
_DOORBELLS: Final = 200
# After the last POST: recording it, and giving back what a lost answer left unclear.
_DRAIN_MARGIN_SECONDS: Final = 10.0


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Open everything on `stack` and wire it up."""
    redis = await stack.enter_async_context(
        open_redis(settings.redis_url, client_name="julia-dispatcher")
    )
    circuits = SharedCircuits(redis)
    circuit = circuits.breaker("evolution", EVOLUTION)
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
            circuit=circuit,
        )
    )
    messaging = await stack.enter_async_context(
        open_messaging(settings.rabbitmq_url, "julia-dispatcher")
    )

    changed = asyncio.Event()
    terms = Terms(
        max_hora=settings.max_msgs_por_hora,
        max_dia=settings.max_msgs_por_dia,
        post_timeout_s=settings.evolution_timeout_seconds,
        owner=str(uuid4()),
    )
    mirror = Mirror(
        MeasuredCeilings(database, max_hora=terms.max_hora, max_dia=terms.max_dia),
        RedisMirror(redis),
        changed,
        post_timeout_s=terms.post_timeout_s,
    )
    sending = Sending(
        database,
        evolution,
        circuit,
        terms,
        SystemClock(),
        redis_up=lambda: mirror.redis_up,
    )
    stack.push_async_callback(sending.finish)

    async def step(conversa_id: str) -> Wait | None:
        try:
            return await sending.step(conversa_id)
        finally:
            changed.set()

    conversations = Conversations(step, side_by_side=_SIDE_BY_SIDE)

    async def on_doorbell(message: Message) -> None:
        if not isinstance(message, SendRequested):
            unexpected = f"{message.TYPE} does not belong on {Queue.DISPATCHER_OUTBOUND}"
            raise Permanent(unexpected)
        await conversations.ring(message.conversa_id, message.instance)

    number = settings.evolution_instances[0]
    consumer = messaging.consumer(
        Queue.DISPATCHER_OUTBOUND, on_doorbell, prefetch=_DOORBELLS, concurrency=_DOORBELLS
    )
    return Service(
        readiness={
            "broker": consumer.check,
            "database": database.check_contract,
            "secrets": SecretsCheck(
                settings, (settings.evolution_api_key, lambda: evolution.connection_state(number))
            ),
        },
        background=[conversations, consumer, mirror, circuits],
        drain_seconds=settings.evolution_timeout_seconds + _DRAIN_MARGIN_SECONDS,
    )
