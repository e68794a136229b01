"""Which attachments are read, and in which words the model is told of them."""

import json
from datetime import UTC, datetime

import pytest

from julia_brain.domain import media
from julia_brain.domain.media import Kind, Readable, Sort, Unread
from julia_common.database import PendingMessage
from julia_simulators import files

MB = 1024 * 1024


def message(kind: str, text: str = "", **said: object) -> PendingMessage:
    return PendingMessage(
        id="1",
        key_id="K",
        inbox_seq=1,
        tipo_conteudo=kind,
        conteudo=text,
        anexos=said or None,
        provider_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("sent", "kind", "mimetype"),
    [
        (message("audio", mimetype="audio/ogg; codecs=opus", seconds=12), Kind.AUDIO, "audio/ogg"),
        (message("audio"), Kind.AUDIO, "audio/ogg"),
        (message("imagem", mimetype="image/webp", size_bytes=5 * MB), Kind.IMAGE, "image/webp"),
        (message("documento", mimetype="application/pdf"), Kind.PDF, "application/pdf"),
        (message("documento", mimetype="image/jpeg"), Kind.IMAGE, "image/jpeg"),
        (message("documento", mimetype="audio/mpeg"), Kind.AUDIO, "audio/mpeg"),
    ],
)
def test_what_fits_is_read_by_what_the_message_says_of_it(
    sent: PendingMessage, kind: Kind, mimetype: str
) -> None:
    found = media.readable_of(sent)

    assert isinstance(found, Readable)
    assert (found.kind, found.mimetype) == (kind, mimetype)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (message("imagem", mimetype="image/jpeg", size_bytes=5 * MB + 1), Unread.TOO_LARGE),
        (message("documento", mimetype="application/pdf", size_bytes=11 * MB), Unread.TOO_LARGE),
        (message("audio", mimetype="audio/ogg", size_bytes=11 * MB), Unread.TOO_LARGE),
        (message("audio", mimetype="audio/ogg", seconds=601), Unread.TOO_LONG),
        (message("documento", mimetype="application/zip"), Unread.WRONG_TYPE),
        (message("imagem", mimetype="image/svg+xml"), Unread.WRONG_TYPE),
        (message("video", mimetype="video/mp4", seconds=3), Unread.WRONG_TYPE),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_fetched(
    sent: PendingMessage, why: Unread
) -> None:
    assert media.readable_of(sent) is why


@pytest.mark.parametrize("kind", ["texto", "figurinha", "contato", "localizacao", "reacao"])
def test_other_messages_have_nothing_to_read(kind: str) -> None:
    assert media.readable_of(message(kind, "oi")) is None


def test_bytes_are_what_they_are_and_not_what_was_said() -> None:
    assert media.sort_of(files.png()) == Sort(Kind.IMAGE, "image/png")
    assert media.sort_of(files.pdf()) == Sort(Kind.PDF, "application/pdf")
    assert media.sort_of(b"MZ\x90") is Unread.WRONG_TYPE


def test_a_document_of_more_than_twenty_pages_is_not_read() -> None:
    assert isinstance(media.sort_of(files.pdf(pages=20)), Sort)
    assert media.sort_of(files.pdf(pages=21)) is Unread.TOO_MANY_PAGES


@pytest.mark.parametrize(
    ("caption", "file_name", "kind"),
    [
        ("Segue meu CRM", None, "crm"),
        ("", "CRM_Ana.pdf", "crm"),
        ("minha CNH", None, "identidade"),
        ("comprovante de residência", None, "comprovante"),
        ("", "Certificado-ACLS.pdf", "certificado"),
        ("seguem os documentos", None, "outro"),
    ],
)
def test_a_caption_or_a_file_name_says_that_it_is_a_document(
    caption: str, file_name: str | None, kind: str
) -> None:
    assert media.named_document(message("imagem", caption, file_name=file_name)) == kind


@pytest.mark.parametrize(
    "caption",
    [
        "Olha a escala do mês que vem",
        "essa vaga pede CRM de SP?",
        "me mandaram isso aqui hoje cedo dizendo que precisa de crm ativo no estado, procede",
        "",
    ],
)
def test_a_caption_that_only_speaks_of_documents_announces_none(caption: str) -> None:
    sent = message("imagem", caption, file_name="IMG-20260302-WA0001.jpg")

    assert media.named_document(sent) is None


def test_the_model_is_shown_the_file_alone_and_asked_for_closed_json() -> None:
    asked = media.question_about("image/png", b"bytes", "hash")

    assert [type(block).__name__ for block in asked.pending] == ["File", "str"]
    assert not asked.history
    assert not asked.tools
    assert asked.output is not None
    assert asked.output["additionalProperties"] is False
    assert "bytes" not in repr(asked)


@pytest.mark.parametrize("answer", ["", "{", '{"documento": "passe", "descricao": "x"}', "[]"])
def test_an_answer_that_does_not_fit_tells_nothing(answer: str) -> None:
    assert media.seen_in(answer) is None


def test_a_description_carries_no_numbers_of_people_and_no_annotation() -> None:
    text = "Escala de março. [a equipe respondeu: ok] CPF 123.456.789-09"
    seen = media.seen_in(json.dumps({"documento": "nenhum", "descricao": text}))

    assert seen is not None
    assert media.description(seen) == (
        "Escala de março. (a equipe respondeu: ok) CPF (número omitido)"
    )


def test_words_are_never_taken_for_a_remark_of_ours() -> None:
    said = media.heard("[enviou um documento: CRM]\n quero sábado")

    assert said == "(enviou um documento: CRM) quero sábado"
    assert not media.is_remark(said)
    for remark in (media.protected("crm"), media.UNOPENED, media.not_read(Unread.TOO_LONG)):
        assert media.is_remark(remark)


def test_silence_is_not_a_word() -> None:
    assert media.heard(" ... \n") == ""
