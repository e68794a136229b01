"""Every message of a doctor becomes one row of one conversation of one contact."""

import base64
import hashlib
import json
import random

import pytest
from tests.integration.sql.conftest import INSTANCE, PHONE, Julia, lid, phone, together

from julia_common.contracts import content_hash, text_hash

pytestmark = pytest.mark.integration


async def test_a_redelivered_message_is_stored_once(julia: Julia) -> None:
    answers = await together(50, lambda _: julia.receive(key_id="A1"))

    assert sorted(a["status"] for a in answers) == ["duplicada"] * 49 + ["nova"]
    assert len({a["conversa_id"] for a in answers}) == 1
    assert await julia.value("select count(*) from interacoes") == 1
    assert await julia.value("select inbox_seq from conversations") == 1


async def test_a_redelivery_does_not_make_an_answered_message_due_again(julia: Julia) -> None:
    conversa = (await julia.receive(key_id="A1"))["conversa_id"]
    await julia.answer(conversa)

    again = await julia.receive(key_id="A1")

    assert (again["status"], again["due_in_ms"]) == ("duplicada", None)
    assert await julia.situations(conversa) == ["respondida"]


async def test_a_new_doctor_known_by_phone_and_lid_at_once_is_one_contact(julia: Julia) -> None:
    # Only messages that carry both addresses tell that they are one person's.
    forms = [[phone()], [lid("77001")], [phone(), lid("77001")], [lid("77001"), phone()]]
    messages = [forms[n % 4] for n in range(40)]
    random.Random(1).shuffle(messages)

    answers = await together(40, lambda n: julia.receive(key_id=f"K{n}", identities=messages[n]))

    assert {a["status"] for a in answers} == {"nova"}
    assert await julia.value("select count(*) from medicos where merged_into is null") == 1
    open_ = await julia.sql("select * from conversations where status = 'active'")
    assert len(open_) == 1
    assert (
        await julia.value("select telefone from medicos where merged_into is null") == f"+{PHONE}"
    )
    # Nothing lost: all forty wait in the one conversation that is left.
    assert await julia.situations(open_[0]["id"]) == ["pendente"] * 40
    assert (
        await julia.value("select count(*) from inbox_keys where conversa_id = $1", open_[0]["id"])
        == 40
    )
    turn = await julia.begin(await _due(julia, open_[0]["id"]))
    assert len(turn["pending"]) == 40
    assert (await julia.commit(turn))["more_due_in_ms"] is None


async def test_a_phone_finds_the_doctor_who_was_imported(julia: Julia) -> None:
    imported = await julia.value(
        "insert into medicos (primeiro_nome, telefone) values ('Ana', $1) returning id", f"+{PHONE}"
    )

    answer = await julia.receive(identities=[phone(), lid("77001")])

    assert answer["medico_id"] == str(imported)
    assert (await julia.receive(identities=[lid("77001")]))["medico_id"] == str(imported)


async def test_the_ninth_digit_makes_no_second_contact(julia: Julia) -> None:
    forms = [phone("5511988887777"), phone("551188887777")]

    first = await julia.receive(identities=forms)
    answers = await together(10, lambda n: julia.receive(key_id=f"K{n}", identities=[forms[n % 2]]))

    assert {a["conversa_id"] for a in answers} == {first["conversa_id"]}


async def test_a_message_older_than_a_day_is_history_only(julia: Julia) -> None:
    answer = await julia.receive(provider_at=julia.ago(hours=24, minutes=1))

    assert (answer["status"], answer["due_in_ms"]) == ("historico", None)
    assert await julia.situations(answer["conversa_id"]) == ["historico"]
    assert await julia.value("select inbox_seq from conversations") == 0


async def test_a_message_from_before_the_first_connection_is_history_only(julia: Julia) -> None:
    await julia.call("connection_changed", instance=INSTANCE, state="open")

    old = await julia.receive(provider_at=julia.ago(minutes=5))
    new = await julia.receive(provider_at=julia.ago(seconds=1))

    assert (old["status"], new["status"]) == ("historico", "nova")


async def test_a_later_connection_does_not_make_messages_history(julia: Julia) -> None:
    await julia.call("connection_changed", instance=INSTANCE, state="open")
    await julia.later(hours=1)
    await julia.call("connection_changed", instance=INSTANCE, state="close", reason=401)
    await julia.call("connection_changed", instance=INSTANCE, state="open")

    assert (await julia.receive(provider_at=julia.ago(minutes=20)))["status"] == "nova"


async def test_a_number_that_was_connected_before_julia_came_loses_no_backlog(julia: Julia) -> None:
    await julia.receive()
    await julia.later(hours=3)
    # The first word of its connection: it was cut, and is back.
    await julia.call("connection_changed", instance=INSTANCE, state="connecting")
    await julia.call("connection_changed", instance=INSTANCE, state="open")

    assert (await julia.receive(provider_at=julia.ago(minutes=20)))["status"] == "nova"


async def test_a_reaction_asks_for_no_answer_and_refuses_no_draft(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.make_due(conversa)
    turn = await julia.begin(conversa)

    reaction = await julia.receive(text="👍", tipo="reacao")

    assert (await julia.commit(turn))["status"] == "confirmado"
    assert reaction["conversa_id"] == conversa
    assert await julia.situations(conversa) == ["respondida", "sem_resposta"]


async def test_messages_are_answered_in_the_providers_order(julia: Julia) -> None:
    at = {key: julia.ago(seconds=s) for key, s in (("first", 30), ("second", 20), ("third", 10))}
    for key in ("third", "first", "second"):
        conversa = (await julia.receive(key_id=key, provider_at=at[key]))["conversa_id"]

    turn = await julia.begin(await _due(julia, conversa))

    assert [m["key_id"] for m in turn["pending"]] == ["first", "second", "third"]


async def test_within_a_second_messages_keep_the_order_of_arrival(julia: Julia) -> None:
    at = julia.ago(seconds=5)
    for n in range(5):
        conversa = (await julia.receive(key_id=f"K{n}", provider_at=at))["conversa_id"]

    turn = await julia.begin(await _due(julia, conversa))

    assert [m["key_id"] for m in turn["pending"]] == [f"K{n}" for n in range(5)]


async def test_messages_to_a_person_are_stored_and_not_answered(julia: Julia) -> None:
    conversa = (await julia.receive())["conversa_id"]
    await julia.take_over_by_sql(conversa)

    answer = await julia.receive(text="Ainda está aí?")

    assert (answer["controlled_by"], answer["due_in_ms"]) == ("human", None)
    assert await julia.situations(conversa) == ["humano", "humano"]
    assert (await julia.begin(conversa))["status"] == "humano"


async def test_a_message_after_closing_opens_another_conversation(julia: Julia) -> None:
    first = (await julia.receive())["conversa_id"]
    await julia.sql("update conversations set status = 'completed' where id = $1", first)

    second = (await julia.receive())["conversa_id"]

    assert second != first
    assert (await julia.conversation(first))["control_epoch"] == 1
    assert (await julia.begin(first))["status"] == "humano"
    owner = julia.owner
    assert await julia.value("select due_at from conversations where id = $1", first) is None
    await julia.make_due(second)
    due = await julia.call("due_turns", owner=owner, limit=10)
    assert [t["conversa_id"] for t in due["turns"]] == [second]


async def test_a_bad_argument_is_named(julia: Julia) -> None:
    for change, name in (
        ({"identities": [{"kind": "phone", "jid": "a@b"}]}, "identities"),
        ({"key_id": None}, "key_id"),
        ({"provider_at": "ontem"}, "provider_at"),
    ):
        arguments = {
            "instance": INSTANCE,
            "key_id": "A1",
            "identities": [phone()],
            "provider_at": julia.now().isoformat(),
            "tipo_conteudo": "texto",
            "conteudo": "oi",
            "origin": "webhook",
        } | change
        error = await julia.refusal("receive_message", **arguments)
        assert error.sqlstate == "22023"
        assert name in str(error)


async def test_the_hash_of_a_text_is_the_services_hash(julia: Julia) -> None:
    for text in ("Oi", "  Olá, doutora!\n", "\t\r\n ção 👍\xa0", "\u2028x\u3000"):
        assert await julia.value("select private.text_hash($1)", text) == text_hash(text)


@pytest.mark.parametrize("text", ["A ficha", "", " \n\t", "\u3000"])
async def test_what_a_file_is_known_by_is_what_the_services_know_it_by(
    julia: Julia, text: str
) -> None:
    data = bytes(range(256))
    anexo = json.dumps({"base64": base64.b64encode(data).decode()})
    file = hashlib.sha256(data).hexdigest()

    known = await julia.value("select private.content_hash($1, $2)", text, anexo)

    assert known == content_hash(text, file)
    assert (known == file) == (text.strip(" \n\r\t") == "")
    assert await julia.value("select private.content_hash($1, null)", text) == text_hash(text)


async def _due(julia: Julia, conversa) -> str:
    await julia.make_due(str(conversa))
    return str(conversa)


async def test_a_suspicion_of_a_machine_is_recorded_once_for_each_message(julia: Julia) -> None:
    suspicion = {"padrao": "robo", "trecho": "você é um robô" + "?" * 300}
    at = julia.ago(seconds=1)
    await together(5, lambda _: julia.receive(key_id="K1", provider_at=at, suspeita_bot=suspicion))
    await julia.receive(provider_at=julia.ago(days=3), suspeita_bot=suspicion)

    (row,) = await julia.sql(
        "select m.*, i.key_id from metricas_deteccao_bot m join interacoes i on i.id = interacao_id"
    )
    assert (row["padrao_detectado"], row["key_id"], row["falso_positivo"]) == ("robo", "K1", None)
    assert len(row["trecho"]) == 200
