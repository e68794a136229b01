"""The doctor's page, the team's Chatwoot and the managers' Slack, side by side.

What the three show after each step is kept as pictures in `.run/people-screenshots`.
"""

import base64
import secrets
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from julia_dev import paths
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

from .test_page import become_a_doctor, write

PATIENCE_MS = 90_000
"""Managers are told each minute."""
SHOTS = paths.RUN / "people-screenshots"
SIZE = {"width": 720, "height": 900}
QUESTION = "Obrigada! E tem plantão de anestesia em Campinas sábado?"
PROMISE = "Oi, doutora! Aqui é a Bia: o estacionamento do hospital é por nossa conta."


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[Stack]:
    """Everything, beside all other instances."""
    folder = paths.RUN / "e2e" / secrets.token_hex(4)
    try:
        async with Stack(StackConfig.apart(folder, durable=False)) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One browser for all three, in Brazil; any error on a page fails the test."""
    opened = await browser.new_context(
        viewport=SIZE, locale="pt-BR", timezone_id="America/Sao_Paulo"
    )
    errors: list[str] = []
    opened.on("weberror", lambda error: errors.append(str(error.error)))
    yield opened
    await opened.close()
    assert errors == []


async def kept(step: str, *pages: Page) -> None:
    """Keep a picture of the pages side by side, as they are now."""
    shots = [base64.b64encode(await page.screenshot()).decode() for page in pages]
    wall = await pages[0].context.new_page()
    await wall.set_viewport_size({**SIZE, "width": SIZE["width"] * len(pages)})
    images = "".join(f'<img src="data:image/png;base64,{shot}">' for shot in shots)
    await wall.set_content(f'<body style="margin:0;display:flex">{images}')
    SHOTS.mkdir(parents=True, exist_ok=True)
    await wall.screenshot(path=SHOTS / f"{step}.png")
    await wall.close()


async def claude_was_asked(stack: Stack, question: str) -> str:
    """The whole conversation with which Claude was last asked this."""
    async with httpx.AsyncClient(base_url=stack.url("anthropic"), trust_env=False) as http:
        records = (await http.get("/_sim/requests")).raise_for_status().json()
    asked = [str(record["body"]["messages"]) for record in records]
    return next(messages for messages in reversed(asked) if question in messages)


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
    await expect(team.locator("#labels")).to_have_text("humano", timeout=PATIENCE_MS)
    await expect(team.locator("#status")).to_have_text("aberta", timeout=PATIENCE_MS)
    await expect(team.locator(".note")).to_contain_text("o médico pediu uma pessoa")
    card = managers.get_by_role("listitem").filter(has_text="Conversa com uma pessoa")
    await expect(card).to_contain_text("o médico pediu uma pessoa", timeout=PATIENCE_MS)
    await expect(card.get_by_role("button", name="Devolver à Júlia")).to_be_visible()
    await kept("1-assumida", doctor, team, managers)

    # The card leads to the conversation, and there the person answers.
    link = await card.get_by_role("link", name="Abrir no Chatwoot").get_attribute("href")
    assert link is not None
    await team.goto(link)
    await team.get_by_label("Responder como Bia").fill(PROMISE)
    await team.get_by_role("button", name="Enviar").click()
    answer = doctor.locator(".message.julia", has_text=PROMISE)
    await expect(answer).to_have_count(1, timeout=PATIENCE_MS)
    await team.get_by_label("Nota privada").check()
    await team.get_by_label("Responder como Bia").fill("Só entre nós: vaga delicada")
    await team.get_by_role("button", name="Enviar").click()
    await expect(team.locator(".note").last).to_contain_text("Só entre nós")
    await kept("2-respondida", doctor, team, managers)

    await team.get_by_role("button", name="Resolver").click()
    await expect(team.locator(".note").last).to_contain_text("A Júlia retoma a conversa")
    await expect(team.locator("#labels")).to_be_hidden()
    back = managers.get_by_text("A Júlia retomou uma conversa")
    await expect(back).to_be_visible(timeout=PATIENCE_MS)
    said = await doctor.locator(".message.julia").count()
    await write(doctor, QUESTION)
    await expect(doctor.locator(".message.julia")).not_to_have_count(said, timeout=PATIENCE_MS)
    known = await claude_was_asked(stack, QUESTION)
    assert PROMISE in known
    assert "Só entre nós" not in known
    # What she answers is in the team's Chatwoot as well, after what the person said, and hers.
    newest = await doctor.locator(".message.julia .text").last.inner_text()
    await expect(team.locator(".outgoing").last).to_contain_text(
        newest.splitlines()[0], timeout=PATIENCE_MS
    )
    await expect(team.locator("#status")).to_have_text("com a Júlia")
    await expect(doctor.locator(".message", has_text="Só entre nós")).to_have_count(0)
    await kept("3-devolvida", doctor, team, managers)
