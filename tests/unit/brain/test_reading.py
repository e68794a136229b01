"""Attachments within a turn: read once, protected, or asked for as text; the turn goes on."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from julia_brain.domain.prompt import File, Prompt
from julia_brain.domain.spending import Spending
from julia_brain.testing import CONVERSA_ID, draft
from julia_brain.turns.before_claude import doctors_words
from julia_brain.turns.reading import ReadingTurn
from julia_common.database import Spent, TurnBegun
from julia_common.errors import Permanent, Retryable
from julia_simulators import files

PNG = files.png("qualquer")
AWAY = Retryable("away")
CRM = "CRM 123456-SP"


def seen(descricao: str, documento: str = "nenhum") -> str:
    return json.dumps({"documento": documento, "descricao": descricao})


async def sends(scene, kind: str, data: bytes | Exception | None, text="", **said) -> None:
    """The doctor sends one attachment more, and the burst is over."""
    scene.db.doctor_writes(text, kind, **said)
    if data is not None:
        scene.attachments.files[scene.db.pending[-1].key_id] = data
    await scene.clock.advance(3)


def shown(scene) -> str:
    """What Claude was last shown of the pending messages."""
    return "\n".join(map(str, scene.writer.prompts[-1].pending))


def looked_at(scene) -> list[Prompt]:
    return [
        one for one in scene.writer.prompts if any(isinstance(part, File) for part in one.pending)
    ]


async def begin(scene) -> TurnBegun:
    """The turn as it is thought about, once everything has been read."""
    begun = await scene.db.begin_turn(conversa_id=CONVERSA_ID, token="t", owner="o")
    assert isinstance(begun, TurnBegun)
    reading = scene.reader.read(ReadingTurn(begun, CONVERSA_ID, "t", Spending(), {}))
    return await scene.clock.until_done(asyncio.ensure_future(reading))


def without_transcription(scene) -> None:
    scene.engine = replace(scene.engine, reader=replace(scene.reader, transcriber=None))


async def test_an_audio_is_heard_and_answered(scene) -> None:
    await sends(scene, "audio", b"tem vaga em Campinas?", seconds=4)

    assert (await scene.run()).outcome == "resposta"

    assert "[áudio de 4 s]\n[o que o anexo diz: tem vaga em Campinas?]" in shown(scene)
    assert [one.leitura for one in scene.db.readings] == ["tem vaga em Campinas?"]


async def test_an_opt_out_in_an_audio_ends_the_turn_and_claude_is_not_asked(scene) -> None:
    await sends(scene, "audio", "Não me mande mais mensagem, por favor".encode())

    await scene.run()

    (commit,) = scene.db.commits
    assert (commit.outcome, commit.parts, commit.rota) == ("sem_resposta", (), "regra_opt_out")
    assert commit.effects.opt_out is not None
    assert commit.effects.opt_out.escopo == "definitivo"
    assert scene.writer.prompts == []


async def test_a_month_of_rest_asked_for_in_an_audio_is_an_effect_of_the_answer(scene) -> None:
    await sends(scene, "audio", "Este mês não me chame, volta mês que vem".encode())

    await scene.run()

    (commit,) = scene.db.commits
    assert commit.outcome == "resposta"
    assert commit.effects.opt_out is not None
    assert commit.effects.opt_out.escopo == "mes"


async def test_an_opt_out_that_an_image_shows_is_nobodys_wish(scene) -> None:
    scene.writer.script = [seen("não me mande mais mensagem")]
    await sends(scene, "imagem", PNG)

    await scene.run()

    assert scene.db.commits[0].outcome == "resposta"
    assert scene.db.commits[0].effects.opt_out is None


async def test_a_person_asked_for_in_an_audio_comes(scene) -> None:
    await sends(scene, "audio", b"quero falar com um atendente humano")

    await scene.run()

    handoff = scene.db.commits[0].handoff
    assert handoff is not None
    assert handoff.trigger_type == "pedido_humano"


async def test_a_suspicion_in_an_audio_is_noted_with_its_reading(scene) -> None:
    await sends(scene, "audio", "você é um robô?".encode())

    await scene.run()

    assert scene.db.readings[0].suspeita_bot is not None


async def test_without_a_transcription_service_claude_is_told_to_ask_for_text(scene) -> None:
    without_transcription(scene)
    await sends(scene, "audio", b"oi")

    await scene.run()

    assert "não consigo ouvir áudios" in shown(scene)
    assert "por escrito" in shown(scene)
    assert scene.attachments.fetched == []
    assert scene.db.readings == []


@pytest.mark.parametrize("error", [AWAY, Permanent("too short"), None])
async def test_an_audio_that_cannot_be_heard_is_asked_for_as_text(
    scene, error: Exception | None
) -> None:
    scene.transcriber.error = error
    await sends(scene, "audio", b"oi" if error else b" ... ")

    assert (await scene.run()).outcome == "resposta"

    assert "esse anexo não foi lido" in shown(scene)


async def test_a_remark_on_an_audio_is_not_taken_for_the_doctors_words(scene) -> None:
    scene.transcriber.error = AWAY
    await sends(scene, "audio", b"oi")
    begun = await begin(scene)

    assert begun.pending[-1].leitura is not None
    assert doctors_words(begun.pending)[-1] == ""


async def test_an_image_is_described_once_and_paid_with_the_turn(scene) -> None:
    scene.writer.script = [seen("uma escala de março"), "Recebi aqui, obrigada!"]
    await sends(scene, "imagem", PNG, "olha")

    await scene.run()

    assert "[imagem]\nolha\n[o que o anexo diz: uma escala de março]" in shown(scene)
    (commit,) = scene.db.commits
    assert commit.usage is not None
    assert (commit.usage.chamadas, commit.usage.input_tokens) == (2, 200)


async def test_a_personal_document_is_protected_and_only_its_kind_is_told(scene) -> None:
    scene.writer.script = [seen(f"carteira com {CRM}", "crm"), "Recebi, obrigada!"]
    await sends(scene, "imagem", PNG)

    await scene.run()

    (reading,) = scene.db.readings
    assert reading.documento is not None
    assert reading.documento.tipo == "crm"
    assert bytes.fromhex(reading.documento.cifrado)[::-1] == PNG
    assert reading.documento.bytes == len(PNG)
    assert "[enviou um documento: CRM; guardado e entregue à equipe]" in shown(scene)
    assert "123456" not in repr(scene.writer.prompts) + reading.leitura


async def test_what_is_announced_as_a_document_is_shown_to_nobody(scene) -> None:
    await sends(scene, "documento", files.pdf(CRM), "segue meu CRM", mimetype="application/pdf")

    await scene.run()

    assert looked_at(scene) == []
    document = scene.db.readings[0].documento
    assert document is not None
    assert (document.tipo, document.mime) == ("crm", "application/pdf")


@pytest.mark.parametrize("answer", [AWAY, Permanent("could not process image"), "nada de JSON"])
async def test_a_file_that_could_not_be_looked_at_is_protected_and_not_lost(
    scene, answer: Exception | str
) -> None:
    scene.writer.script = [answer, "Recebi!"]
    await sends(scene, "imagem", PNG)

    assert (await scene.run()).outcome == "resposta"

    document = scene.db.readings[0].documento
    assert document is not None
    assert document.tipo == "outro"
    assert "enviou um arquivo que não foi aberto; guardado" in shown(scene)


async def test_without_a_budget_a_file_is_protected_unseen(scene) -> None:
    scene.db.gasto = Spent(conversa_usd=Decimal(2))
    await sends(scene, "imagem", PNG)

    await scene.run()

    assert looked_at(scene) == []
    assert scene.db.readings[0].documento is not None


@pytest.mark.parametrize("data", [AWAY, Permanent("no file"), b"MZ not an image"])
async def test_a_file_that_cannot_be_had_is_asked_for_as_text(
    scene, data: bytes | Exception
) -> None:
    await sends(scene, "imagem", data)

    assert (await scene.run()).outcome == "resposta"

    assert "esse anexo não foi lido" in shown(scene)
    assert scene.db.readings == []


async def test_what_does_not_fit_is_never_fetched(scene) -> None:
    await sends(scene, "imagem", PNG, size_bytes=6 * 1024 * 1024)
    await sends(scene, "video", PNG)
    await sends(scene, "audio", b"oi", seconds=900)

    await scene.run()

    assert scene.attachments.fetched == []
    assert shown(scene).count("esse anexo não foi lido") == 3


async def test_four_attachments_are_read_and_the_other_files_protected(scene) -> None:
    scene.writer.script = [seen(f"figura {n}") for n in range(4)]
    for _ in range(6):
        await sends(scene, "imagem", PNG)

    await scene.run()

    assert len(looked_at(scene)) == 4
    assert [one.documento is not None for one in scene.db.readings] == [False] * 4 + [True] * 2


async def test_attachments_are_read_side_by_side_and_within_their_time(scene) -> None:
    scene.attachments.takes = 5
    scene.writer.takes = 0.5
    scene.writer.script = [seen("a"), seen("b"), "Vi!"]
    await sends(scene, "imagem", PNG)
    await sends(scene, "imagem", PNG)
    started = scene.clock.monotonic()

    await scene.run()

    assert scene.clock.monotonic() - started < 7
    assert len(scene.db.readings) == 2


async def test_an_attachment_that_takes_too_long_is_given_up_and_the_turn_goes_on(scene) -> None:
    scene.attachments.takes = 30
    await sends(scene, "imagem", PNG)

    assert (await scene.run()).outcome == "resposta"

    assert "não deu para abrir agora" in shown(scene)


async def test_time_for_reading_is_not_time_for_thinking(scene) -> None:
    scene.attachments.takes = 4
    await sends(scene, "audio", b"tem vaga?")

    await scene.run()

    assert scene.writer.asked[-1].tools


async def test_a_newer_message_does_not_have_anything_read_again(scene) -> None:
    scene.writer.script = [
        seen("uma escala"),
        lambda: scene.db.doctor_writes("e aí?"),
        "rascunho velho",
        "Vi!",
    ]
    scene.transcriber.error = AWAY
    await sends(scene, "imagem", PNG)
    await sends(scene, "audio", b"oi")

    await scene.run()

    assert scene.db.refusals == ["mensagens_novas"]
    assert len(looked_at(scene)) == 1
    assert (scene.transcriber.heard, len(scene.attachments.fetched)) == (1, 2)
    assert "uma escala" in shown(scene)
    assert "não foi lido" in shown(scene)


async def test_a_brain_killed_after_reading_has_another_pay_nothing_again(scene) -> None:
    scene.writer.script = [seen("uma escala")]
    scene.writer.takes = 1
    await sends(scene, "imagem", PNG)
    killed = scene.start()
    await scene.clock.advance(1.5)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    assert len(scene.db.readings) == 1
    assert scene.db.commits == []

    await scene.run()

    assert len(looked_at(scene)) == 1
    assert len(scene.attachments.fetched) == 1
    assert "uma escala" in shown(scene)


async def test_reading_is_paid_from_the_money_of_the_turn_and_not_from_its_tokens() -> None:
    spending = Spending()
    spending.read(draft("uma escala"))
    assert spending.usd > 0
    assert spending.tokens == 0


async def test_a_document_of_a_lost_turn_is_kept(scene) -> None:
    scene.writer.script = [scene.db.person_takes_over, seen("carteira", "crm")]
    await sends(scene, "imagem", PNG)

    await scene.run()

    assert scene.db.commits == []
    assert scene.db.readings[0].documento is not None


async def test_a_reading_that_cannot_be_kept_leaves_the_turn_to_another_try(scene) -> None:
    def away() -> None:
        scene.db.away = True

    scene.writer.script = [away, seen("carteira", "crm")]
    await sends(scene, "imagem", PNG)

    with pytest.raises(Retryable):
        await scene.run()
    assert len(scene.db.pending) == 2


async def test_what_was_said_counts_as_what_was_written_does(scene) -> None:
    await sends(scene, "audio", "não foi isso que eu pedi, errou de novo".encode())

    await scene.run()

    handoff = scene.db.commits[0].handoff
    assert handoff is not None
    assert handoff.trigger_type == "baixa_confianca"
