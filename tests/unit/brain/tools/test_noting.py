"""Tools that only leave something behind: reminders, memories, refusals, a call for a person."""

import datetime as dt
from collections.abc import Callable

import pytest

from julia_brain.tools.testing import a_begun_turn, a_fact, a_shift, shift_id
from julia_common.database import HistoryMessage

SHIFT = a_shift(1)


def a_message(author: str, text: str) -> HistoryMessage:
    return HistoryMessage(
        id="1",
        autor_tipo=author,
        conteudo=text,
        tipo_conteudo="texto",
        at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
    )


def reminder(when: object) -> dict[str, object]:
    return {"data_hora": when, "contexto": "quer vagas de dezembro", "mensagem": "Oi, voltei!"}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-11-28T09:00", "sábado, 28/11, às 9h"),
        ("2026-11-28 09:30", "sábado, 28/11, às 9h30"),
        ("2026-11-28T12:00:59Z", "sábado, 28/11, às 9h"),
        ("2026-11-28T09:00:00-03:00", "sábado, 28/11, às 9h"),
        ("2026-11-22T13:00", "domingo, 22/11, às 13h"),
        ("2026-11-23T07:00", "segunda, 23/11, às 7h"),
        ("2026-11-23T22:00", "segunda, 23/11, às 22h"),
        ("2027-05-21T11:59", "sexta, 21/05/2027, às 11h59"),
    ],
)
async def test_a_reminder_is_set_for_the_time_that_the_doctor_named(
    desk, when: str, said: str
) -> None:
    assert (await desk.use("agendar_lembrete", **reminder(when)))["quando"] == said
    assert desk.tools.evidence().reminded


async def test_a_time_without_a_zone_is_sao_paulos(desk) -> None:
    await desk.use("agendar_lembrete", **reminder("2026-11-28T09:00"))

    (set_for,) = desk.tools.effects.lembretes
    assert set_for.quando == dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
    assert (set_for.contexto, set_for.mensagem) == ("quer vagas de dezembro", "Oi, voltei!")


async def test_a_second_reminder_for_the_same_minute_corrects_the_first(desk) -> None:
    await desk.use("agendar_lembrete", **reminder("2026-11-28T09:00"))
    await desk.use(
        "agendar_lembrete", **{**reminder("2026-11-28T09:00:30"), "mensagem": "Bom dia!"}
    )

    assert [one.mensagem for one in desk.tools.effects.lembretes] == ["Bom dia!"]


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-11-22T11:59", "já passou: agora é domingo, 22/11, às 12h"),
        ("2025-11-28T09:00", "já passou"),
        ("2027-05-21T12:01", "até 180 dias"),
        ("2026-11-28T06:59", "entre 7h e 22h"),
        ("2026-11-28T22:01", "entre 7h e 22h"),
        ("2026-11-28", "entre 7h e 22h"),
        ("2026-11-28T20:00Z", None),
        ("2026-11-29T05:00Z", "entre 7h e 22h"),
        ("amanhã às 9h", '"data_hora" deve ser data e hora'),
        ("2026-11-31T09:00", '"data_hora" deve ser data e hora'),
        ("0001-01-01T00:00+14:00", '"data_hora" deve ser data e hora'),
        ("9999-12-31T23:59-14:00", '"data_hora" deve ser data e hora'),
        (1795867200, '"data_hora" deve ser data e hora'),
        (None, '"data_hora" deve ser data e hora'),
    ],
)
async def test_a_reminder_at_an_impossible_time_is_refused_with_the_way_out(
    desk, when: object, told: str | None
) -> None:
    if told is None:
        await desk.use("agendar_lembrete", **reminder(when))
        return
    assert told in await desk.misuse("agendar_lembrete", **reminder(when))
    assert desk.tools.effects.lembretes == ()
    assert not desk.tools.evidence().reminded


async def test_a_memory_is_kept_once_with_its_latest_confidence(desk) -> None:
    said = {"informacao": "Prefere plantões em Campinas", "tipo": "preferencia"}

    await desk.use("salvar_memoria", **said)
    await desk.use("salvar_memoria", **said, confianca=1)

    (memory,) = desk.tools.effects.memorias
    assert (memory.tipo, memory.conteudo, memory.confianca) == (
        "preferencia",
        "Prefere plantões em Campinas",
        1,
    )


async def test_a_memory_is_fairly_sure_unless_said_otherwise(desk) -> None:
    await desk.use("salvar_memoria", informacao="Não faz fim de semana", tipo="restricao")

    assert desk.tools.effects.memorias[0].confianca == 0.8


async def test_sensitive_data_is_not_remembered_but_its_consequence_may_be(desk) -> None:
    told = await desk.misuse(
        "salvar_memoria", informacao="É adventista, não faz sábados", tipo="restricao"
    )

    assert "religião não fica na memória" in told
    assert "só a consequência" in told
    assert desk.tools.effects.memorias == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"confianca": 2}, '"confianca" deve ser no máximo 1'),
        ({"confianca": "alta"}, '"confianca" deve ser um número'),
        ({"tipo": "saude"}, '"tipo" deve ser um destes valores'),
        ({"informacao": "\x00\ud800 "}, '"informacao" não pode ficar vazio'),
        ({"informacao": ["a"]}, '"informacao" deve ser um texto'),
    ],
)
async def test_a_memory_that_does_not_fit_is_refused(
    desk, changes: dict[str, object], told: str
) -> None:
    memory = {"informacao": "Prefere noites", "tipo": "preferencia", **changes}

    assert told in await desk.misuse("salvar_memoria", **memory)


async def test_a_person_is_called_for_the_first_reason(desk) -> None:
    await desk.use("transferir_para_humano", tipo="juridico", motivo="fala em processo")
    await desk.use("transferir_para_humano", tipo="baixa_confianca", motivo="não sei")

    handoff = desk.tools.handoff
    assert (handoff.trigger_type, handoff.motivo, handoff.notify) == (
        "juridico",
        "fala em processo",
        True,
    )
    assert desk.tools.evidence().handing_over


@pytest.fixture
def shown(a_desk: Callable):
    """A conversation in which one shift was shown."""
    return a_desk(begun=a_begun_turn("Não me chame mais", facts=[a_fact(SHIFT)]))


WORDS = {"palavras": "não me chame mais"}


async def test_one_shift_is_refused_by_its_id(shown) -> None:
    await shown.use("registrar_opt_out", escopo="vaga", motivo="longe", vaga_id=SHIFT.id)

    refused = shown.tools.effects.opt_out
    assert (refused.escopo, refused.motivo, refused.vaga_id) == ("vaga", "longe", SHIFT.id)
    assert shown.tools.evidence().opted_out


async def test_all_shifts_refused_in_a_turn_are_noted(a_desk: Callable) -> None:
    shifts = [a_shift(number) for number in (1, 2, 3)]
    desk = a_desk(begun=a_begun_turn(facts=[a_fact(shift) for shift in shifts]))

    for shift in (*shifts, shifts[0]):
        await desk.use("registrar_opt_out", escopo="vaga", motivo="longe", vaga_id=shift.id)

    refused = desk.tools.effects.opt_out
    assert (refused.vaga_id, refused.outras_vagas) == (shifts[0].id, (shifts[1].id, shifts[2].id))


@pytest.mark.parametrize("order", [("vaga", "mes"), ("mes", "vaga")])
async def test_a_shift_refused_together_with_the_month_is_noted_too(
    shown, order: tuple[str, str]
) -> None:
    for scope in order:
        await shown.use("registrar_opt_out", escopo=scope, motivo="x", vaga_id=SHIFT.id, **WORDS)

    refused = shown.tools.effects.opt_out
    assert (refused.escopo, refused.outras_vagas) == ("mes", (SHIFT.id,))


@pytest.mark.parametrize("scope", ["mes", "definitivo"])
async def test_a_wider_refusal_names_no_shift(shown, scope: str) -> None:
    await shown.use("registrar_opt_out", escopo=scope, motivo="longe", vaga_id=SHIFT.id, **WORDS)

    assert shown.tools.evidence().opted_out
    assert (shown.tools.effects.opt_out.escopo, shown.tools.effects.opt_out.vaga_id) == (
        scope,
        None,
    )


async def test_the_widest_refusal_of_a_turn_counts(shown) -> None:
    for scope in ("mes", "definitivo", "vaga", "mes"):
        await shown.use("registrar_opt_out", escopo=scope, motivo="x", vaga_id=SHIFT.id, **WORDS)

    assert shown.tools.effects.opt_out.escopo == "definitivo"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"escopo": "vaga"}, "passe o vaga_id"),
        ({"escopo": "vaga", "vaga_id": shift_id(99)}, "Use buscar_vagas"),
        ({"escopo": "sempre"}, "'vaga', 'mes' ou 'definitivo'"),
        ({}, 'falta o argumento "escopo"'),
    ],
)
async def test_a_refusal_of_nothing_known_is_not_noted(
    shown, arguments: dict[str, object], told: str
) -> None:
    assert told in await shown.misuse("registrar_opt_out", motivo="longe", **arguments)
    assert shown.tools.effects.opt_out is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["Olha, por hoje e sempre, DEU."], "por hoje e sempre, deu"),
        (["oi", "n quero mais nd de vcs"], "não quero mais nada de vocês"),
        (["não me manda", "mais nada"], "não me manda mais nada"),
        (["considera meu número aposentado aí"], "meu número aposentado"),
        (["número errado, sou o porteiro"], "Número errado"),
        (["me risca daí 62 99999-0000 tá"], "me risca daí"),
        (["vc pode me esquecer?"], "pode me esquecer"),
        (["moça, para"], "para"),
        (["tô fora desse negócio"], "tô fora"),
    ],
)
async def test_a_request_to_be_left_alone_is_shown_by_the_doctors_words(
    a_desk: Callable, said: list[str], words: str
) -> None:
    desk = a_desk(begun=a_begun_turn(*said))

    await desk.use("registrar_opt_out", escopo="definitivo", motivo="pediu", palavras=words)

    assert desk.tools.effects.opt_out.escopo == "definitivo"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Tem alguma coisa em Campinas sábado?", None),
        ("Tem alguma coisa em Campinas sábado?", "não me mande mais nada"),
        ("Tem alguma coisa em Campinas sábado?", "alguma coisa em Campinas"),
        ("Tem alguma coisa em Campinas sábado?", "?!"),
        ("não sei se posso, me manda mais", "não me manda mais"),
        ("sim, quero", "sim"),
        ("quero para o fim de semana", "para o fim de semana"),
    ],
)
@pytest.mark.parametrize("scope", ["mes", "definitivo"])
async def test_a_request_that_nobody_made_is_not_noted(
    a_desk: Callable, scope: str, said: str, words: str | None
) -> None:
    ours = a_message("julia", "Tem um sábado no São Vito. Vc quer?")
    desk = a_desk(begun=a_begun_turn(said, history=[ours]))

    told = await desk.misuse("registrar_opt_out", escopo=scope, motivo="pediu", palavras=words)

    assert "pergunte com todas as letras" in told
    assert desk.tools.effects.opt_out is None


async def test_a_busy_month_is_no_goodbye(a_desk: Callable) -> None:
    desk = a_desk(begun=a_begun_turn("tô de férias"))
    words = {"motivo": "férias", "palavras": "tô de férias"}

    await desk.misuse("registrar_opt_out", escopo="definitivo", **words)
    await desk.use("registrar_opt_out", escopo="mes", **words)

    assert desk.tools.effects.opt_out.escopo == "mes"


async def test_a_yes_to_the_plain_question_is_a_request(a_desk: Callable) -> None:
    asked = a_message("julia", "Entendi. Vc quer que eu pare de te mandar mensagens?")
    desk = a_desk(begun=a_begun_turn("Isso, por favor", history=[asked]))

    await desk.use("registrar_opt_out", escopo="definitivo", motivo="quer", palavras="Isso")

    assert desk.tools.effects.opt_out.escopo == "definitivo"
