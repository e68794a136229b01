"""Chatwoot's webhooks are lost, and this version repeats none: it is asked what people did."""

import asyncio
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from julia_dev import paths
from julia_dev.people.scene import TAKE_OVER, Scene, scene, until
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(330)]

WRITES, IS_HELD = "5511980000001", "5511980000002"
RUNS = "select count(*) from execucoes where job = 'recuperacao_chatwoot' and ok"
PATIENCE_S = 150.0
"""Two of the minute's runs."""


@pytest.fixture
async def opened() -> AsyncIterator[Scene]:
    folder = paths.RUN / "faults" / secrets.token_hex(4)
    try:
        async with Stack(StackConfig.apart(folder, durable=False)) as stack, scene(stack) as opened:
            yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def linked(opened: Scene, number: str) -> int:
    """A doctor who writes, and the conversation in Chatwoot."""
    await opened.doctor(number)
    await opened.writes(number, "Oi, tem plantão?")

    async def chat() -> int | None:
        row = await opened.conversation(number)
        return row and row["chat"]

    return await until("the conversation in Chatwoot", chat)


async def test_what_no_webhook_told_is_found_and_done_once(opened: Scene) -> None:
    chats = {number: await linked(opened, number) for number in (WRITES, IS_HELD)}
    held = await opened.conversation(IS_HELD)
    await opened.database.execute(TAKE_OVER, held["id"])

    async def all_shown() -> bool:
        return await opened.pending() == 0

    await until("all in Chatwoot", all_shown)
    lost = {"kind": "webhook_lost", "times": None}
    (await opened.chatwoot.post("/_sim/faults", json=lost)).raise_for_status()

    # One whom Julia had: a person answers and resolves. One whom a person had: she resolves, and
    # the doctor writes, which opens the conversation again.
    said = ("Oi, doutora, aqui é a Bia!", "Já te ligo.")
    for text in said:
        await opened.acts(chats[WRITES], "reply", content=text)
    await opened.acts(chats[WRITES], "reply", content="só para a equipe", private=True)
    await opened.acts(chats[IS_HELD], "status", status="resolved")
    await asyncio.sleep(1.1)  # Chatwoot's times are whole seconds
    await opened.acts(chats[WRITES], "status", status="resolved")
    before = len(await opened.read_by(IS_HELD))
    await opened.writes(IS_HELD, "E tem plantão em Campinas sábado?")

    async def julia_answers() -> bool:
        return len(await opened.read_by(IS_HELD)) > before

    await until("Julia's answer to who was given back", julia_answers, PATIENCE_S)

    async def delivered() -> bool:
        read = Counter(await opened.read_by(WRITES))
        return all(read[text] for text in said)

    await until("the person's words", delivered, PATIENCE_S)
    runs = await opened.database.fetchval(RUNS)

    async def looked_again() -> bool:
        return bool(await opened.database.fetchval(RUNS) > runs)

    await until("another look", looked_again, PATIENCE_S)
    read = Counter(await opened.read_by(WRITES))
    assert [read[text] for text in (*said, "só para a equipe")] == [1, 1, 0]
    for number in (WRITES, IS_HELD):
        assert (await opened.conversation(number))["controlled_by"] == "ai"
    handoffs = await opened.database.fetch("select status, resolvido_por from handoffs")
    assert [tuple(row) for row in handoffs] == [("resolvido", "alguém no Chatwoot")] * 2
    assert (await opened.chats())[chats[WRITES]]["labels"] == []
