import pytest

from julia_brain.tools.sensitive import sensitive_kind

HEALTH = "informação de saúde"
RELIGION = "religião"
POLITICS = "opinião política ou filiação a sindicato"
SEXUALITY = "vida sexual"
ORIGIN = "origem racial ou étnica"
IDENTITY = "documento, contato ou dado bancário"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Está grávida de seis meses", HEALTH),
        ("Não faz plantão noturno por motivo de saúde", HEALTH),
        ("Tem DEPRESSÃO e prefere turnos curtos", HEALTH),
        ("Está em tratamento até março", HEALTH),
        ("Vai fazer uma cirurgia em dezembro", HEALTH),
        ("Voltou da licença-maternidade", HEALTH),
        ("Toma medicamento controlado", HEALTH),
        ("Sofre de dor na coluna", HEALTH),
        ("É adventista e não trabalha aos sábados", RELIGION),
        ("Domingo de manhã vai à igreja", RELIGION),
        ("É bolsonarista", POLITICS),
        ("Votou no atual prefeito", POLITICS),
        ("É filiada ao sindicato", POLITICS),
        ("Contou que é lésbica", SEXUALITY),
        ("Se declara como pessoa parda", ORIGIN),
        ("CPF 123.456.789-09", IDENTITY),
        ("documento 12345678909", IDENTITY),
        ("celular (19) 99999-0000", IDENTITY),
        ("escrever para ana@example.com", IDENTITY),
        ("chave pix é o celular", IDENTITY),
        ("recebe na agência 1234 conta 56789-0", IDENTITY),
        ("o número dela é (número omitido)", IDENTITY),
    ],
)
def test_what_is_sensitive_is_not_remembered(text: str, kind: str) -> None:
    assert sensitive_kind(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Não faz plantão aos sábados",
        "Prefere Campinas e região, até 50 km",
        "Só aceita a partir de R$ 1.500 por 12h",
        "Prefere receber por pix à vista",
        "Trabalhou no Hospital Adventista de São Paulo",
        "Gosta do Hospital Israelita Albert Einstein",
        "Trabalhou na Casa de Saúde Campinas",
        "Prefere plantão em UTI ou cirurgia geral",
        "É psiquiatra e também faz clínica médica",
        "Trabalhou no Hospital de Câncer de Barretos",
        "Atende gestantes de alto risco",
        "Prefere plantões de 28/11/2026 a 15/12/2026",
        "Disponível entre 2026-12-01 e 2026-12-20",
        "Gosta de ser chamada de doutora Ana",
        "Mora em Rio Branco, do lado direito do rio",
        "Quer vagas na Zona Leste",
        "Faz plantão a cada quinze dias",
    ],
)
def test_what_helps_to_find_shifts_may_be_remembered(text: str) -> None:
    assert sensitive_kind(text) is None
