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
