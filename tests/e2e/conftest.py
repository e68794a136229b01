"""A browser, the page with somebody who plays Julia, and the whole stack."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from julia_dev.stack.config import SERVERS, StackConfig
from julia_dev.stack.stack import Stack
from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.settings import Settings
from julia_simulators.evolution.testing import serving

NOTE = "Tetos de desenvolvimento: 600 por hora e 5000 por dia. Quem responde: um teste."
ANSWER = "Tem sim! Sábado, 12h diurno no Vera Cruz. Quer que eu reserve pra vc?"
KEY = "page-test-key"
INSTANCE = "julia-page"

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
)
_DESKTOP = {"width": 1360, "height": 820}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests, which share the browser's event loop."""
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless; what one test leaves in it no other sees (`page`)."""
    if _CHROMIUM is None:
        pytest.fail("no Chromium on this machine: apt-get install -y chromium, or run `make test`")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=_CHROMIUM, args=[*_ARGUMENTS])
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty desktop page in Brazil; any error on it fails the test."""
    context = await browser.new_context(viewport=_DESKTOP, locale="pt-BR")
    opened = await context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    await context.close()
    assert errors == []


@contextmanager
def _somebody_who_plays_julia(evolution: list[str]) -> Iterator[str]:
    """Serve a webhook that answers every doctor: read, typing for a second, text."""

    async def answer(request: Request) -> Response:
        event = await request.json()
        data = event["data"]
        if event["event"] == "messages.upsert" and not data["key"]["fromMe"]:
            tasks.add(asyncio.create_task(_reply(evolution[0], data["key"])))
        return Response()

    tasks: set[asyncio.Task[None]] = set()
    with serving(Starlette(routes=[Route("/webhook/evolution", answer, methods=["POST"])])) as url:
        yield f"{url}/webhook/evolution"


async def _reply(evolution: str, key: dict[str, str]) -> None:
    number = key["remoteJid"]
    calls = (
        ("chat/markMessageAsRead", {"readMessages": [{**key}]}),
        ("chat/sendPresence", {"number": number, "presence": "composing", "delay": 1500}),
        ("message/sendText", {"number": number, "text": ANSWER}),
    )
    async with httpx.AsyncClient(base_url=evolution, trust_env=False) as client:
        # A test that does not wait for the answer stops the simulator first.
        with suppress(httpx.TransportError):
            for route, body in calls:
                await client.post(f"/{route}/{INSTANCE}", json=body, headers={"apikey": KEY})


@pytest.fixture
def simulator_url() -> Iterator[str]:
    """The page, with somebody who answers as Julia would."""
    evolution: list[str] = []
    with _somebody_who_plays_julia(evolution) as webhook_url:
        settings = Settings(
            evolution_api_key=KEY,
            evolution_instance=INSTANCE,
            webhook_url=webhook_url,
            julia_page_note=NOTE,
            _env_file=None,
        )
        with serving(create_app(settings)) as url:
            evolution.append(url)
            yield url


@pytest_asyncio.fixture(loop_scope="session")
async def managed_stack(scratch_folder: Path) -> AsyncIterator[str]:
    """What stands behind managers' commands, with `U0ANA` listed; the address of Slack's page."""
    parts = frozenset((*SERVERS, "supabase", "evolution", "slack", "ingest", "scheduler"))
    config = StackConfig.apart(scratch_folder, durable=False, parts=parts, seed=True)
    async with Stack(config) as stack:
        yield stack.url("slack")


@pytest_asyncio.fixture(loop_scope="session")
async def running_stack(scratch_folder: Path) -> AsyncIterator[str]:
    """Everything, beside all other instances; the address of the page."""
    config = StackConfig.apart(scratch_folder, durable=False)
    async with Stack(config):
        yield f"http://127.0.0.1:{config.ports['evolution']}"
