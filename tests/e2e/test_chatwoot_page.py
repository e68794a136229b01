"""The Chatwoot simulator's page: a person plays the coordinator, and nothing that was said acts."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from julia_simulators.chatwoot.app import build_app
from julia_simulators.chatwoot.state import TOKEN, World
from julia_simulators.evolution.testing import serving


@pytest.fixture
def world() -> World:
    world = World()
    world.add_contact(name="Dra. Ana <b>", phone_number="+5511988887777", identifier="julia:a")
    chat = world.add_conversation(1, "open", {"conversa_id": "c"})
    chat.labels = ["vip", "humano"]
    return world


@pytest.fixture
def chatwoot_url(world: World) -> Iterator[str]:
    with serving(build_app(world)) as url:
        yield url


async def test_the_coordinator_reads_answers_notes_and_gives_back(
    page: Page, chatwoot_url: str, world: World
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{chatwoot_url}/api/v1/accounts/1/conversations/1/messages",
            json={"content": "Oi <script>alert(1)</script>", "message_type": "incoming"},
            headers={"api_access_token": TOKEN},
        )
        assert answer.status_code == 200

    await page.goto(chatwoot_url)
    await page.get_by_role("button", name="Dra. Ana <b>").click()
    messages = page.get_by_role("log")
    await expect(messages.get_by_text("Oi <script>alert(1)</script>")).to_be_visible()
    await expect(page.locator("#labels")).to_have_text("vip, humano")

    await page.get_by_label("Responder como Bia").fill("Oi, aqui é a Bia")
    await page.get_by_role("button", name="Enviar").click()
    await expect(messages.locator(".outgoing")).to_contain_text("Oi, aqui é a Bia")
    await page.get_by_label("Nota privada").check()
    await page.get_by_label("Responder como Bia").fill("ligar amanhã")
    await page.get_by_role("button", name="Enviar").click()
    await expect(messages.locator(".note")).to_contain_text("ligar amanhã")
    await page.get_by_role("button", name="Tirar a etiqueta humano").click()
    await expect(page.locator("#labels")).to_have_text("vip")
    await page.get_by_role("button", name="Resolver").click()
    await expect(page.locator("#status")).to_have_text("resolvida")

    assert [m["private"] for m in world.conversations[1].messages] == [False, False, True]
    assert world.conversations[1].labels == ["vip"]


async def test_a_link_opens_its_conversation(page: Page, chatwoot_url: str) -> None:
    await page.goto(f"{chatwoot_url}/app/accounts/1/conversations/1")

    await expect(page.get_by_role("heading")).to_have_text("Dra. Ana <b>")


async def test_the_coordinator_decides_on_a_draft_by_a_label(
    page: Page, chatwoot_url: str, world: World
) -> None:
    await page.goto(f"{chatwoot_url}/app/accounts/1/conversations/1")
    approve = page.get_by_role("button", name="Etiqueta aprovar")
    await expect(page.locator("#labels")).to_have_text("vip, humano")
    await expect(approve).to_be_hidden()

    world.conversations[1].labels = ["vip", "rascunho"]
    await approve.click()

    await expect(page.locator("#labels")).to_have_text("vip, rascunho, aprovar")
