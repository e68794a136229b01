"""What managers read when a person has a conversation, and when Júlia has it again."""

from typing import Any

import pytest
from tests.unit.scheduler.managers.samples import notice

from julia_scheduler.commands.buttons import control
from julia_scheduler.managers.notices import card, message

pytestmark = pytest.mark.unit


def told(tipo: str = "conversa_assumida", **dados: Any) -> Any:
    return notice(
        tipo,
        dados={
            "trigger_type": "pedido_humano",
            "motivo": "Ana disse: quero falar com alguém",
            "por": "julia",
            "chatwoot_conversation_id": 17,
            "duracao_s": None,
        }
        | dados,
    )


@pytest.mark.parametrize(("vip", "said"), [(True, True), (False, False)])
def test_a_handoff_of_a_vip_says_so(vip: bool, said: bool) -> None:
    assert card(told(vip=vip)).title.endswith(" (VIP)") is said


@pytest.mark.parametrize(
    ("trigger", "title"),
    [
        ("pedido_humano", "🔵 Conversa com uma pessoa: o médico pediu uma pessoa"),
        ("juridico", "🔴 Conversa com uma pessoa: assunto jurídico"),
        ("sentimento_negativo", "🟠 Conversa com uma pessoa: médico irritado"),
        ("baixa_confianca", "🟣 Conversa com uma pessoa: a Júlia não tinha certeza"),
        ("manual", "🟢 Conversa com uma pessoa: alguém assumiu"),
        ("envio_incerto", "⚪ Conversa com uma pessoa: não se sabe se um envio chegou"),
    ],
)
def test_a_handoff_has_the_colour_of_its_reason(trigger: str, title: str) -> None:
    assert card(told(trigger_type=trigger)).title == title


def test_only_a_persons_own_reason_is_told() -> None:
    assert "disse" not in card(told()).text
    assert "Motivo: Reunião." in card(told(trigger_type="manual", motivo="Reunião")).text


def test_it_links_to_the_conversation_where_there_is_one() -> None:
    chats = "https://chat.example.com/app/accounts/1/conversations"

    assert f"<{chats}/17|Abrir no Chatwoot>" in str(message([told()], chats=chats).payload())
    unknown = message([told(chatwoot_conversation_id=None)], chats=chats)
    assert "Abrir" not in str(unknown.payload())
    assert "Abrir" not in str(message([told()]).payload())


def test_a_handoff_can_be_given_back_by_a_button_that_knows_the_conversation() -> None:
    handoff = told()

    assert card(handoff).buttons == control(handoff.conversa_id, by_julia=False)
    assert card(handoff.model_copy(update={"conversa_id": None})).buttons is None


@pytest.mark.parametrize(
    ("seconds", "por", "text"),
    [
        (420, "Bia", "depois de 7 minutos com a equipe. Quem devolveu: Bia."),
        (10, "manual", "depois de menos de um minuto com a equipe. Quem devolveu: manual."),
    ],
)
def test_a_return_says_how_long_it_was_and_by_whom(seconds: float, por: str, text: str) -> None:
    assert text in card(told("conversa_devolvida", duracao_s=seconds, por=por)).text
