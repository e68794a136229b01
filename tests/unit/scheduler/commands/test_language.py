"""Managers write as they speak, and are understood or told what was not."""

import re
from datetime import datetime

import pytest

from julia_dev import paths
from julia_scheduler.commands import orders
from julia_scheduler.commands.language import EXAMPLES, understand
from julia_scheduler.commands.orders import Misunderstood, Order, Verb
from julia_scheduler.jobs.plan import SAO_PAULO

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=SAO_PAULO)
"""A Monday."""
CONVERSATION = "0b9c7b1e-6f4e-4c58-9a53-6f2d1c1f7a01"


def at(day: int, hour: int = 0, minute: int = 0, *, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SAO_PAULO)


def read(text: str) -> Order:
    return understand(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", orders.Help()),
        ("  AJUDA ", orders.Help()),
        ("status", orders.Status()),
        ("Situação", orders.Status()),
        ("<@U0JULIA> status", orders.Status()),
        ("<@U0JULIA|julia>, ", orders.Help()),
        ("pausar Emergência, respostas estranhas",
         orders.Pause("Emergência, respostas estranhas")),
        ("PAUSE “Teste &amp; revisão”", orders.Pause("Teste & revisão")),
        ("pausar A <b> &lt;c&gt;", orders.Pause("A <b> <c>")),
        ("pausar estado=sp Escala", orders.Pause("Escala", {"estado": "sp"})),
        ('pausar especialidade="Clínica Médica" UF=RJ Escala',
         orders.Pause("Escala", {"especialidade": "Clínica Médica", "estado": "RJ"})),
        ("pausar número=julia-2 campanha='Fim de ano' Chip novo",
         orders.Pause("Chip novo", {"instancia": "julia-2", "campanha": "Fim de ano"})),
        ("pausar tudo até 18h Escala", orders.Pause("Escala", {}, at(23, 18))),
        ("pausar tudo, Emergência", orders.Pause("Emergência")),
        ("pausar Tudo parado no hospital", orders.Pause("Tudo parado no hospital")),
        ("retomar tudo", orders.Resume("Retomada por um gestor no Slack")),
        ("retomar Corrigido", orders.Resume("Corrigido")),
        ("retomar", orders.Resume("Retomada por um gestor no Slack")),
        ("volte estado=SP", orders.Resume("Retomada por um gestor no Slack", {"estado": "SP"})),
        ("assumir (11) 98888-7777 Caso delicado",
         orders.TakeOver("(11) 98888-7777", "Caso delicado")),
        ("assumir a conversa com a Dra. 11 98888-7777 Caso delicado",
         orders.TakeOver("11 98888-7777", "Caso delicado")),
        (f"assumir a conversa {CONVERSATION.upper()}",
         orders.TakeOver(CONVERSATION, "Assumida por um gestor no Slack")),
        ("devolver +55 11 98888-7777", orders.GiveBack("+55 11 98888-7777")),
        ("médico 11988887777", orders.Doctor("11988887777")),
        ("médica 1188887777", orders.Doctor("1188887777")),
        ("medico <tel:+5511988887777|(11) 98888-7777>", orders.Doctor("(11) 98888-7777")),
        ("foco", orders.FocusStatus()),
        ("foco desligar", orders.EndFocus()),
        ("Foco UTI em Campinas primeiro",
         orders.SetFocus("UTI em Campinas primeiro", at(30, 15))),
        ("foco UTI em Campinas até sexta", orders.SetFocus("UTI em Campinas", at(28))),
        ('foco "Plantões até sexta" por 3 dias', orders.SetFocus("Plantões até sexta", at(26, 15))),
        ("copiloto", orders.CopilotStatus()),
        ("copiloto ligar global Semana de teste",
         orders.SwitchCopilot("global", "", "ligado", "Semana de teste")),
        ("copiloto desligar conversa 11 98888-7777",
         orders.SwitchCopilot("conversa", "11 98888-7777", "desligado",
                              "Mudado por um gestor no Slack")),
        ("Copiloto padrão campanha “Fim de ano” Acabou",
         orders.SwitchCopilot("campanha", "Fim de ano", "padrao", "Acabou")),
        ('copiloto ligar campanha="Fim de ano"',
         orders.SwitchCopilot("campanha", "Fim de ano", "ligado",
                              "Mudado por um gestor no Slack")),
        ("bloquear 5511988887777 2 reclamações", orders.Block("5511988887777", "2 reclamações")),
        ("bloquear o médico 11 98888 7777, pediu por telefone",
         orders.Block("11 98888 7777", "pediu por telefone")),
        ("desbloquear 11 98888-7777 Quer voltar", orders.Unblock("11 98888-7777", "Quer voltar")),
        ("vagas", orders.Shifts()),
        ("plantões de anestesia em Campinas", orders.Shifts("anestesia", "Campinas")),
        ("vagas em SP", orders.Shifts(None, "SP")),
        ('vagas especialidade="clínica médica" estado=MG', orders.Shifts("clínica médica", "MG")),
        ("relatório", orders.Report()),
        ("relatorio da semana", orders.Report("semanal")),
        ("relatório diário", orders.Report("diario")),
    ],
)  # fmt: skip
def test_what_is_written_is_understood(text: str, order: Order) -> None:
    assert read(text) == order


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("até amanhã 8h", at(24, 8)),
        ("até amanhã às 8h30", at(24, 8, 30)),
        ("ATÉ AMANHÃ", at(25)),
        ("até depois de amanhã 12:15", at(25, 12, 15)),
        ("até 18h", at(23, 18)),
        ("até 8h", at(24, 8)),
        ("até as 8 horas", at(24, 8)),
        ("até 8h de quarta", at(25, 8)),
        ("até sexta-feira às 18h", at(27, 18)),
        ("até sexta", at(28)),
        ("até segunda 16h", at(23, 16)),
        ("até segunda 14h", at(30, 14)),
        ("até sábado, às 7h", at(28, 7)),
        ("até 6h da tarde", at(23, 18)),
        ("até 8 da noite", at(23, 20)),
        ("até 9h30 da manhã", at(24, 9, 30)),
        ("até 7h da noite de sexta", at(27, 19)),
        ("até sexta às 6 da tarde", at(27, 18)),
        ("até 2h da madrugada", at(24, 2)),
        ("até meio-dia", at(24, 12)),
        ("até meia-noite", at(24)),
        ("até sexta meia-noite", at(28)),
        ("até 25/12", at(26, month=12)),
        ("até 25/12 às 18h30", at(25, 18, 30, month=12)),
        ("até 02/01", at(3, month=1, year=2027)),
        ("até 02/01/2028 9h", at(2, 9, month=1, year=2028)),
        ("por 2 horas", at(23, 17)),
        ("por 1h30", at(23, 16, 30)),
        ("por 45 min", at(23, 15, 45)),
        ("por 3 dias", at(26, 15)),
    ],
)
@pytest.mark.parametrize("form", ["pausar {} Escala em revisão", "pausar Escala em revisão {}"])
def test_until_when_is_read_wherever_it_stands(written: str, until: datetime, form: str) -> None:
    assert read(form.format(written)) == orders.Pause("Escala em revisão", {}, until)


def test_words_in_quotes_are_the_reasons() -> None:
    order = read('pausar "Espera até segunda" até amanhã 8h')

    assert order == orders.Pause("Espera até segunda", {}, at(24, 8))


def test_a_reason_may_begin_with_por() -> None:
    assert read("pausar por causa do feriado") == orders.Pause("por causa do feriado")


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("", at(23), NOW),
        ("de hoje", at(23), NOW),
        ("ontem", at(22), at(23)),
        ("semana", at(23), NOW),
        ("da semana passada", at(16), at(23)),
        ("deste mês", at(1), NOW),
        ("mês passado", at(1, month=10), at(1)),
        ("últimos 7 dias", at(17), NOW),
        ("05/11", at(5), at(6)),
        ("de 01/11 a 07/11", at(1), at(8)),
        ("24/12", at(24, month=12, year=2025), at(25, month=12, year=2025)),
    ],
)
def test_periods_are_days_of_sao_paulo(written: str, since: datetime, until: datetime) -> None:
    order = read(f"métricas {written}")

    assert isinstance(order, orders.Metrics)
    assert (order.since, order.until) == (since, until)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("banana", "Não conheço esse comando"),
        ("pausar", "Falta o motivo"),
        ("pausar até amanhã 8h", "Falta o motivo"),
        ('pausar ""', "Falta o motivo"),
        ("pausar até resolver", "Não entendi até quando"),
        ("pausar até 31/02 Escala", "não existe"),
        ("pausar até 25h Escala", "não existe"),
        ("pausar até hoje 14h Escala", "já passou"),
        ("pausar cidade=Campinas Escala", "Não conheço o escopo “cidade”"),
        ("pausar estado=SP uf=RJ Escala", "duas vezes"),
        ("pausar estado=Bahia Escala", "duas letras"),
        ("medico", "Diga de quem"),
        ("medico Ana", "Diga de quem"),
        ("medico 123", "Diga de quem"),
        ("bloquear 11 98888-7777", "Falta o motivo"),
        ("bloquear Pediu", "Diga de quem"),
        ("metricas qualquer", "Não entendi o período"),
        ("metricas 120 dias", "Não entendi o período"),
        ("metricas 07/11 a 01/11", "Não entendi o período"),
        ("relatorio anual", "diário"),
    ],
)
def test_what_is_not_understood_is_refused_with_an_example(text: str, says: str) -> None:
    with pytest.raises(Misunderstood, match=says) as caught:
        read(text)

    read(caught.value.example)


@pytest.mark.parametrize("verb", Verb)
def test_every_example_is_understood(verb: Verb) -> None:
    understood = {type(read(example)): name for name, example in EXAMPLES.items()}

    assert understood[type(read(EXAMPLES[verb]))] is verb


def test_the_reference_lists_every_command() -> None:
    page = (paths.ROOT / "docs/reference/slack.md").read_text()
    table = page.split("| command | what it does", 1)[1].split("\n\n", 1)[0]

    listed = re.findall(r"^\| `(\w+)", table, re.MULTILINE)
    assert sorted(listed) == sorted(Verb)


def test_a_refusal_repeats_no_number() -> None:
    with pytest.raises(Misunderstood) as caught:
        read("medico 119888877779999")

    assert "9888" not in str(caught.value)
