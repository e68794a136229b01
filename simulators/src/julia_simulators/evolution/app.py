"""Puts the simulator together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from julia_simulators.evolution import control, page, routes
from julia_simulators.evolution.faults import Faults
from julia_simulators.evolution.network import Network
from julia_simulators.evolution.records import Journal
from julia_simulators.evolution.settings import Settings
from julia_simulators.evolution.state import World
from julia_simulators.evolution.tuning import Tuning
from julia_simulators.evolution.webhooks import Webhooks


def create_app(settings: Settings) -> Starlette:
    """Return the whole simulator as one ASGI application."""
    journal = Journal(settings.sim_state)
    faults, tuning, world = Faults(), Tuning(), World()
    webhooks = Webhooks(journal, faults, tuning, settings.server_url)
    keys = frozenset({settings.evolution_api_key.get_secret_value()})
    network = Network(world, journal, faults, tuning, webhooks, keys)
    network.restore()
    _open_numbers(network, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        network.start()
        yield
        journal.close()
        await network.close()
        await webhooks.close()

    async def unknown(request: Request, _: Exception) -> Response:
        return routes.unknown_route(network, request.method, request.url.path)

    app = Starlette(
        routes=[
            *routes.routes(network),
            *control.routes(network),
            *page.routes(world, settings.julia_page_note),
        ],
        exception_handlers={404: unknown, 405: unknown},
        lifespan=lifespan,
    )
    app.state.end_streams = journal.end_streams
    return app


def _open_numbers(network: Network, settings: Settings) -> None:
    """Create the configured numbers that are not there yet and point their webhooks."""
    for name in settings.instance_names:
        instance = network.world.instances.get(name)
        if instance is None:
            instance = routes.new_instance(name, len(network.world.instances))
            network.add_instance(instance)
        if settings.webhook_url:
            instance.webhook = routes.webhook_config(
                {
                    "enabled": True,
                    "url": settings.webhook_url,
                    "events": [],
                    "headers": settings.webhook_headers,
                }
            )
            network.keep_instance(instance)
