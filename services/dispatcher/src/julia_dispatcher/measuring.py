"""What a send and the ceilings' use become in metrics."""

from dataclasses import dataclass
from typing import Literal

from julia_common.database import CeilingReset, Claimed, RateUsage, ReplyTimes
from julia_dispatcher import metrics
from julia_dispatcher.ports import Ceilings


def count_send(part: Claimed, result: str) -> None:
    """Count a claim by how it ended."""
    metrics.SENDS.labels(result, part.kind).inc()
    if result not in ("canario", "liberada"):
        metrics.SENDING.ended(result)


def observe_reply(times: ReplyTimes, *, since_sent_s: float) -> None:
    """Observe how long a doctor waited; the answer was at Evolution `since_sent_s` ago."""
    total = max(0.0, times.idade_ms / 1000 - since_sent_s)
    metrics.REPLY_SECONDS.labels("sim" if times.retida else "nao").observe(total)
    if times.retida:
        return
    waited = min(total, times.espera_ms / 1000)
    metrics.REPLY_WAIT_SECONDS.observe(waited)
    metrics.REPLY_WORK_SECONDS.observe(total - waited)


@dataclass(frozen=True, slots=True)
class MeasuredCeilings:
    """Ceilings whose use shows in the metrics whenever it is asked for, Redis or no Redis."""

    ceilings: Ceilings
    max_hora: int
    max_dia: int

    async def rate_usage(self, *, post_timeout_s: float) -> RateUsage:
        """Use of the ceilings now."""
        use = await self.ceilings.rate_usage(post_timeout_s=post_timeout_s)
        for number in use.instances:
            for window, used, limit in (
                ("hora", number.hora, self.max_hora),
                ("dia", number.dia, self.max_dia),
            ):
                metrics.CEILING_USED.labels(number.instance, window).set(used)
                metrics.CEILING.labels(number.instance, window).set(limit)
        return use

    async def reset_ceiling(
        self, *, window: Literal["hora", "dia"], op_id: str, por: str
    ) -> CeilingReset:
        """Count from now on."""
        return await self.ceilings.reset_ceiling(window=window, op_id=op_id, por=por)
