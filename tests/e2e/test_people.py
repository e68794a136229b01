"""The doctor's page, the team's Chatwoot and the managers' Slack, side by side."""

import secrets
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from julia_dev import paths
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

from .test_page import become_a_doctor, write

PATIENCE_MS = 90_000
SHOTS = paths.RUN / "people-screenshots"


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    """Everything, beside all other instances."""
    folder = paths.RUN / "e2e" / secrets.token_hex(4)
    try:
        async with Stack(StackConfig.apart(folder, durable=False)) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One browser window for all three."""
    opened = await browser.new_context(viewport={"width": 1100, "height": 760}, locale="pt-BR")
    yield opened
    await opened.close()


async def kept(name: str, **pages: Page) -> None:
    """Keep what the pages show now."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for whose, page in pages.items():
        await page.screenshot(path=SHOTS / f"{name}-{whose}.png")


@pytest.mark.timeout(400)
async def test_a_doctor_gets_a_person_and_then_julia_again(
    stack: Stack, context: BrowserContext
) -> None:
    doctor, team, managers = [await context.new_page() for _ in range(3)]
    await become_a_doctor(doctor, stack.url("evolution"))
    await team.goto(stack.url("chatwoot"))
    await managers.goto(stack.url("slack"))

    await write(doctor, "Quero falar com uma pessoa de verdade, um atendente humano")
    await team.locator("#conversations button").click(timeout=PATIENCE_MS)
    await expect(team.locator("#labels")).to_contain_text("humano", timeout=PATIENCE_MS)
    await expect(team.locator("#status")).to_have_text("aberta", timeout=PATIENCE_MS)
    await expect(team.locator(".note")).to_contain_text("o médico pediu uma pessoa")
    card = managers.get_by_text("Conversa com uma pessoa")
    await expect(card).to_be_visible(timeout=PATIENCE_MS)
    await kept("1-assumida", doctor=doctor, team=team, managers=managers)

    await team.get_by_label("Responder como Bia").fill(
        "Oi, doutora! Aqui é a Bia, como posso ajudar?"
    )
    await team.get_by_role("button", name="Enviar").click()
    answer = doctor.locator(".message.julia", has_text="Aqui é a Bia")
    await expect(answer).to_be_visible(timeout=PATIENCE_MS)
    await kept("2-respondida", doctor=doctor, team=team)

    await team.get_by_role("button", name="Resolver").click()
    back = managers.get_by_text("A Júlia retomou uma conversa")
    await expect(back).to_be_visible(timeout=PATIENCE_MS)
    said = await doctor.locator(".message.julia").count()
    await write(doctor, "Obrigada! E tem plantão de anestesia em Campinas sábado?")
    await expect(doctor.locator(".message.julia")).not_to_have_count(said, timeout=PATIENCE_MS)
    # What she answers is in the team's Chatwoot as well, after what the person said.
    newest = await doctor.locator(".message.julia .text").last.inner_text()
    await expect(team.locator(".outgoing").last).to_contain_text(
        newest.splitlines()[0], timeout=PATIENCE_MS
    )
    await kept("3-devolvida", doctor=doctor, team=team, managers=managers)
