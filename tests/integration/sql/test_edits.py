"""A doctor's changes and deletions reach the answer as long as there is none."""

from datetime import timedelta

import pytest
from tests.integration.sql.conftest import INSTANCE, Julia

pytestmark = pytest.mark.integration

STOP = {"motivo": "palavra: sair"}


async def change(julia: Julia, key_id: str, kind: str, text: str | None = None, **p):
    return await julia.call(
        "edit_message",
        instance=INSTANCE,
        key_id=key_id,
        change=kind,
        text=text,
        changed_at=p.get("changed_at", julia.now()).isoformat(),
        opt_out=p.get("opt_out"),
    )


async def test_an_edit_of_a_pending_message_refuses_the_draft_that_read_it(julia: Julia) -> None:
    conversa = (await julia.receive(text="sábado", key_id="A"))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    assert (await change(julia, "A", "edit", "domingo"))["status"] == "aplicada"

    assert (await julia.commit(turn))["motivo"] == "mensagens_novas"
    again = await julia.begin(conversa, turn["token"])
    assert [m["conteudo"] for m in again["pending"]] == ["domingo"]
    assert (await julia.commit(again))["status"] == "confirmado"


async def test_the_newest_edit_wins_whatever_the_order(julia: Julia) -> None:
    conversa = (await julia.receive(text="um", key_id="A"))["conversa_id"]

    await change(julia, "A", "edit", "três", changed_at=julia.ago(seconds=1))
    await change(julia, "A", "edit", "dois", changed_at=julia.ago(seconds=9))

    await julia.make_due(conversa)
    assert (await julia.begin(conversa))["pending"][0]["conteudo"] == "três"


async def test_an_edit_may_take_a_caption_away(julia: Julia) -> None:
    conversa = (await julia.receive(text="legenda", tipo="imagem", key_id="A"))["conversa_id"]

    assert (await change(julia, "A", "edit", ""))["status"] == "aplicada"

    await julia.make_due(conversa)
    assert (await julia.begin(conversa))["pending"][0]["conteudo"] == ""


async def test_a_deleted_pending_message_is_not_answered(julia: Julia) -> None:
    conversa = (await julia.receive(key_id="A"))["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    await change(julia, "A", "revoke")

    assert (await julia.commit(turn))["motivo"] == "mensagens_novas"
    assert (await julia.begin(conversa, turn["token"]))["status"] == "nada"
    assert await julia.situations(conversa) == ["apagada"]
    assert await julia.value("select conteudo from interacoes") == ""
    row = await julia.conversation(conversa)
    assert (row["due_at"], row["lease_token"]) == (None, None)


async def test_of_two_messages_the_one_that_is_left_is_answered(julia: Julia) -> None:
    await julia.receive(text="fica", key_id="A")
    conversa = (await julia.receive(text="some", key_id="B"))["conversa_id"]

    await change(julia, "B", "revoke")

    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert [m["conteudo"] for m in turn["pending"]] == ["fica"]


@pytest.mark.parametrize("kind", ["edit", "revoke"])
async def test_a_change_of_an_answered_message_starts_no_turn(julia: Julia, kind: str) -> None:
    conversa = (await julia.receive(key_id="A"))["conversa_id"]
    await julia.answer(conversa)
    await julia.record(await julia.claim(conversa))

    answer = await change(julia, "A", kind, "outro texto")

    assert answer == {"status": "ja_respondida", "conversa_id": conversa, "doorbell": False}
    row = await julia.conversation(conversa)
    assert (row["due_at"], row["inbox_seq"]) == (None, 1)
    assert await julia.situations(conversa) == ["respondida"]


async def test_a_message_edited_before_its_answer_left_is_answered_anew(julia: Julia) -> None:
    conversa = (await julia.receive(text="sábado", key_id="A"))["conversa_id"]
    await julia.answer(conversa, "Sábado tem!", "Quer?")

    assert (await change(julia, "A", "edit", "domingo"))["status"] == "aplicada"

    assert await julia.states(conversa) == ["cancelada", "cancelada"]
    assert (await julia.claim(conversa))["status"] == "vazio"
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert [m["conteudo"] for m in turn["pending"]] == ["domingo"]
    assert (await julia.commit(turn, "Domingo tem!"))["status"] == "confirmado"
    assert (await julia.claim(conversa))["conteudo"] == "Domingo tem!"


@pytest.mark.parametrize("others", [(), ("e domingo?",)])
async def test_a_message_deleted_before_its_answer_left_is_not_answered(
    julia: Julia, others: tuple[str, ...]
) -> None:
    conversa = (await julia.receive(text="sábado?", key_id="A"))["conversa_id"]
    for text in others:
        await julia.receive(text=text)
    await julia.answer(conversa, "Sábado tem!")

    assert (await change(julia, "A", "revoke"))["status"] == "aplicada"

    assert await julia.states(conversa) == ["cancelada"]
    assert (await julia.claim(conversa))["status"] == "vazio"
    assert (await julia.conversation(conversa))["due_at"] is None or others
    if others:
        await julia.make_due(conversa)
        turn = await julia.begin(conversa)
        assert [m["conteudo"] for m in turn["pending"]] == ["e domingo?"]


@pytest.mark.parametrize("first_part", ["processando", "enviada"])
async def test_an_answer_that_has_begun_to_leave_is_not_taken_back(
    julia: Julia, first_part: str
) -> None:
    conversa = (await julia.receive(text="sábado", key_id="A"))["conversa_id"]
    await julia.answer(conversa, "Sábado tem!", "Quer?")
    claim = await julia.claim(conversa)
    if first_part == "enviada":
        await julia.record(claim)

    assert (await change(julia, "A", "edit", "domingo"))["status"] == "ja_respondida"

    assert await julia.states(conversa) == [first_part, "pendente"]
    assert await julia.situations(conversa) == ["respondida"]


async def test_the_next_turn_is_told_that_what_it_sees_is_not_what_was_answered(
    julia: Julia,
) -> None:
    conversa = (await julia.receive(text="sábado", key_id="A"))["conversa_id"]
    await julia.receive(text="ou feriado", key_id="B")
    await change(julia, "B", "edit", "ou domingo", changed_at=julia.ago(seconds=5))
    await julia.answer(conversa, "Sábado tem!")
    await julia.record(await julia.claim(conversa))
    await change(julia, "A", "edit", "segunda", changed_at=julia.now() + timedelta(seconds=5))

    await julia.receive(text="e então?")
    await julia.make_due(conversa)
    history = (await julia.begin(conversa))["history"]

    assert [(m["conteudo"], m["editada"]) for m in history] == [
        ("segunda", True),
        ("ou domingo", False),
        ("Sábado tem!", False),
    ]


@pytest.mark.parametrize("answered", [False, True])
async def test_an_edit_that_asks_to_be_left_alone_silences_at_once(
    julia: Julia, answered: bool
) -> None:
    conversa = (await julia.receive(text="me tira da", key_id="A"))["conversa_id"]
    if answered:
        await julia.answer(conversa, "do quê?")

    edited = await change(julia, "A", "edit", "me tira da lista", opt_out=STOP)

    assert edited["doorbell"]
    assert (await julia.claim(conversa))["kind"] == "optout_confirmation"
    assert await julia.value("select opted_out from medicos")
    assert (await julia.conversation(conversa))["due_at"] is None


async def test_an_edit_may_ask_for_rest_until_the_month_ends(julia: Julia) -> None:
    await julia.receive(key_id="A")

    await change(julia, "A", "edit", "esse mês não", opt_out=STOP | {"escopo": "mes"})

    assert await julia.value("select sem_contato_ate > now() from medicos")
    assert not await julia.value("select opted_out from medicos")


async def test_a_caption_counts_like_a_text(julia: Julia) -> None:
    await julia.receive(text="foto", tipo="imagem", key_id="A")

    await change(julia, "A", "edit", "sair", opt_out=STOP)

    assert await julia.value("select opted_out from medicos")


async def test_a_stale_edit_or_one_of_a_place_asks_nothing(julia: Julia) -> None:
    await julia.receive(text="Clínica", tipo="localizacao", key_id="A")
    await julia.receive(text="um", key_id="B")
    await change(julia, "B", "edit", "três", changed_at=julia.ago(seconds=1))

    await change(julia, "A", "edit", "sair", opt_out=STOP)
    await change(julia, "B", "edit", "sair", opt_out=STOP, changed_at=julia.ago(seconds=9))

    assert not await julia.value("select opted_out from medicos")


async def test_a_message_deleted_after_its_answer_is_not_asked_again(julia: Julia) -> None:
    """Its reply waits for a ceiling and is superseded: only what still stands is answered."""
    conversa = (await julia.receive(text="some", key_id="A"))["conversa_id"]
    await julia.answer(conversa)
    assert (await julia.claim(conversa, max_hora=0))["motivo"] == "teto_hora"
    await change(julia, "A", "revoke")

    await julia.receive(text="fica", key_id="B")

    await julia.make_due(conversa)
    turn = await julia.begin(conversa)
    assert [m["conteudo"] for m in turn["pending"]] == ["fica"]


async def test_a_change_of_an_unknown_message_says_so(julia: Julia) -> None:
    assert (await change(julia, "A", "revoke")) == {"status": "desconhecida"}
