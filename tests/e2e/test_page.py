"""A person plays a doctor on the simulator's page."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Locator, Page, Route, expect

from julia_simulators import files

from .conftest import ANSWER, NOTE

QUESTION = "Oi, tem plantão de anestesia em Campinas sábado?"
ANSWER_TIMEOUT_MS = 60_000
PHONE = {"width": 390, "height": 780}


async def become_a_doctor(page: Page, url: str) -> None:
    """Open the page and create the doctor that it suggests."""
    await page.goto(url)
    await page.get_by_role("button", name="Criar médico").click()
    # The page moves the focus there: what is typed elsewhere before that goes there too.
    await expect(composer(page)).to_be_focused()


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Mensagem do médico", exact=True)


async def write(page: Page, text: str) -> None:
    await composer(page).fill(text)
    await composer(page).press("Enter")


async def converse(page: Page, url: str) -> Locator:
    """Type a question, see Julia type, return her answer."""
    await become_a_doctor(page, url)
    await write(page, QUESTION)
    await expect(page.locator(".message.mine").last).to_contain_text(QUESTION)
    await expect(page.get_by_role("status")).to_have_text("digitando…", timeout=ANSWER_TIMEOUT_MS)
    await expect(page.get_by_text("Júlia está digitando")).to_be_attached()
    answer = page.locator(".message.julia").first
    await expect(answer).to_be_visible(timeout=ANSWER_TIMEOUT_MS)
    return answer


@pytest.mark.timeout(300)
async def test_a_message_typed_on_the_page_is_answered_by_julia(
    page: Page, running_stack: str
) -> None:
    answer = await converse(page, running_stack)
    assert len(await answer.locator(".text").inner_text()) > 2
    await expect(page.get_by_role("note")).to_contain_text("Simulador: isto não é o WhatsApp.")


async def test_a_picture_of_this_computer_is_sent_and_shown(page: Page, simulator_url: str) -> None:
    await become_a_doctor(page, simulator_url)
    picture = {"name": "crm.png", "mimeType": "image/png", "buffer": files.png("CRM 123456")}

    await page.get_by_role("button", name="Enviar outro tipo de conteúdo").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("menuitem", name="Arquivo deste computador").click()
    await (await chooser.value).set_files(picture)

    shown = page.locator(".message.mine").last.get_by_role("img", name="crm.png")
    await expect(shown).to_be_visible()
    await expect(shown).to_have_js_property("naturalWidth", 64)


async def test_a_file_that_julia_could_not_get_is_not_sent(page: Page, simulator_url: str) -> None:
    await become_a_doctor(page, simulator_url)

    await page.locator("#file").set_input_files(
        {"name": "escala.zip", "mimeType": "application/zip", "buffer": b"PK"}
    )

    await expect(page.get_by_role("alert")).to_have_text("Só imagem, áudio ou PDF.")
    await expect(page.locator(".message.mine")).to_have_count(0)


async def test_the_answer_follows_the_typing_indicator(page: Page, simulator_url: str) -> None:
    answer = await converse(page, simulator_url)
    await expect(answer).to_contain_text(ANSWER)
    await expect(page.get_by_role("status")).not_to_have_text("digitando…")
    await expect(page.locator("#typing")).to_be_hidden()


async def test_the_ticks_turn_when_julia_has_read(page: Page, simulator_url: str) -> None:
    await converse(page, simulator_url)
    tick = page.locator(".message.mine").last.get_by_role("img")
    await expect(tick).to_have_accessible_name("lida pela Júlia")


async def test_the_page_says_what_it_is_and_who_answers(page: Page, simulator_url: str) -> None:
    await page.goto(simulator_url)
    await expect(page.get_by_role("note")).to_have_text(
        re.compile(rf"Simulador: isto não é o WhatsApp\.\s+{re.escape(NOTE)}")
    )


async def test_the_conversation_is_there_after_a_reload(page: Page, simulator_url: str) -> None:
    await converse(page, simulator_url)
    await page.reload()
    await expect(page.locator(".message.mine")).to_contain_text(QUESTION)
    await expect(page.locator(".message.julia")).to_contain_text(ANSWER)


async def test_what_happens_while_the_history_is_fetched_does_not_hide_it(
    page: Page, simulator_url: str
) -> None:
    await converse(page, simulator_url)
    number = urlsplit(page.url).fragment

    async def something_happens_meanwhile(route: Route) -> None:
        history = await route.fetch()
        async with httpx.AsyncClient(base_url=simulator_url) as evolution:
            phone = f"/_sim/doctors/{number}/phone"
            (await evolution.post(phone, json={"text": "Aqui é a Marina"})).raise_for_status()
        await expect(page.locator("#diary")).to_contain_text("pessoa digitou")
        await route.fulfill(response=history)

    await page.route("**/_sim/records?*", something_happens_meanwhile)
    await page.reload()
    await expect(page.locator(".message.mine")).to_contain_text(QUESTION)
    await expect(page.locator(".message.person")).to_contain_text("Aqui é a Marina")


async def test_a_lost_webhook_is_shown_on_the_message(page: Page, simulator_url: str) -> None:
    await become_a_doctor(page, simulator_url)
    await page.get_by_role("button", name="Perder webhook").click()
    await expect(page.locator("#armed li")).to_contain_text("Perder webhook")
    await write(page, QUESTION)
    tick = page.locator(".message.mine").last.get_by_role("img")
    await expect(tick).to_have_accessible_name("o webhook se perdeu")


async def test_a_person_can_type_on_the_phone_of_the_company(
    page: Page, simulator_url: str
) -> None:
    await become_a_doctor(page, simulator_url)
    await page.get_by_label("Digitar como pessoa no celular da empresa").fill("Aqui é a Marina")
    await page.get_by_role("button", name="Enviar como pessoa").click()
    await expect(page.locator(".message.person")).to_contain_text("Aqui é a Marina")


async def test_a_number_without_connection_is_told_and_comes_back(
    page: Page, simulator_url: str
) -> None:
    await become_a_doctor(page, simulator_url)
    await page.get_by_role("button", name="Desconectar").click()
    await expect(page.get_by_role("status")).to_have_text("número sem conexão com o WhatsApp")
    await write(page, QUESTION)
    tick = page.locator(".message.mine").last.get_by_role("img")
    await expect(tick).to_have_accessible_name("esperando a conexão do número")
    await page.get_by_role("button", name="Reconectar").click()
    await expect(page.locator(".message.julia")).to_contain_text(ANSWER)


async def test_text_is_never_markup(page: Page, simulator_url: str) -> None:
    await become_a_doctor(page, simulator_url)
    attack = "<img src=x onerror=alert(1)>"
    await write(page, attack)
    await expect(page.locator(".message.mine .text")).to_have_text(attack)
    assert await page.locator(".message img").count() == 0


async def test_a_message_can_be_answered_to_edited_and_deleted_by_keyboard(
    page: Page, simulator_url: str
) -> None:
    await become_a_doctor(page, simulator_url)
    await write(page, "Sábado")
    mine = page.locator(".message.mine").first
    await expect(page.locator(".message.julia")).to_be_visible()
    await page.get_by_role("log").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(mine).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("Sábado")
    await write(page, "Domingo")
    await expect(mine).to_contain_text("Domingo")
    await expect(mine).to_contain_text("editada")
    await mine.locator(".bubble").hover()
    await mine.get_by_role("button", name="Apagar").click()
    await expect(mine).to_contain_text("Mensagem apagada")


async def test_on_a_phone_one_thing_is_shown_at_a_time(page: Page, simulator_url: str) -> None:
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await converse(page, simulator_url)
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await page.get_by_role("button", name="Bancada", exact=True).click()
    await expect(page.get_by_role("button", name="Desconectar")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Desconectar")).to_be_hidden()
    await page.get_by_role("button", name="Voltar aos médicos").click()
    await expect(page.get_by_role("navigation")).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


async def test_the_page_asks_nobody_else_for_anything(page: Page, simulator_url: str) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    await converse(page, simulator_url)
    assert asked == {urlsplit(simulator_url).netloc}


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/static/main.js", "/static/julia.svg"])
def test_the_files_of_the_page_are_in_the_package(simulator_url: str, path: str) -> None:
    assert httpx.get(f"{simulator_url}{path}", trust_env=False).status_code == 200
