"""What the client asks of Chatwoot, and what it makes of the answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from julia_common.chatwoot import (
    UNCERTAIN_RETRY_SECONDS,
    ChatStatus,
    Chatwoot,
    ChatwootRefused,
    Direction,
    Missing,
    Post,
    client,
)
from julia_common.errors import Permanent, Retryable
from julia_simulators.chatwoot.state import AGENT, Fault, FaultKind, World

PHONE = "+5511988887777"


@pytest.fixture
async def chat(chatwoot: Chatwoot) -> int:
    contact = await chatwoot.create_contact(name="Dra. Ana", phone=PHONE, identifier="julia:a")
    return await chatwoot.create_chat(contact, conversa_id="c-1", instance="julia-prod")


def fails(world: World, kind: FaultKind, **fields: object) -> None:
    world.faults.append(Fault.model_validate({"kind": kind, **fields}))


async def test_a_contact_is_found_by_its_exact_number(world: World, chatwoot: Chatwoot) -> None:
    longer = await chatwoot.create_contact(name="Outra", phone=f"{PHONE}9", identifier="julia:b")
    assert await chatwoot.find_contact(phone=PHONE, identifier="julia:a") is None

    made = await chatwoot.create_contact(name="Dra. Ana", phone=PHONE, identifier="julia:a")

    assert await chatwoot.find_contact(phone=PHONE, identifier="julia:x") == made != longer
    assert await chatwoot.find_contact(phone=None, identifier="julia:a") == made
    assert world.refused == []


async def test_a_contact_that_somebody_made_meanwhile_is_found(chatwoot: Chatwoot) -> None:
    first = await chatwoot.create_contact(name="Dra. Ana", phone=PHONE, identifier="julia:a")

    second = await chatwoot.create_contact(name="Ana", phone=PHONE, identifier="julia:a")

    assert second == first


async def test_a_deleted_contact_takes_its_conversations_along(
    world: World, chatwoot: Chatwoot, chat: int
) -> None:
    other = await chatwoot.create_contact(name="Outra", phone=f"{PHONE}9", identifier="julia:b")
    kept = await chatwoot.create_chat(other, conversa_id="c-2", instance="julia-prod")

    await chatwoot.delete_contact(1)
    await chatwoot.delete_contact(1)

    assert await chatwoot.find_contact(phone=PHONE, identifier="julia:a") is None
    with pytest.raises(Missing):
        await chatwoot.chat(chat)
    assert (await chatwoot.chat(kept)).conversa_id == "c-2"
    # Ids are never given again.
    assert await chatwoot.create_contact(name="Ana", phone=PHONE, identifier="julia:a") == 3


async def test_only_an_administrator_deletes_contacts(
    world: World, chatwoot: Chatwoot, chat: int
) -> None:
    fails(world, FaultKind.UNAUTHORIZED)

    with pytest.raises(ChatwootRefused, match="administrator"):
        await chatwoot.delete_contact(1)

    assert (await chatwoot.chat(chat)).conversa_id == "c-1"


async def test_a_conversation_bears_our_id_and_is_the_bots(
    world: World, chatwoot: Chatwoot, chat: int
) -> None:
    found = (await chatwoot.chats_of(1))[0]

    assert (found.id, found.conversa_id) == (chat, "c-1")
    assert world.conversations[chat].status == "pending"


async def test_messages_bear_marks_and_are_found_by_them(
    world: World, chatwoot: Chatwoot, chat: int
) -> None:
    for n in range(45):
        await chatwoot.post(chat, Post(f"mensagem {n}", Direction.INCOMING, f"efeito:{n}"))
    await chatwoot.post(chat, Post("só para a equipe", Direction.NOTE, "efeito:99"))

    assert await chatwoot.marks(chat, wanted=("efeito:0", "efeito:99", "efeito:77")) == {
        "efeito:0",
        "efeito:99",
    }
    shown = world.conversations[chat].messages
    assert [(m["message_type"], m["private"]) for m in shown[-2:]] == [(0, False), (1, True)]
    assert world.refused == []


async def test_what_people_wrote_is_told_from_all_else(
    world: World, http: httpx.AsyncClient, chatwoot: Chatwoot, chat: int
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    await chatwoot.post(chat, Post("da médica", Direction.INCOMING, "efeito:1"))
    await chatwoot.post(chat, Post("da Júlia", Direction.OUTGOING, "efeito:2"))
    deleted = {"content_attributes": {"deleted": True}}
    old = {"created_at": int(began.timestamp()) - 60}
    for content, changes in (
        ("de ontem", old),
        ("primeira", {}),
        ("nota", {"private": True}),
        ("apagada", deleted),
        *((f"e mais {n}", {}) for n in range(40)),
    ):
        write(world, chat, content, **changes)

    found = await chatwoot.written_by_people(chat, began)

    more = [f"e mais {n}" for n in range(40)]
    assert [each.text for each in found] == ["primeira", "nota", *more]
    assert [each.text for each in found if each.private] == ["nota"]
    assert {each.by for each in found} == {"Bia"}
    assert len({each.id for each in found}) == 42


async def test_conversations_are_listed_by_what_happened_in_them(
    world: World, chatwoot: Chatwoot, chat: int
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    busy = [
        await chatwoot.create_chat(1, conversa_id=f"c-{n}", instance="julia-prod")
        for n in range(60)
    ]
    world.conversations[chat].updated_at = since.timestamp() - 60
    world.conversations[busy[0]].status = "resolved"
    world.conversations[busy[1]].labels = ["humano", "vip"]

    found = {each.id: each for each in await chatwoot.active_since(since)}

    assert sorted(found) == sorted(busy)
    assert found[busy[0]].status == "resolved"
    assert found[busy[1]].labels == ("humano", "vip")
    assert found[busy[1]] == await chatwoot.chat(busy[1])


def write(world: World, chat: int, content: str, **changes: Any) -> None:
    """The coordinator writes."""
    fields: dict[str, Any] = {
        "content_type": "text",
        "content_attributes": {},
        "message_type": 1,
        "private": False,
        "sender": AGENT,
    }
    world.add_message(world.conversations[chat], content=content, **(fields | changes))


async def test_labels_of_others_stay(world: World, chatwoot: Chatwoot, chat: int) -> None:
    world.conversations[chat].labels = ["vip"]

    await chatwoot.label(chat, on=("humano",))
    assert world.conversations[chat].labels == ["vip", "humano"]
    await chatwoot.label(chat, off=("humano",))

    assert world.conversations[chat].labels == ["vip"]


async def test_a_status_is_set_not_flipped(world: World, chatwoot: Chatwoot, chat: int) -> None:
    for _ in range(2):
        await chatwoot.set_status(chat, ChatStatus.OPEN)

    assert world.conversations[chat].status == "open"


async def test_what_does_not_fit_the_facts_is_refused(http: httpx.AsyncClient, chat: int) -> None:
    answer = await http.post(f"/conversations/{chat}/messages", json={"content": "", "privado": 1})

    assert answer.status_code == 422


async def test_a_refused_token_says_what_to_do(world: World, chatwoot: Chatwoot) -> None:
    fails(world, FaultKind.UNAUTHORIZED)

    with pytest.raises(ChatwootRefused, match="CHATWOOT_API_TOKEN"):
        await chatwoot.chats_of(1)


async def test_trouble_may_be_tried_again(world: World, chatwoot: Chatwoot, chat: int) -> None:
    fails(world, FaultKind.SERVER_ERROR)
    with pytest.raises(Retryable, match="trouble"):
        await chatwoot.set_status(chat, ChatStatus.OPEN)
    fails(world, FaultKind.RATE_LIMITED, seconds=17)
    with pytest.raises(Retryable) as caught:
        await chatwoot.set_status(chat, ChatStatus.OPEN)
    assert caught.value.retry_after == 17


async def test_who_was_not_heard_waits_until_nothing_can_be_at_work_any_more(
    world: World, chatwoot: Chatwoot, chat: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.05)
    fails(world, FaultKind.DONE_UNHEARD, seconds=1)

    with pytest.raises(Retryable) as caught:
        await chatwoot.post(chat, Post("oi", Direction.INCOMING, "efeito:1"))

    assert caught.value.retry_after == UNCERTAIN_RETRY_SECONDS
    assert await chatwoot.marks(chat, wanted=("efeito:1",)) == {"efeito:1"}


async def test_what_is_gone_is_missing(chatwoot: Chatwoot) -> None:
    with pytest.raises(Missing):
        await chatwoot.set_status(404, ChatStatus.OPEN)


async def test_what_is_refused_for_good_is_permanent(chatwoot: Chatwoot) -> None:
    with pytest.raises(Permanent):
        await chatwoot.create_contact(name="Ana", phone="sem número", identifier="julia:a")
