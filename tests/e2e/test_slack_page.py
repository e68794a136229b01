"""The Slack simulator's page shows what managers would read, and nothing that was posted acts."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from julia_simulators.evolution.testing import serving
from julia_simulators.slack.app import build_app
from julia_simulators.slack.state import WEBHOOK_PATH, World


@pytest.fixture
def slack_url() -> Iterator[str]:
    world = World()
    world.limited = False
    with serving(build_app(world)) as url:
        yield url


async def test_what_is_posted_appears_as_slack_would_draw_it(page: Page, slack_url: str) -> None:
    await page.goto(slack_url)
    await expect(page.get_by_text("Nenhuma mensagem ainda")).to_be_visible()
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Um aviso"}},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*Dra. Ana &lt;b&gt;* e `liberar`\n<javascript:alert(1)|clique> "
                "<https://exemplo.test|link> <!channel>\n<script>alert(1)</script>",
            },
        },
        {"type": "section", "text": {"type": "mrkdwn", "text": "```select 1 &lt; 2;```"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "miúdo"}]},
    ]
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(slack_url + WEBHOOK_PATH, json={"text": "x", "blocks": blocks})
        assert answer.text == "ok"

    message = page.get_by_role("listitem")
    await expect(message.get_by_role("heading")).to_have_text("Um aviso")
    await expect(message.locator("strong").last).to_have_text("Dra. Ana <b>")
    await expect(message.locator("pre")).to_have_text("select 1 < 2;")
    await expect(message.locator(".mention")).to_have_text("!channel")
    await expect(message.get_by_role("link", name="link")).to_have_attribute(
        "href", "https://exemplo.test"
    )
    assert await message.get_by_text("clique").get_attribute("href") is None
    assert await message.locator("script").count() == 0
    await expect(page.get_by_text("Nenhuma mensagem ainda")).to_be_hidden()

    await page.get_by_role("button", name="Limpar").click()
    await expect(message).to_have_count(0)


async def test_a_person_plays_the_manager_through_the_whole_stack(
    page: Page, managed_stack: str
) -> None:
    await page.goto(managed_stack)
    write = page.get_by_role("textbox", name="Mensagem")
    messages = page.get_by_role("listitem")

    await write.fill("/julia pausar estado=SP até amanhã 8h Escala em revisão")
    await page.get_by_role("button", name="Enviar").click()
    question = messages.filter(has_text="Nada foi feito ainda")
    await expect(question).to_contain_text("Pausar estado SP", timeout=20_000)
    await question.get_by_role("button", name="Pausar").click()
    done = page.locator("#messages > li").filter(has_text="Parado: estado SP, até")
    await expect(done).to_be_visible(timeout=20_000)
    await expect(question).to_have_count(0)

    await write.fill("@Júlia status")
    await page.get_by_role("button", name="Enviar").click()
    await expect(messages.filter(has_text="A Júlia está parada em parte")).to_be_visible(
        timeout=20_000
    )

    await page.get_by_label("Você é").select_option("Bruno Lima")
    await expect(done).to_be_hidden()
    await write.fill("/julia retomar")
    await page.get_by_role("button", name="Enviar").click()
    await expect(messages.filter(has_text="Só gestores cadastrados")).to_be_visible(timeout=20_000)
