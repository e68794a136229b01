"""How often we write of our own accord: by number, by doctor, by kind, one after the other."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from tests.integration.sql.conftest import INSTANCE, Julia, together
from tests.integration.sql.proactive import FRIDAY, MONDAY, move_to, offer, remind, sent

from julia_common.contracts import text_hash

pytestmark = pytest.mark.integration

OTHER = "outro-numero"


async def configure(julia: Julia, chave: str, valor: str) -> None:
    await julia.sql("update configuracoes set valor = $2 where chave = $1", chave, valor)


@pytest_asyncio.fixture(loop_scope="session")
async def spaced(julia: Julia) -> AsyncIterator[None]:
    """Sends of our own accord keep the distance of production."""
    await configure(julia, "espacamento_segundos", "[45, 180]")
    yield
    await configure(julia, "espacamento_segundos", "[0, 0]")


@pytest_asyncio.fixture(loop_scope="session")
async def typing(julia: Julia) -> AsyncIterator[None]:
    """The doctor is shown that we are typing, 50 ms for each character."""
    await configure(julia, "digitacao_ms_por_caractere", "50")
    yield
    await configure(julia, "digitacao_ms_por_caractere", "0")


async def acquainted(julia: Julia, n: int = 1, instance: str = INSTANCE, first: int = 0) -> Any:
    """Conversations of so many doctors who have been answered, on a Monday morning."""
    await move_to(julia, MONDAY, 9, 0)
    conversations = []
    for i in range(first, first + n):
        got = await julia.receive(f"55119{i:08d}", instance=instance)
        await julia.answer(got["conversa_id"], "oi")
        await sent(julia, got["conversa_id"])
        conversations.append(got["conversa_id"])
    # What was answered just now counts for no ceiling any more.
    await julia.later(hours=2)
    return conversations


async def offered(julia: Julia, n: int = 1, **p: Any) -> Any:
    """The same, and each of them has an offer coming."""
    conversations = await acquainted(julia, n, **p)
    for conversa in conversations:
        await offer(julia, conversa)
    return conversations


async def rung(julia: Julia) -> list[str]:
    bells = (await julia.call("due_doorbells", limit=100))["conversas"]
    return [bell["conversa_id"] for bell in bells]


async def slot_opens(julia: Julia, claim: Any) -> None:
    await julia.later(milliseconds=claim["retry_in_ms"])


async def test_on_a_holiday_we_do_not_write_first(julia: Julia) -> None:
    (conversa,) = await acquainted(julia)
    await move_to(julia, FRIDAY, 19, 0)
    await julia.sql(
        "insert into feriados (dia, nome) "
        "select (api.agora() at time zone 'America/Sao_Paulo')::date + n, 'feriado' "
        "from unnest(array[0, 3]) n"
    )
    await offer(julia, conversa)

    claim = await julia.claim(conversa)

    assert (claim["motivo"], claim["outcome"]) == ("horario", "BLOCKED_QUIET_HOURS")
    # The Monday is one, too.
    opens = julia.now() + timedelta(milliseconds=claim["retry_in_ms"])
    assert timedelta(days=3, hours=12) < opens - julia.now() < timedelta(days=3, hours=13)
    await slot_opens(julia, claim)
    assert await sent(julia, conversa) == ["oferta"]


async def test_why_a_send_waits_is_in_its_row_until_it_goes(julia: Julia) -> None:
    (conversa,) = await offered(julia)
    await julia.pause()

    assert (await julia.claim(conversa))["outcome"] == "BLOCKED_SAFE_MODE"

    waiting = (await julia.parts(conversa))[-1]
    assert (waiting["espera"], waiting["outcome"]) == ("pausa", "BLOCKED_SAFE_MODE")
    await julia.resume()
    await julia.claim(conversa)
    claimed = (await julia.parts(conversa))[-1]
    assert (claimed["espera"], claimed["outcome"]) == (None, None)


@pytest.mark.usefixtures("spaced")
async def test_a_number_leaves_a_random_time_between_two_sends_of_its_own_accord(
    julia: Julia,
) -> None:
    conversations = await offered(julia, 8)
    waits = set()
    for _ in range(3):
        claims = await together(8, lambda n: julia.claim(conversations[n]))
        (claim,) = [c for c in claims if c["status"] == "enviar"]
        await julia.record(claim)
        (late, *_) = [c for c in claims if c.get("motivo") == "espacamento"]
        assert late["outcome"] == "BLOCKED_NEXT_ALLOWED"
        again = [await julia.claim(c) for c in conversations]
        assert {c["status"] for c in again} <= {"recusado", "vazio"}
        assert 44_000 < late["retry_in_ms"] <= 180_000
        waits.add(late["retry_in_ms"])
        await julia.later(milliseconds=late["retry_in_ms"] - 5000)
        assert await rung(julia) == []
        await julia.later(seconds=5)

    assert len(waits) == 3
    gap = await julia.value(
        "select min(claimed_at - before) from ("
        " select claimed_at, lag(claimed_at) over (order by claimed_at) as before"
        "  from envios where kind = 'oferta') e"
    )
    assert gap >= timedelta(seconds=45)


@pytest.mark.usefixtures("spaced")
async def test_neither_replies_nor_reminders_nor_other_numbers_are_spaced(julia: Julia) -> None:
    first, second = await offered(julia, 2)
    (elsewhere,) = await acquainted(julia, 1, instance=OTHER, first=5)
    await offer(julia, elsewhere)
    await julia.record(await julia.claim(first))
    assert (await julia.claim(second))["motivo"] == "espacamento"

    assert await sent(julia, elsewhere) == ["oferta"]
    await julia.answer((await julia.receive("5511900000000"))["conversa_id"], "oi")
    assert await sent(julia, first) == ["reply"]
    assert await sent(julia, await remind(julia, number="5521977776666")) == ["lembrete"]


@pytest.mark.usefixtures("spaced")
@pytest.mark.parametrize("how", ["release_claim", "record_send"])
async def test_what_was_not_sent_gives_its_slot_back(julia: Julia, how: str) -> None:
    first, second = await offered(julia, 2)
    claim = await julia.claim(first)
    if how == "release_claim":
        await julia.call(how, claim_id=claim["claim_id"], motivo="tarde")
    else:
        await julia.record(claim, "nao_enviada", motivo="conexão recusada")

    assert (await julia.claim(second))["status"] == "enviar"


@pytest.mark.usefixtures("spaced")
async def test_for_one_slot_only_a_few_are_rung_for_and_the_more_urgent_first(
    julia: Julia,
) -> None:
    conversations = await acquainted(julia, 6)
    for conversa in conversations[:5]:
        await offer(julia, conversa, kind="campanha")
    await offer(julia, conversations[5], kind="followup")
    await julia.later(seconds=1)

    bells = await rung(julia)

    assert len(bells) == 3
    assert conversations[5] in bells


async def test_the_more_urgent_goes_first_by_the_same_number(julia: Julia) -> None:
    low, high = await acquainted(julia, 2)
    (elsewhere,) = await acquainted(julia, 1, instance=OTHER, first=5)
    await offer(julia, low, kind="campanha")
    await offer(julia, elsewhere, kind="campanha")
    await offer(julia, high, kind="followup")

    refused = await julia.claim(low)
    assert (refused["motivo"], refused["outcome"]) == ("preterida", "BLOCKED_NEXT_ALLOWED")
    assert await sent(julia, elsewhere) == ["campanha"]
    assert await sent(julia, high) == ["followup"]
    assert await sent(julia, low) == ["campanha"]


@pytest.mark.parametrize("obstacle", ["medico_espera", "pausa"])
async def test_nobody_waits_for_the_more_urgent_that_may_not_go(
    julia: Julia, obstacle: str
) -> None:
    low, high = await acquainted(julia, 2)
    await offer(julia, low, kind="campanha")
    await offer(julia, high, kind="followup")
    if obstacle == "pausa":
        await julia.sql(
            "update medicos set estado = 'BA' where id = "
            "(select medico_id from conversations where id = $1)",
            high,
        )
        await julia.sql(
            "insert into julia_status (status, motivo, alterado_via, escopo) "
            "values ('pausado', 'teste', 'manual', '{\"estado\": \"BA\"}')"
        )
    else:
        await offer(julia, high, kind="lembrete")
        await julia.receive("5511900000001", "e amanhã?")
        assert (await julia.claim(high))["motivo"] == obstacle

    assert await sent(julia, low) == ["campanha"]


@pytest.mark.usefixtures("typing")
async def test_before_it_goes_the_doctor_sees_us_typing_as_long_as_its_words_take(
    julia: Julia,
) -> None:
    (conversa,) = await acquainted(julia)
    for length, seconds in ((10, 3), (100, 5), (900, 15)):
        await offer(julia, conversa, "x" * length)

        shown = await julia.claim(conversa)

        assert (shown["motivo"], shown["digitar_ms"]) == ("digitar", seconds * 1000)
        assert (shown["instance"], shown["destino"]) == (INSTANCE, "5511900000000")
        await julia.later(seconds=1)
        rest = await julia.claim(conversa)
        assert rest["motivo"] == "digitar"
        assert rest["digitar_ms"] <= (seconds - 1) * 1000
        await slot_opens(julia, rest)
        assert await sent(julia, conversa) == ["oferta"]
        await julia.later(hours=3)


@pytest.mark.usefixtures("typing")
async def test_of_a_reply_only_what_follows_its_first_part_is_typed(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois " * 10, "três " * 100)

    said = []
    for _ in range(3):
        while (claim := await julia.claim(conversa)).get("motivo") == "digitar":
            said.append(claim["digitar_ms"])
            await slot_opens(julia, claim)
        said.append(claim["conteudo"][:4])
        await julia.record(claim)

    assert said == ["um", 2450, "dois", 3000, "três"]


@pytest.mark.usefixtures("typing", "spaced")
async def test_who_is_seen_typing_has_the_slot_and_nobody_else_begins(julia: Julia) -> None:
    conversations = await offered(julia, 6)

    claims = await together(6, lambda n: julia.claim(conversations[n]))

    (shown,) = [c for c in claims if c["motivo"] == "digitar"]
    assert [c["motivo"] for c in claims].count("espacamento") == 5
    await slot_opens(julia, shown)
    (mine,) = [c for c, claim in zip(conversations, claims, strict=True) if claim == shown]
    assert (await julia.claim(mine))["status"] == "enviar"
    rest = [c for c in conversations if c != mine]
    later = await julia.claim(rest[0])
    assert later["motivo"] == "espacamento"
    assert later["retry_in_ms"] > 44_000


@pytest.mark.usefixtures("typing", "spaced")
async def test_who_stopped_typing_long_ago_has_lost_the_slot_and_types_again(
    julia: Julia,
) -> None:
    first, second = await offered(julia, 2)
    await slot_opens(julia, await julia.claim(first))
    await julia.later(seconds=20)
    refused = await julia.claim(first)
    assert refused["motivo"] == "espacamento"
    await slot_opens(julia, refused)

    assert (await julia.claim(second))["motivo"] == "digitar"
    await julia.later(minutes=4)
    assert (await julia.claim(first))["motivo"] == "digitar"


@pytest.mark.usefixtures("typing")
async def test_a_doctor_who_writes_while_we_type_is_answered_first(julia: Julia) -> None:
    (conversa,) = await offered(julia)
    shown = await julia.claim(conversa)
    await julia.receive("5511900000000", "tem plantão amanhã?")
    await slot_opens(julia, shown)

    assert (await julia.claim(conversa))["motivo"] == "medico_espera"


async def test_a_doctor_gets_three_in_an_hour_by_all_numbers_together(julia: Julia) -> None:
    (here,) = await acquainted(julia)
    (there,) = await acquainted(julia, 1, instance=OTHER)
    for kind in ("oferta", "followup"):
        for conversa in (here, there):
            await offer(julia, conversa, kind=kind)

    claims: list[Any] = []
    for _ in range(8):
        for claim in await together(4, lambda n: julia.claim((here, there)[n % 2])):
            claims.append(claim)
            if claim["status"] == "enviar":
                await julia.record(claim)

    assert [c["status"] for c in claims].count("enviar") == 3
    full = [c for c in claims if c.get("motivo") == "teto_medico"][-1]
    assert full["outcome"] == "BLOCKED_CONTACT_CAP"
    await julia.later(milliseconds=full["retry_in_ms"] - 1000)
    assert {(await julia.claim(c))["status"] for c in (here, there)} <= {"recusado", "vazio"}
    await julia.later(seconds=1)
    assert [*await sent(julia, here), *await sent(julia, there)] == ["followup"]


async def test_a_doctor_gets_five_in_seven_days(julia: Julia) -> None:
    (conversa,) = await acquainted(julia)
    for n in range(5):
        await offer(julia, conversa, kind=("oferta", "followup", "campanha")[n % 3])
        assert len(await sent(julia, conversa)) == 1
        await julia.later(minutes=61)
    await offer(julia, conversa)

    refused = await julia.claim(conversa)

    assert refused["motivo"] == "teto_medico"
    # The first of them is five times 61 minutes old.
    week = timedelta(days=7, seconds=12) - timedelta(minutes=305)
    assert abs(timedelta(milliseconds=refused["retry_in_ms"]) - week) < timedelta(seconds=10)
    # What the doctor asked for is none of them.
    assert await sent(julia, await remind(julia, number="5511900000000")) == ["lembrete"]


async def test_a_number_sends_so_many_of_a_kind_in_an_hour(julia: Julia) -> None:
    conversations = await offered(julia, 4)
    await julia.sql("update regras_envio set max_hora_numero = 2 where kind = 'oferta'")
    try:
        claims = await together(12, lambda n: julia.claim(conversations[n % 4]))
        assert [c["status"] for c in claims].count("enviar") == 2
        full = next(c for c in claims if c.get("motivo") == "teto_tipo")
        assert full["outcome"] == "BLOCKED_CONTACT_CAP"
        assert 3_500_000 < full["retry_in_ms"] <= 3_612_000
        (waiting, _) = [c for c in conversations if (await julia.states(c))[-1] == "pendente"]
        await offer(julia, waiting, kind="followup")
        assert (await julia.claim(waiting))["kind"] == "followup"
    finally:
        await julia.sql("update regras_envio set max_hora_numero = null where kind = 'oferta'")


async def test_a_full_ceiling_says_when_there_is_room_again(julia: Julia) -> None:
    first, second = await offered(julia, 2)
    await julia.claim(first, max_hora=1)

    refused = await julia.claim(second, max_hora=1)

    assert (refused["motivo"], refused["outcome"]) == ("teto_proativo", "FAILED_RATE_LIMIT")
    assert refused["retry_in_ms"] == 300_000
    await julia.later(minutes=58)
    refused = await julia.claim(second, max_hora=1)
    assert 100_000 < refused["retry_in_ms"] <= 132_000
    await slot_opens(julia, refused)
    assert (await julia.claim(second, max_hora=1))["status"] == "enviar"


async def test_a_new_number_has_a_small_share_and_yet_one(julia: Julia) -> None:
    conversations = await offered(julia, 3)
    await julia.sql("update whatsapp_instances set aquecimento_desde = api.agora()")

    claims = [await julia.claim(c, max_hora=15, max_dia=100) for c in conversations]

    # A tenth of 60 % of 15 an hour.
    assert [c["status"] for c in claims] == ["enviar", "recusado", "recusado"]
    assert claims[1]["motivo"] == "teto_proativo"


@pytest.mark.parametrize(
    ("change", "motivo", "outcome"),
    [
        ("state = 'close'", "numero_parado", "FAILED_NO_CAPACITY"),
        ("state = 'connecting'", "numero_conectando", "FAILED_NO_CAPACITY"),
        ("saude = 'banida'", "numero_banido", "FAILED_BANNED"),
    ],
)
async def test_by_a_number_that_cannot_send_nothing_is_claimed(
    julia: Julia, change: str, motivo: str, outcome: str
) -> None:
    conversa = await julia.talk("um")
    await julia.sql(f"update whatsapp_instances set {change}")  # noqa: S608 - ours, above

    refused = await julia.claim(conversa)

    assert (refused["motivo"], refused["outcome"]) == (motivo, outcome)
    await julia.sql("update whatsapp_instances set state = 'open', saude = 'boa'")
    assert await sent(julia, conversa) == ["reply"]


async def test_what_nobody_waits_for_is_not_late(julia: Julia) -> None:
    first, second = await offered(julia, 2)
    await julia.claim(first, max_hora=1)
    assert (await julia.call("backlog"))["outbound_due"] == 1

    await julia.claim(second, max_hora=1)

    assert (await julia.call("backlog"))["outbound_due"] == 0


async def test_what_nobody_asked_for_and_came_too_late_is_dropped(julia: Julia) -> None:
    (conversa,) = await acquainted(julia)
    await offer(julia, conversa, expires=julia.now() + timedelta(hours=1))
    await julia.later(hours=2)

    refused = await julia.claim(conversa)
    assert (refused["motivo"], refused["outcome"]) == ("vencida", "EXPIRED")
    assert (await julia.call("expire_replies", limit=10))["transferidas"] == 0

    late = (await julia.parts(conversa))[-1]
    assert (late["status"], late["outcome"]) == ("cancelada", "EXPIRED")
    assert (await julia.conversation(conversa))["controlled_by"] == "ai"


async def test_a_reply_does_not_expire_while_a_pause_covers_it(julia: Julia) -> None:
    covered = await julia.talk("um")
    other = await julia.talk("um", number="5521977776666")
    await julia.sql(
        "update medicos set estado = 'BA' where id = "
        "(select medico_id from conversations where id = $1)",
        covered,
    )
    await julia.sql(
        "insert into julia_status (status, motivo, alterado_via, escopo) "
        "values ('pausado', 'teste', 'manual', '{\"estado\": \"BA\"}')"
    )
    await julia.later(minutes=31)

    assert await rung(julia) == [other]
    done = await julia.call("expire_replies", limit=1)

    assert [bell["conversa_id"] for bell in done["conversas"]] == [other]
    assert await julia.states(covered) == ["pendente"]


def a_file(tipo: str = "image", content: bytes = b"\x89PNG") -> dict[str, str]:
    encoded = base64.b64encode(content).decode()
    return {"tipo": tipo, "mimetype": "image/png", "nome": "escala.png", "base64": encoded}


async def attach(julia: Julia, conversa: str, anexo: Any, text: str | None = None) -> None:
    await julia.sql(
        "update fila_mensagens set anexo = $2, conteudo = coalesce($3, conteudo) "
        "where conversa_id = $1 and status = 'pendente' and part = 1",
        conversa,
        json.dumps(anexo),
        text,
    )


async def test_a_file_goes_with_its_words_and_is_remembered_without_its_bytes(
    julia: Julia,
) -> None:
    conversa = await julia.talk("A escala")
    await attach(julia, conversa, a_file())

    claim = await julia.claim(conversa)

    assert claim["anexo"] == a_file()
    assert claim["text_hash"] == text_hash("A escala")
    await julia.record(claim)
    (said,) = await julia.sql("select * from interacoes where tipo = 'saida'")
    assert (said["tipo_conteudo"], said["conteudo"], said["anexos"]) == ("imagem", "A escala", "{}")


async def test_a_file_without_words_is_known_by_its_bytes(julia: Julia) -> None:
    conversa = await julia.talk("x")
    await attach(julia, conversa, a_file(content=b"um"), "")
    first = await julia.claim(conversa)
    other = await julia.talk("x", number="5521977776666")
    await attach(julia, other, a_file(content=b"dois"), "")

    assert first["text_hash"] != (await julia.claim(other))["text_hash"]


async def test_what_holds_a_file_is_joined_with_nothing(julia: Julia) -> None:
    conversa = await julia.talk("um", "dois")
    await attach(julia, conversa, a_file())

    assert (await julia.claim(conversa, max_hora=1))["motivo"] == "teto_hora"
    assert (await julia.claim(conversa, max_hora=2))["conteudo"] == "um"


@pytest.mark.parametrize(
    "broken", [{"base64": "não é"}, {"base64": ""}, {"tipo": "sticker"}, {"nome": ""}]
)
async def test_a_file_that_cannot_be_sent_is_not_taken_into_the_outbox(
    julia: Julia, broken: dict[str, str]
) -> None:
    conversa = await julia.talk("um")

    with pytest.raises(asyncpg.CheckViolationError):
        await attach(julia, conversa, a_file() | broken)


@pytest.mark.parametrize(
    ("chave", "valor"),
    [
        ("espacamento_segundos", "[180, 45]"),
        ("espacamento_segundos", "[45]"),
        ("espacamento_segundos", '"45"'),
        ("digitacao_ms_por_caractere", "-1"),
        ("digitacao_ms_por_caractere", '"rápido"'),
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused(
    julia: Julia, chave: str, valor: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await configure(julia, chave, valor)


async def test_without_redis_only_what_is_waited_for_goes(julia: Julia) -> None:
    (conversa,) = await offered(julia)

    refused = await julia.claim(conversa, sem_redis=True)

    assert (refused["motivo"], refused["outcome"]) == ("sem_redis", "BLOCKED_SAFE_MODE")
    await julia.receive("5511900000000", text="e aí?")
    await julia.answer(conversa, "Oi!")
    assert (await julia.claim(conversa, sem_redis=True))["kind"] == "reply"
