"""The composition root."""

import logging
from contextlib import AsyncExitStack

from redis.exceptions import RedisError

from julia_common.messaging import open_messaging
from julia_common.messaging.quarantine import Quarantine
from julia_common.resilience.breaker import CircuitBreaker, Limits
from julia_common.resilience.clock import SystemClock
from julia_common.resilience.redis import open_redis
from julia_common.serve import Service
from julia_ingest import chatwoot
from julia_ingest.adapters.broker import BrokerOutlet
from julia_ingest.adapters.redis_view import RedisView
from julia_ingest.body import Buffers
from julia_ingest.domain.chatwoot_credentials import ChatwootAuthenticator
from julia_ingest.domain.credentials import Authenticator
from julia_ingest.domain.slack import Signing
from julia_ingest.domain.strangers import Strangers
from julia_ingest.health import Health
from julia_ingest.http import Deps, routes
from julia_ingest.settings import Settings

SERVICE = "julia-api"

BROKER_CIRCUIT = Limits(failures=3, reset_seconds=2)
"""Short: a refused webhook makes its doctor wait for Evolution's retry, five seconds at least."""

_log = logging.getLogger(__name__)


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Open everything that ingest needs; it is closed with the stack."""
    messaging = await stack.enter_async_context(open_messaging(settings.rabbitmq_url, SERVICE))
    redis = await stack.enter_async_context(open_redis(settings.redis_url, client_name=SERVICE))
    view = RedisView(redis)
    await _reset_circuits(view)
    circuit = CircuitBreaker("rabbitmq", BROKER_CIRCUIT)
    deps = Deps(
        authenticator=Authenticator(
            (settings.evolution_webhook_secret, settings.evolution_webhook_secret_previous),
            jwt_key=settings.evolution_jwt_key,
        ),
        strangers=Strangers(),
        signing=Signing((settings.slack_signing_secret, settings.slack_signing_secret_previous)),
        outlet=BrokerOutlet(
            messaging.publisher, Quarantine(messaging.publisher, settings.quarantine_key), circuit
        ),
        buffers=Buffers(),
        clock=SystemClock(),
        health=Health(
            view=view,
            check_broker=messaging.check,
            own_circuits=lambda: [circuit.snapshot],
            instances=settings.evolution_instances,
            ceilings={"hour": settings.max_msgs_por_hora, "day": settings.max_msgs_por_dia},
        ),
        chatwoot=ChatwootAuthenticator(settings.chatwoot_webhook_secret),
        chatwoot_inbox_id=settings.chatwoot_inbox_id,
    )
    return Service(
        routes=[*routes(), *chatwoot.routes()],
        state={"deps": deps},
        readiness={"rabbitmq": messaging.check},
    )


async def _reset_circuits(view: RedisView) -> None:
    """Let the neighbours of all services be tried: the runbook restarts this service for that."""
    try:
        await view.reset_circuits()
    except RedisError as error:
        _log.warning("the circuits were not reset, Redis is away: %s", type(error).__name__)
