"""What people did in Chatwoot and nobody told us: what is news, and whose is what came since."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.sql.conftest import Julia
from tests.integration.sql.test_chatwoot import (
    CHAT,
    due,
    link,
    person_returns,
    person_writes,
    show_all,
    taken,
)

pytestmark = pytest.mark.integration

JOB = "recuperacao_chatwoot"


async def unheard(julia: Julia, *messages: int, antes: Any = None, **p: Any) -> Any:
    antes = (antes or julia.now()).isoformat()
    return await julia.call(
        "chatwoot_unheard", antes=antes, mensagens=list(messages), conversas=[CHAT], **p
    )


async def shown_handoff(julia: Julia) -> str:
    """The hand-off of which somebody who looks now sees the end."""
    await julia.later(seconds=1)
    (ended,) = (await unheard(julia))["devolvidas"]
    assert ended["conversation_id"] == CHAT
    return str(ended["handoff_id"])


async def test_only_unknown_messages_are_news(julia: Julia) -> None:
    await taken(julia)
    await person_writes(julia, mensagem_id=7)

    assert (await unheard(julia, 7, 9, 8))["mensagens"] == [9, 8]


async def test_the_end_of_a_handoff_is_news_once_chatwoot_had_shown_it(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await show_all(julia)
    await julia.take_over_by_sql(conversa)
    assert (await unheard(julia))["devolvidas"] == []
    looked = julia.now()
    await julia.later(seconds=1)
    await show_all(julia)

    assert (await unheard(julia, antes=looked))["devolvidas"] == []
    handoff = await shown_handoff(julia)

    assert handoff == str(await julia.value("select id from handoffs"))
    await julia.give_back(conversa)
    assert (await unheard(julia))["devolvidas"] == []


async def test_what_chatwoot_refused_to_show_says_nothing(julia: Julia) -> None:
    await taken(julia)
    await julia.sql("update chatwoot_efeitos set desistiu = 'HTTP 422' where tipo = 'assumida'")

    assert (await unheard(julia))["devolvidas"] == []


async def test_who_looked_gives_back_the_handoff_that_was_seen_and_no_other(julia: Julia) -> None:
    conversa = await taken(julia)
    handoff = await shown_handoff(julia)
    long_ago = julia.ago(hours=2).isoformat()

    other = await person_returns(julia, handoff_id=str(uuid.uuid4()), em=long_ago)
    seen = await person_returns(julia, handoff_id=handoff, em=long_ago)
    again = await person_returns(julia, handoff_id=handoff, em=long_ago)

    assert [each["status"] for each in (other, seen, again)] == ["antiga", "devolvida", "ja_julia"]
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_a_loan_says_which_handoff_is_shown(julia: Julia) -> None:
    await taken(julia)
    handoff = await shown_handoff(julia)

    await julia.receive(text="Alguém aí?")

    assert (await due(julia))[0]["handoff_id"] == handoff


async def test_a_person_who_seized_by_writing_is_told_which_handoff_it_is(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await link(julia, conversa)

    answer = await person_writes(julia)

    assert answer["handoff_id"] == str(await julia.value("select id from handoffs"))


async def test_what_the_doctor_wrote_after_the_return_is_answered_by_julia(julia: Julia) -> None:
    conversa = await taken(julia)
    await julia.receive(text="Isto a Bia leu")
    await julia.later(seconds=5)
    resolved = julia.now()
    await julia.later(seconds=5)
    await julia.receive(text="E no domingo?")
    await julia.receive(text="Tem em Campinas?")

    await person_returns(julia, em=resolved.isoformat())

    assert (await julia.situations(conversa))[-3:] == ["humano", "pendente", "pendente"]
    await julia.later(seconds=5)
    turn = await julia.begin(conversa)
    assert [m["conteudo"] for m in turn["pending"]] == ["E no domingo?", "Tem em Campinas?"]
    assert (await julia.commit(turn, "Vou ver!"))["status"] == "confirmado"


async def test_what_a_person_answered_stays_answered_however_the_clocks_go(julia: Julia) -> None:
    conversa = await taken(julia)
    await julia.receive(text="Alguém aí?")
    await julia.write_as_person(conversa, "Oi, sou a Bia")
    await julia.record(await julia.claim(conversa))

    await person_returns(julia, em=(julia.now() - timedelta(seconds=0.5)).isoformat())

    assert "pendente" not in await julia.situations(conversa)
    assert (await julia.conversation(conversa))["due_at"] is None


async def test_one_looks_back_to_the_last_run_that_saw_everything(julia: Julia) -> None:
    first = await julia.call("chatwoot_window", job=JOB)
    await run(julia, minutes=30, ok=True)
    await run(julia, minutes=3, ok=False)

    window = await julia.call("chatwoot_window", job=JOB)

    assert await hours_back(julia, first) == pytest.approx(24, abs=0.01)
    assert await hours_back(julia, window) == pytest.approx(35 / 60, abs=0.01)


async def run(julia: Julia, *, minutes: int, ok: bool) -> None:
    at = julia.ago(minutes=minutes).isoformat()
    owner = str(uuid.uuid4())
    await julia.call("claim_job", job=JOB, scheduled_at=at, owner=owner, lease_s=60)
    await julia.call("finish_job", job=JOB, scheduled_at=at, owner=owner, ok=ok)


async def hours_back(julia: Julia, window: Any) -> float:
    return float(
        await julia.value(
            "select extract(epoch from $1::text::timestamptz - $2::text::timestamptz) / 3600",
            window["until"],
            window["since"],
        )
    )
