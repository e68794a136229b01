"""What managers read of each notice."""

import re

import pytest
from tests.unit.scheduler.managers.samples import NOON, SAMPLES, notice

from julia_common.slack import Divider, Header, Section
from julia_common.slack.blocks import MAX_BLOCKS
from julia_dev import paths
from julia_scheduler.managers.bringing import IN_ONE_MESSAGE
from julia_scheduler.managers.notices import PROOFS, TEXTS, card, message

pytestmark = pytest.mark.unit


def test_every_notice_that_the_migrations_write_has_a_text() -> None:
    sources = "".join(
        path.read_text() for path in sorted(paths.ROOT.glob("supabase/migrations/*.sql"))
    )
    calls = re.findall(r"private\.notify_managers\((.*?)\);", sources, re.DOTALL)
    written = {word for call in calls for word in re.findall(r"'([a-z_]+)'", call.split(",")[0])}

    assert written - {"p_tipo"} <= TEXTS.keys()
    assert len(written) >= 8, "the search found too little to mean anything"


def test_every_proof_has_a_name_that_managers_understand() -> None:
    source = next(paths.ROOT.glob("supabase/migrations/*_proofs.sql")).read_text()

    assert set(re.findall(r"'([a-z_]+)', private\.proof_json\(", source)) == PROOFS.keys()


def test_the_reference_lists_every_notice_and_no_other() -> None:
    page = (paths.ROOT / "docs/reference/slack.md").read_text().split("| `tipo` |", 1)[1]
    table = page.split("\n\n", 1)[0]

    rows = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted([*TEXTS, "relatorio"])


def test_every_text_has_a_sample() -> None:
    assert SAMPLES.keys() == TEXTS.keys()


@pytest.mark.parametrize("tipo", sorted(TEXTS))
def test_a_text_is_whole(tipo: str) -> None:
    told = card(notice(tipo))

    assert "None" not in told.title + told.text + told.statement
    assert told.text.endswith((".", ":")) or told.text.splitlines()[-1].startswith("•")
    assert len(told.title) <= 80


@pytest.mark.parametrize("tipo", sorted(TEXTS))
def test_a_text_says_nothing_that_it_was_not_made_to_say(tipo: str) -> None:
    told = notice(tipo)
    leaky = told.model_copy(
        update={"dados": {**told.dados, "texto": "SEGREDO", "telefone": "5511988887777"}}
    )

    assert card(leaky) == card(told)


def test_a_booking_names_doctor_shift_and_the_value_agreed_on() -> None:
    told = card(notice("reserva"))

    assert told.title == "✅ Plantão reservado"
    assert told.text == (
        "*Helena Prado* (Anestesiologia) ficou com: Anestesiologia, Hospital São Luiz, "
        "sexta, 04/12, das 19h às 7h, R$\N{NO-BREAK SPACE}1.650.\n"
        "Falta confirmar com o hospital."
    )


def test_a_parked_send_shows_how_to_decide() -> None:
    told = card(notice("envio_estacionado"))

    assert "(resposta) pelo número *julia-1* na terça-feira, 01/12, às 13h10" in told.text
    assert told.statement == (
        """select api.decidir_envio('{"fila_id": "11111111-1111-1111-1111-111111111111", """
        """"decisao": "descartar", "por": "SEU NOME"}');"""
    )
    assert told.buttons is not None
    pressed = {button.action: button.value for button in told.buttons.buttons}
    assert pressed == dict.fromkeys(
        ("envio_liberar", "envio_descartar"), "11111111-1111-1111-1111-111111111111"
    )


def test_a_shift_that_is_over_is_asked_about_with_two_buttons() -> None:
    told = card(notice("plantao_terminado"))

    assert "Hospital São Luiz, sexta, 04/12, das 19h às 7h" in told.text
    assert "*Helena Prado* (Anestesiologia)" in told.text
    assert told.statement == (
        """select api.decidir_plantao('{"vaga_id": "22222222-2222-2222-2222-222222222222", """
        """"decisao": "aconteceu", "por": "SEU NOME"}');"""
    )
    assert told.buttons is not None
    assert [(button.text, button.action, button.value) for button in told.buttons.buttons] == [
        ("Aconteceu", "plantao_aconteceu", "22222222-2222-2222-2222-222222222222"),
        ("Não aconteceu", "plantao_nao_aconteceu", "22222222-2222-2222-2222-222222222222"),
    ]


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-12-01T12:00:00+00:00", "ser chamado na terça-feira, 01/12, às 9h, e"),
        ("2026-12-05T12:00:00+00:00", "ser chamado no sábado, 05/12, às 9h, e"),
        ("2026-12-06T12:30:00+00:00", "ser chamado no domingo, 06/12, às 9h30, e"),
    ],
)
def test_a_moment_in_a_sentence_is_said_as_people_say_it(when: str, told: str) -> None:
    dados = {"quando": when, "motivo": "Não saiu"}

    assert told in card(notice("lembrete_nao_enviado", dados=dados)).text


@pytest.mark.parametrize("tipo", TEXTS)
def test_what_goes_into_one_message_is_within_slacks_limit_of_blocks(tipo: str) -> None:
    told = message([notice(tipo)] * IN_ONE_MESSAGE, chats="https://chat.example.com")

    assert len(told.blocks) <= MAX_BLOCKS


def test_a_changed_shift_shows_only_what_changed() -> None:
    told = card(notice("plantao_alterado"))

    assert "Data: 04/12/2026 → 05/12/2026" in told.text
    assert "Horário: 19:00 a 07:00 → 19:30 a 07:00" in told.text
    assert "Setor" not in told.text
    assert "continua R$\N{NO-BREAK SPACE}1.500" in told.text


def test_a_booking_that_a_manager_undid_asks_for_somebody_to_tell_the_doctor() -> None:
    told = card(notice("cancelamento", dados={"vaga_id": "v", "por": "gestor"}))

    assert "alguém da equipe precisa falar com o médico" in told.text


def test_a_banned_number_shows_how_to_move_its_doctors() -> None:
    told = card(notice("numero_doente"))

    assert told.title == "🚫 Número banido pelo WhatsApp"
    assert "12 médicos" in told.text
    assert "api.mover_medicos" in told.statement


def test_a_slow_number_asks_for_no_decision() -> None:
    dados = {"instance": "julia-2", "depois": "lenta", "motivo": "6 % recusadas", "medicos": 1}
    told = card(notice("numero_doente", dados=dados))

    assert "1 médico por este número" in told.text
    assert told.statement == ""


def test_a_quote_in_a_name_stays_inside_the_statement() -> None:
    told = card(notice("numero_novo", dados={"instance": "d'ouro"}))

    assert "d''ouro" in told.statement


def test_a_doctor_without_a_name_is_still_told_of() -> None:
    told = card(notice("documento", medico={"id": "m1"}))

    assert told.text.startswith("*Médico sem nome no cadastro* mandou: CRM.")


def test_a_name_that_mentions_the_channel_mentions_nobody() -> None:
    medico = {"id": "m1", "nome": "Ana <!channel> *x*"}

    assert "*Ana &lt;!channel&gt; x*" in card(notice("documento", medico=medico)).text


def test_a_kind_that_nobody_gave_words_says_where_it_lies() -> None:
    told = card(notice("coisa_nova"))

    assert told.title == "🔔 Aviso: coisa_nova"
    assert "n-coisa_nova" in told.statement


def test_one_notice_is_a_message_of_its_own_and_its_notification_says_it_all() -> None:
    posted = message([notice("documento")])

    assert posted.text.startswith("📄 Documento recebido\n*Helena Prado*")
    assert not any(isinstance(block, Header | Divider) for block in posted.blocks)


def test_several_notices_are_a_list_under_one_head() -> None:
    posted = message([notice("documento"), notice("envio_estacionado"), notice("documento")])

    assert posted.blocks[0] == Header("🔔 3 avisos da Júlia")
    assert posted.text.splitlines() == [
        "📄 Documento recebido (2 vezes)",
        "❓ Envio estacionado: não se sabe se chegou",
    ]
    assert sum(isinstance(block, Section) for block in posted.blocks) == 4, "one for the statement"


def test_the_small_print_finds_the_conversation() -> None:
    [*_, small] = message([notice("documento", created_at=NOON)]).blocks

    assert small.as_json()["elements"][0]["text"] == "terça, 01/12, às 13h10 · conversa c1"
