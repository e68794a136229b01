"""The buttons that we put into messages, by the `action_id` that comes back."""

from typing import Final

from julia_common.slack import Actions, Button, Confirm

CONFIRM: Final = "comando_confirmar"
CANCEL: Final = "comando_cancelar"
RELEASE: Final = "envio_liberar"
DROP: Final = "envio_descartar"
TAKE_OVER: Final = "conversa_assumir"
GIVE_BACK: Final = "conversa_devolver"
HAPPENED: Final = "plantao_aconteceu"
DID_NOT_HAPPEN: Final = "plantao_nao_aconteceu"


def confirmation(command_id: str, yes: str) -> Actions:
    """Yes and no to a critical command."""
    return Actions(
        (
            Button(yes, CONFIRM, command_id, style="danger"),
            Button("Cancelar", CANCEL, command_id),
        )
    )


def parked(fila_id: str) -> Actions:
    """What becomes of a parked send."""
    return Actions(
        (
            Button(
                "Liberar: tentar mais uma vez",
                RELEASE,
                fila_id,
                confirm=Confirm(
                    "Mandar de novo?",
                    "Se a mensagem já chegou, o médico a recebe duas vezes. Alguém conferiu no "
                    "celular do número?",
                    "Sim, liberar",
                    "Voltar",
                ),
            ),
            Button("Descartar: não mandar", DROP, fila_id),
        )
    )


def took_place(vaga_id: str) -> Actions:
    """What became of a shift."""
    return Actions(
        (
            Button("Aconteceu", HAPPENED, vaga_id),
            Button(
                "Não aconteceu",
                DID_NOT_HAPPEN,
                vaga_id,
                confirm=Confirm(
                    "O plantão não aconteceu?",
                    "Ele fica como cancelado, e o médico deixa de constar nele.",
                    "Sim, não aconteceu",
                    "Voltar",
                ),
            ),
        )
    )


def control(conversa_id: str, *, by_julia: bool) -> Actions:
    """Take the conversation over, or give it back."""
    if by_julia:
        return Actions((Button("Assumir a conversa", TAKE_OVER, conversa_id),))
    return Actions((Button("Devolver à Júlia", GIVE_BACK, conversa_id),))
