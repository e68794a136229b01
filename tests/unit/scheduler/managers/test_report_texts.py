"""What managers read of a report, and what stands out in it."""

import re

import pytest
from tests.unit.scheduler.managers.samples import metrics, report

from julia_dev import paths
from julia_scheduler.managers.judging import highlights, recommendations
from julia_scheduler.managers.reports import TRIGGERS, message
from julia_scheduler.managers.wording import NOTHING, money, percent

pytestmark = pytest.mark.unit

NBSP = "\N{NO-BREAK SPACE}"


def text_of(posted) -> str:
    """Everything that is shown, in order."""
    shown = []
    for block in posted.payload()["blocks"]:
        texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
        shown += [text["text"] for text in texts if text]
    return "\n".join(shown).replace(NBSP, " ")


BUSY = metrics(
    recebidas=40, medicos=12, conversas=12, enviadas=55, iniciativa=20, pessoas=3,
    funil__contatados=20, funil__responderam=5, funil__convertidos=1, funil__plantoes=2,
    plantoes__fechados=3, plantoes__valor_centavos=455050, plantoes__cancelados=1,
    handoffs__total=2, handoffs__por_tipo={"juridico": 1, "pedido_humano": 1},
    suspeitas={"medicos": 1, "casos": [
        {"id": 7, "padrao": "robo", "em": "2026-12-01T14:30:00Z"}]},
    opt_outs=1,
    objecoes=[{"motivo": "distancia", "n": 3}, {"motivo": "outro", "n": 1}],
)  # fmt: skip


def test_a_period_is_told_with_its_numbers() -> None:
    shown = text_of(message(report(metricas=BUSY), again=False))

    assert shown.startswith("📊 Relatório das 13h, terça, 01/12\nDas 10h às 13h\n")
    for line in (
        "*Recebidas*\n40 mensagens de 12 médicos",
        "*Enviadas pela Júlia*\n55 (20 por iniciativa própria)",
        "*Taxa de resposta*\n25 % (5 de 20 contatados)",
        "*Plantões fechados*\n3 · R$ 4.550,50, 1 desfeito",
        "*Passadas a pessoas*\n2 de 12 conversas\nassunto jurídico 1, pediram uma pessoa 1",
        "*Suspeita de robô*\n8 % (1 de 12 médicos)",
        "*Pediram para parar*\n1",
        "*Enviadas por pessoas*\n3",
        "nº 7, terça, 01/12, 11h30: falou em robô",
        "where id = 7;",
    ):
        assert line in shown
    assert "Funil" not in shown


def test_the_first_report_of_a_day_has_the_night() -> None:
    night = report(de="2026-11-30T23:00:00Z", ate="2026-12-01T13:00:00Z")

    assert "Das 20h de segunda, 30/11 às 10h" in text_of(message(night, again=False))


def test_a_day_is_told_by_its_name() -> None:
    shown = text_of(message(report("diario"), again=False))

    assert shown.startswith("📊 Resumo de segunda, 30/11\nO dia inteiro, das 0h às 24h")
    assert f"*Taxa de resposta*\n{NOTHING} (0 de 0 contatados)" in shown


def test_a_week_adds_funnel_objections_and_advice() -> None:
    week = report("semanal", metricas=BUSY, recomendacoes=["Fazer isto."])
    shown = text_of(message(week, again=False))

    assert shown.startswith("🗓️ Resumo da semana de 23/11 a 29/11")
    assert "20 contatados → 5 responderam (25 %) → 1 fechou (5 %) → 2 plantões" in shown
    assert "• distância: 3 (75 %)\n• outro motivo: 1 (25 %)" in shown
    assert "*Recomendações*\n• Fazer isto." in shown


def test_a_report_that_may_have_been_posted_before_says_so() -> None:
    assert "é o mesmo" in text_of(message(report(), again=True))
    assert "é o mesmo" not in text_of(message(report(), again=False))


def test_a_quiet_period_says_that_nothing_happened() -> None:
    assert highlights(metrics(), "periodo") == ("Nenhuma mensagem recebida nem enviada.",)
    assert highlights(metrics(recebidas=1), "diario") == ("Nada fora do comum.",)


def test_at_most_five_things_stand_out_and_what_presses_comes_first() -> None:
    everything = metrics(
        recebidas=40, medicos=20, conversas=20, enviadas=9, opt_outs=2,
        funil__contatados=20, funil__responderam=1, handoffs__total=8,
        plantoes__fechados=1, plantoes__valor_centavos=100, suspeitas__medicos=5,
        agora={"pausada": True, "estacionadas": 2, "com_pessoas": 4, "vagas_criticas": 3,
               "numeros_doentes": [{"instance": "julia-2", "saude": "parada"}]},
    )  # fmt: skip
    found = highlights(everything, "periodo")

    assert len(found) == 5
    assert found[0].startswith("⏸️ Há uma pausa geral")
    assert found[1] == "🛑 O número julia-2 está parado."
    assert found[2] == "❓ 2 envios esperam a decisão de uma pessoa."
    assert "acima de 20 %" in found[3]
    assert found[4] == f"👤 40{NBSP}% das conversas foram a pessoas (meta: até 15 %)."


@pytest.mark.parametrize(
    ("answered", "said"),
    [(4, "Só 20"), (5, None), (6, None), (7, "acima da meta")],
)
def test_the_goal_of_answers_is_25_to_30_per_cent(answered: int, said: str | None) -> None:
    found = " ".join(
        highlights(
            metrics(recebidas=1, funil__contatados=20, funil__responderam=answered), "diario"
        )
    )

    assert (said in found) if said else found == "Nada fora do comum."


def test_a_rate_of_fewer_than_ten_is_no_rate() -> None:
    few = metrics(recebidas=3, medicos=3, conversas=3, suspeitas__medicos=2, handoffs__total=2)

    assert highlights(few, "periodo") == ("Nada fora do comum.",)


def test_a_weeks_advice_follows_its_numbers() -> None:
    bad = metrics(
        medicos=20, conversas=20, suspeitas__medicos=3, handoffs__total=5, opt_outs=3,
        funil__contatados=40, funil__responderam=4, funil__convertidos=1,
        objecoes=[{"motivo": "outro", "n": 9}, {"motivo": "valor", "n": 4}],
    )  # fmt: skip

    advice = " ".join(recommendations(bad))

    for word in (
        "persona",
        "aberturas",
        "vagas que servem",
        "passadas a pessoas",
        "ritmo",
        "valor",
    ):
        assert word in advice
    assert recommendations(metrics()) == ("Manter o ritmo: nenhum número pede mudança.",)


def test_two_cases_change_no_campaign() -> None:
    few = metrics(opt_outs=2, funil__contatados=20, funil__responderam=6, funil__convertidos=2)

    assert recommendations(few) == ("Manter o ritmo: nenhum número pede mudança.",)


def test_every_trigger_of_a_handover_has_a_name() -> None:
    source = (paths.ROOT / "supabase/migrations/20261122000300_conversations.sql").read_text()
    function = source.split("function private.handoff_triggers()", 1)[1]
    triggers = re.findall(r"'([a-z_]+)'", function.split("array[", 1)[1].split("]", 1)[0])

    assert set(triggers) == TRIGGERS.keys()


def test_money_and_shares_read_as_in_brazil() -> None:
    assert money(123456700).replace(NBSP, " ") == "R$ 1.234.567"
    assert money(5).replace(NBSP, " ") == "R$ 0,05"
    assert [percent(n, 8).replace(NBSP, "") for n in (1, 4)] == ["13%", "50%"]
