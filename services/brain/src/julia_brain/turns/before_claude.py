"""What is decided by rules before Claude is asked."""

from collections.abc import Sequence

from julia_common.database import PendingMessage


def doctors_words(pending: Sequence[PendingMessage]) -> tuple[str, ...]:
    """What the doctor wrote or said, one text for each message; what an image shows is neither."""
    return tuple(
        " ".join(filter(None, (one.conteudo, one.leitura if one.tipo_conteudo == "audio" else "")))
        for one in pending
    )
