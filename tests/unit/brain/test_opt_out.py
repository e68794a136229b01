import pytest

from julia_brain.domain.opt_out import opt_out_reason


@pytest.mark.parametrize(
    "text",
    [
        "pare",
        "Pare!",
        "PARAR",
        "sair",
        "Stop.",
        "STOP",
        "me remove",
        "Oi, me remove por favor",
        "Não quero mais receber mensagens",
        "nao quero mais receber mensagens",
        "Bom dia. Não quero receber mais suas mensagens, obrigada",
        "não desejo receber contatos",
        "não quero mais contato",
        "não quero mais ser contatado",
        "não me mande mais mensagens",
        "não manda mais msg",
        "não me mande mais nada",
        "não me mandem mais",
        "Por favor não me procurem mais",
        "para de me mandar mensagem",
        "pare de me incomodar",
        "me tira dessa lista",
        "me remova do seu cadastro",
        "me tira daqui",
        "remova meu número",
        "exclui o meu contato por favor",
        "quero sair da lista",
        "quero me descadastrar",
    ],
)
def test_a_plain_request_is_an_opt_out(text: str) -> None:
    assert opt_out_reason(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "não tenho interesse nessa vaga",
        "não quero essa vaga",
        "pare na entrada B do hospital?",
        "para",
        "para sábado tem plantão?",
        "posso sair do plantão às 19h?",
        "o elevador parou, vou parar na recepção",
        "me tira uma dúvida",
        "me tira agora uma dúvida sobre o valor",
        "me tira da escala de sábado",
        "me remove do plantão de domingo",
        "não me mande mais vaga de UTI",
        "para de me mandar vaga de pediatria",
        "não quero contato com esse hospital",
        "não quero mais contato com esse coordenador",
        "não quero que me chamem de madrugada",
        "não me chame mais de doutor, pode ser Ana",
        "quero receber mensagens de plantão em Campinas",
        "stop and go é o nome do restaurante",
        "não consigo mais esse dia",
        "ok, obrigada",
    ],
)
def test_anything_less_plain_is_left_to_the_conversation(text: str) -> None:
    assert opt_out_reason(text) is None
