"""What a command does: from what was asked to what is answered.

Whoever dies in between has it done again from the start. That is harmless: what changes anything
names the command's id, or changes nothing the second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pydantic import JsonValue

from julia_common.database import (
    ChangeDoctor,
    ChangeStatus,
    Decision,
    DoctorFound,
    Doorbell,
    DueCommand,
    PauseShown,
    SetCopilot,
    TakeOver,
)
from julia_common.slack import SlackAnswer
from julia_scheduler.bell import ring_all
from julia_scheduler.commands import answers, buttons, orders
from julia_scheduler.commands.language import understand
from julia_scheduler.commands.orders import Misunderstood, Order, Verb
from julia_scheduler.commands.pending import (
    Pending,
    PendingBlock,
    PendingCopilot,
    PendingFocus,
    PendingPause,
    PendingResume,
    PendingUnblock,
    is_over,
    pending_of,
)
from julia_scheduler.commands.ports import Governing
from julia_scheduler.ports import Publish

LATE_AFTER: Final = timedelta(minutes=10)
"""What changes something and was asked longer ago is not done any more; what stops always is."""

_ORIGIN: Final = "slack"
_STOPS: Final = (PendingPause, PendingBlock)
_DECISIONS: Final[Mapping[str, Decision]] = {
    buttons.CONFIRM: "confirmar",
    buttons.CANCEL: "cancelar",
}
_SENDS: Final[Mapping[str, Literal["liberar", "descartar"]]] = {
    buttons.RELEASE: "liberar",
    buttons.DROP: "descartar",
}
_SHIFTS: Final[Mapping[str, Literal["aconteceu", "nao_aconteceu"]]] = {
    buttons.HAPPENED: "aconteceu",
    buttons.DID_NOT_HAPPEN: "nao_aconteceu",
}


type Change = (
    orders.Pause
    | orders.Resume
    | orders.Block
    | orders.Unblock
    | orders.TakeOver
    | orders.GiveBack
    | orders.SwitchCopilot
    | orders.SetFocus
    | orders.EndFocus
)
"""Orders after which something is otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, and what is kept of the request: what was asked, or what waits for a yes."""

    answer: SlackAnswer
    order: Mapping[str, JsonValue]


class Doing:
    """Does what managers ask for."""

    def __init__(self, database: Governing, publisher: Publish) -> None:
        """Ring for what may go now by `publisher`."""
        self._database = database
        self._publisher = publisher

    async def respond(self, asked: DueCommand) -> Outcome:
        """Do it and say what became of it. Raises `Retryable` and `Permanent` of the database."""
        if asked.gestor is None:
            return Outcome(answers.refused(asked.usuario), {"verbo": "recusado"})
        if asked.botao is not None:
            return await self._pressed(asked, asked.botao.acao, asked.botao.valor)
        try:
            order = understand(asked.texto, now=asked.agora)
        except Misunderstood as error:
            return Outcome(answers.misunderstood(error), {"verbo": "nao_entendido"})
        return await self._obey(asked, order)

    async def _obey(self, asked: DueCommand, order: Order) -> Outcome:
        database = self._database
        match order:
            case orders.Status():
                verb, answer = Verb.STATUS, answers.overview(await database.overview())
            case orders.Help():
                verb, answer = Verb.HELP, answers.help_()
            case orders.Metrics(name, since, until):
                found = await database.metrics_between(de=since, ate=until)
                verb, answer = Verb.METRICS, answers.metrics(found, name)
            case orders.Report(kind):
                newest = await database.last_report(tipo=kind)
                verb, answer = Verb.REPORT, answers.report(newest.relatorio)
            case orders.Shifts(specialty, region):
                shifts = await database.open_shifts(
                    limite=answers.MOST_SHIFTS, especialidade=specialty, regiao=region
                )
                verb, answer = Verb.SHIFTS, answers.shifts(shifts, specialty, region)
            case orders.Doctor(who):
                doctor = await database.find_doctor(referencia=who)
                verb, answer = Verb.DOCTOR, answers.doctor(doctor)
            case orders.CopilotStatus():
                verb, answer = Verb.COPILOT, answers.copilot(await database.copilot_status())
            case orders.FocusStatus():
                verb, answer = Verb.FOCUS, answers.focus((await database.focus()).focos)
            case _:
                return await self._change(asked, order)
        return _told(verb, answer)

    async def _change(self, asked: DueCommand, order: Change) -> Outcome:
        if _is_late(asked):
            return Outcome(answers.too_late(), {"verbo": "tarde"})
        match order:
            case orders.Pause() | orders.Resume():
                outcome = await self._ask_of_scope(asked, order)
            case orders.Block(who, reason) | orders.Unblock(who, reason):
                verb = Verb.BLOCK if isinstance(order, orders.Block) else Verb.UNBLOCK
                outcome = await self._ask_of_doctor(asked, verb, who, reason)
            case orders.TakeOver(who, reason):
                outcome = _told(Verb.TAKE_OVER, await self._take_over(asked, who, reason))
            case orders.GiveBack(who):
                outcome = _told(Verb.GIVE_BACK, await self._give_back(asked, who))
            case orders.SwitchCopilot():
                outcome = await self._ask_of_copilot(asked, order)
            case orders.SetFocus() | orders.EndFocus():
                outcome = await self._ask_of_focus(asked, order)
        return outcome

    async def _ask_of_focus(
        self, asked: DueCommand, order: orders.SetFocus | orders.EndFocus
    ) -> Outcome:
        pending = PendingFocus()
        if isinstance(order, orders.SetFocus):
            pending = PendingFocus(conteudo=order.text, ate=order.until)
        standing = (await self._database.focus()).focos
        if pending.conteudo is None and not standing:
            return _told(Verb.FOCUS, answers.focus(standing))
        question = answers.question(pending, asked.id, about=None, ends=standing)
        return Outcome(question, pending.as_json())

    async def _ask_of_copilot(self, asked: DueCommand, order: orders.SwitchCopilot) -> Outcome:
        target: str | None = None
        campaign: str | None = None
        doctor = None
        if order.target == "campanha":
            # A campaign must be there to be switched, as to be paused.
            found = await self._database.find_scope(
                escopo={"campanha": order.named}, status="pausado"
            )
            if found.status == "desconhecido":
                return _told(Verb.COPILOT, answers.unknown_scope(found))
            target, campaign = found.escopo["campanha"], found.campanha
        elif order.target == "conversa":
            about = await self._database.find_doctor(referencia=order.named)
            if about.medico is None or about.conversa is None:
                return _told(Verb.COPILOT, _nothing_to_have(about))
            target, doctor = about.conversa.id, about.medico
        pending = PendingCopilot(
            motivo=order.reason,
            alvo=order.target,
            id=target,
            campanha=campaign,
            modo=order.mode,
        )
        return Outcome(answers.question(pending, asked.id, about=doctor), pending.as_json())

    async def _ask_of_scope(
        self, asked: DueCommand, order: orders.Pause | orders.Resume
    ) -> Outcome:
        stops = isinstance(order, orders.Pause)
        found = await self._database.find_scope(
            escopo=dict(order.scope), status="pausado" if stops else "ativo"
        )
        if found.status == "desconhecido":
            return _told(Verb.PAUSE if stops else Verb.RESUME, answers.unknown_scope(found))
        pending: Pending
        if isinstance(order, orders.Pause):
            pending = PendingPause(
                motivo=order.reason,
                escopo=found.escopo,
                campanha=found.campanha,
                ate=order.until,
            )
        else:
            pending = PendingResume(
                motivo=order.reason, escopo=found.escopo, campanha=found.campanha
            )
        return Outcome(answers.question(pending, asked.id, about=None), pending.as_json())

    async def _ask_of_doctor(self, asked: DueCommand, verb: Verb, who: str, reason: str) -> Outcome:
        doctor = (await self._database.find_doctor(referencia=who)).medico
        if doctor is None:
            return _told(verb, answers.unknown_doctor())
        pending: Pending
        if verb is Verb.BLOCK:
            pending = PendingBlock(motivo=reason, medico_id=doctor.id)
        else:
            pending = PendingUnblock(motivo=reason, medico_id=doctor.id)
        return Outcome(answers.question(pending, asked.id, about=doctor), pending.as_json())

    async def _take_over(self, asked: DueCommand, who: str, reason: str) -> SlackAnswer:
        found = await self._database.find_doctor(referencia=who)
        if found.medico is None or found.conversa is None:
            return _nothing_to_have(found)
        taken = await self._database.take_over(
            TakeOver(
                conversa_id=found.conversa.id,
                trigger_type="manual",
                motivo=reason,
                notify=True,
                por=_by(asked),
            )
        )
        await self._ring(found.conversa.id, found.conversa.instance, wanted=taken.doorbell)
        return answers.taken_over(found.medico, already=taken.status == "ja_humana")

    async def _give_back(self, asked: DueCommand, who: str) -> SlackAnswer:
        found = await self._database.find_doctor(referencia=who)
        if found.medico is None or found.conversa is None:
            return _nothing_to_have(found)
        given = await self._database.give_back(conversa_id=found.conversa.id, por=_by(asked))
        if given.status == "encerrada":
            return answers.no_conversation(found.medico)
        await self._ring(given.conversa_id, given.instance, wanted=given.doorbell)
        return answers.given_back(
            found.medico, already=given.status == "ja_julia", seconds=given.duracao_s
        )

    async def _pressed(self, asked: DueCommand, action: str, value: str) -> Outcome:
        if action in _DECISIONS:
            return await self._decided(asked, value, _DECISIONS[action])
        if _is_late(asked):
            return Outcome(answers.too_late(), {"verbo": "tarde"})
        if action in _SENDS:
            decided = await self._database.decidir_envio(
                fila_id=value, decisao=_SENDS[action], por=_by(asked)
            )
            await self._ring(decided.conversa_id, decided.instance, wanted=decided.doorbell)
            return Outcome(answers.send_decided(decided, asked.gestor or ""), {"verbo": action})
        if action in _SHIFTS:
            shift = await self._database.decidir_plantao(
                vaga_id=value, decisao=_SHIFTS[action], por=_by(asked)
            )
            return Outcome(answers.shift_decided(shift, asked.gestor or ""), {"verbo": action})
        match action:
            case buttons.TAKE_OVER:
                reason = "Assumida por um gestor no Slack"
                outcome = _told(Verb.TAKE_OVER, await self._take_over(asked, value, reason))
            case buttons.GIVE_BACK:
                outcome = _told(Verb.GIVE_BACK, await self._give_back(asked, value))
            case _:
                unknown = answers.private(answers.NOT_DECIDED["desconhecida"])
                outcome = Outcome(unknown, {"verbo": "botao"})
        return outcome

    async def _decided(self, asked: DueCommand, command: str, decision: Decision) -> Outcome:
        kept: Mapping[str, JsonValue] = {"verbo": decision, "comando": command}
        decided = await self._database.decide_command(
            id=command, clique=asked.id, usuario=asked.usuario, decisao=decision
        )
        if decided.status != "decidida" or decided.pedido is None:
            return Outcome(answers.private(answers.NOT_DECIDED[decided.status]), kept)
        if decided.decisao == "cancelar":
            return Outcome(answers.cancelled(), kept)
        pending = pending_of(decided.pedido)
        if is_over(pending, asked.agora):
            return Outcome(answers.over(), kept)
        if _is_late(asked) and not isinstance(pending, _STOPS):
            return Outcome(answers.too_late(), kept)
        return Outcome(await self._carry_out(asked, command, pending), kept)

    async def _carry_out(self, asked: DueCommand, command: str, pending: Pending) -> SlackAnswer:
        match pending:
            case PendingPause() | PendingResume():
                return await self._change_status(asked, command, pending)
            case PendingBlock() | PendingUnblock():
                return await self._change_doctor(asked, command, pending)
            case PendingCopilot():
                return await self._switch_copilot(asked, command, pending)
            case PendingFocus():
                await self._database.set_focus(
                    op_id=command, conteudo=pending.conteudo, ate=pending.ate, por=_by(asked)
                )
                return answers.done(pending, about=None, left=())

    async def _switch_copilot(
        self, asked: DueCommand, command: str, pending: PendingCopilot
    ) -> SlackAnswer:
        done = await self._database.set_copilot(
            SetCopilot(
                op_id=command,
                alvo=pending.alvo,
                id=pending.id,
                modo=pending.modo,
                motivo=pending.motivo,
                por=_by(asked),
            )
        )
        if done.status == "desconhecida":
            return answers.private(answers.NOT_DECIDED["desconhecida"])
        return answers.done(pending, about=None, left=())

    async def _change_status(
        self, asked: DueCommand, command: str, pending: PendingPause | PendingResume
    ) -> SlackAnswer:
        stops = isinstance(pending, PendingPause)
        await self._database.change_status(
            ChangeStatus(
                op_id=command,
                status="pausado" if stops else "ativo",
                motivo=pending.motivo,
                via="slack",
                por=_by(asked),
                escopo=pending.escopo,
                ate=pending.ate if isinstance(pending, PendingPause) else None,
            )
        )
        left: tuple[PauseShown, ...] = ()
        if not stops:
            left = (await self._database.overview()).pausas
        return answers.done(pending, about=None, left=left)

    async def _change_doctor(
        self, asked: DueCommand, command: str, pending: PendingBlock | PendingUnblock
    ) -> SlackAnswer:
        changed = await self._database.change_doctor(
            ChangeDoctor(
                op_id=command,
                medico_id=pending.medico_id,
                decisao="bloqueado" if isinstance(pending, PendingBlock) else "desbloqueado",
                motivo=pending.motivo,
                por=_by(asked),
            )
        )
        about = (await self._database.find_doctor(referencia=pending.medico_id)).medico
        if changed.status == "ja_estava":
            return answers.was_so(pending, about)
        return answers.done(pending, about=about, left=())

    async def _ring(self, conversa_id: str | None, instance: str | None, *, wanted: bool) -> None:
        if wanted and conversa_id is not None and instance is not None:
            doorbell = Doorbell(conversa_id=conversa_id, instance=instance)
            await ring_all(self._publisher, [doorbell], origin=_ORIGIN)


def _told(verb: Verb, answer: SlackAnswer) -> Outcome:
    return Outcome(answer, {"verbo": verb.value})


def _nothing_to_have(found: DoctorFound) -> SlackAnswer:
    if found.medico is None:
        return answers.unknown_doctor()
    return answers.no_conversation(found.medico)


def _by(asked: DueCommand) -> str:
    """Who is written down: the name of our list, and the account that nobody can change."""
    return f"{asked.gestor} (Slack {asked.usuario})"


def _is_late(asked: DueCommand) -> bool:
    return asked.agora - asked.recebido_em > LATE_AFTER
