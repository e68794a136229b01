"""One run: everything is well, six things go wrong and end, every panel is looked at."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Final

from julia_dev.alerting import load, panels, picture, shipped
from julia_dev.alerting.conditions import AFTERWARDS, AT_ONCE, IN_SILENCE, Condition
from julia_dev.alerting.monitors import watching
from julia_dev.alerting.panels import Span
from julia_dev.alerting.prometheus import Prometheus
from julia_dev.alerting.scene import Scene, staged
from julia_dev.alerting.slack import Slack, Wording
from julia_dev.alerting.verdict import Outcome, Verdict
from julia_dev.dashboards.pages import ALL, sla
from julia_dev.dashboards.rendering import render
from julia_dev.extent import AlertsExtent
from julia_dev.stack.config import SERVICES

_TOLD_WITHIN_S: Final = 150.0
"""Longer than the bar: how late a message was is worth knowing."""
_ENDED_WITHIN_S: Final = 400.0
_SEEN_WITHIN_S: Final = 90.0
_QUIET_WITHIN_S: Final = 120.0
_GATHERED_S: Final = 70
"""Longer than Alertmanager gathers: what fires again meanwhile has never ended to it."""
_ALL_ARE_READ: Final = f'count(up{{job="julia"}} == 1) == {len(SERVICES)}'
_POLL_S: Final = 0.5


async def run(folder: Path, seed: int, extent: AlertsExtent) -> Verdict:
    """Play it; returns what was seen. The picture of the first page is left in the folder."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable run, not a secret
    async with (
        staged(folder) as scene,
        watching(scene.stack, folder, extent.shortened_by) as monitors,
        Prometheus(monitors.prometheus_url) as prometheus,
        Slack(monitors.channel_urls) as slack,
    ):
        began = time.time()
        print(f"everything runs; intervals are shortened by {extent.shortened_by:g}", flush=True)
        # What grows must have been seen before it grows.
        await _until_true(prometheus, _ALL_ARE_READ)
        outcomes = await _provoke(
            scene,
            slack,
            prometheus,
            partial(load.steady, scene, rng, a_second=extent.writes_a_second),
        )
        # Some panels show a moment: not one at which a process was too busy to be read.
        await _until_true(prometheus, _ALL_ARE_READ)
        span = Span(began, time.time(), shipped.scrape_s(extent.shortened_by))
        shown = await panels.shown(prometheus, ALL, span)
        pages = [json.loads(render(page)) for page in ALL]
        empty_beside = await panels.empty_beside(prometheus, pages, span)
        first_page = [one for one in shown if one.page is sla.PAGE]
        (folder / "sla.svg").write_text(picture.drawn(sla.PAGE, first_page, span))
        return Verdict(
            shortened_by=extent.shortened_by,
            outcomes=outcomes,
            refused=await slack.refused(),
            shown=shown,
            empty_beside=empty_beside,
            still_firing=await prometheus.firing(),
        )


async def _provoke(
    scene: Scene,
    slack: Slack,
    prometheus: Prometheus,
    others_write: Callable[[], AbstractAsyncContextManager[None]],
) -> list[Outcome]:
    """Bring about what can go wrong side by side, then the rest; then wait for all to end."""

    async def told_of(conditions: Sequence[Condition]) -> list[Outcome]:
        return await asyncio.gather(
            *(_until_told(scene, slack, prometheus, one) for one in conditions)
        )

    async with others_write():
        await load.everything_once(scene)
        told = await told_of(AT_ONCE)
    told += await told_of(AFTERWARDS)
    # Who wrote before would be answered late, and told as slowness for two more minutes.
    await _until_true(prometheus, "max(julia_circuit_state) == 0")
    async with asyncio.TaskGroup() as group:
        ending = [group.create_task(_until_ended(slack, outcome)) for outcome in told]
        # The pause comes after their end: it explains waiting, and so would hold that back.
        silent = [await _until_ended(slack, one) for one in await told_of(IN_SILENCE)]
        async with others_write():
            await _pause(scene, prometheus)
            await asyncio.wait(ending)
    return [*(one.result() for one in ending), *silent]


async def quiet(prometheus: Prometheus, condition: Condition) -> bool:
    """Wait until its alert has not fired for a while: else Slack would hear nothing new of it."""
    labels = {"alertname": condition.alert, **condition.labels}
    matched = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    deadline = time.monotonic() + _QUIET_WITHIN_S
    fired = f"max_over_time(ALERTS{{{matched}}}[{_GATHERED_S}s])"
    while await prometheus.at(fired, time.time()):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True


async def _until_told(
    scene: Scene, slack: Slack, prometheus: Prometheus, condition: Condition
) -> Outcome:
    """Bring it about, wait for its message, end it."""
    print(f"  {condition.name}: begins", flush=True)
    wording = Wording.of(condition.alert, condition.labels)
    if not await quiet(prometheus, condition):
        print(f"  {condition.name}: {condition.alert} fires before its cause", flush=True)
    began = time.time()
    causing = asyncio.create_task(condition.cause(scene))
    told = None
    while told is None and time.time() < began + _TOLD_WITHIN_S:
        await asyncio.sleep(_POLL_S)
        told = await slack.first(wording.fires, channel=condition.channel, after=began)
    await causing
    await condition.cure(scene)
    outcome = Outcome(condition, began, told.at if told else None, cured_at=time.time())
    print(f"  {condition.name}: {outcome.described()}", flush=True)
    return outcome


async def _until_ended(slack: Slack, outcome: Outcome) -> Outcome:
    """Wait for the message that it is resolved."""
    if outcome.told_at is None:
        return outcome
    condition = outcome.condition
    wording = Wording.of(condition.alert, condition.labels)
    while time.time() < outcome.cured_at + _ENDED_WITHIN_S:
        ended = await slack.first(wording.ends, channel=condition.channel, after=outcome.told_at)
        if ended is not None:
            print(
                f"  {condition.name}: resolved in Slack {ended.at - outcome.cured_at:.1f} s"
                " after its end",
                flush=True,
            )
            return outcome.ended(ended.at)
        await asyncio.sleep(_POLL_S)
    return outcome


async def _pause(scene: Scene, prometheus: Prometheus) -> None:
    """Pause everything until it has been seen for longer than a page's step: it is marked there."""
    await scene.status("pausado", "Emergencia - pausado manualmente")
    await _until_true(prometheus, "min_over_time(max(julia_pausada)[15s:3s]) == 1")
    await scene.status("ativo", "Retomando operacao")


async def _until_true(prometheus: Prometheus, expr: str) -> None:
    deadline = time.monotonic() + _SEEN_WITHIN_S
    while not await prometheus.at(expr, time.time()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"within {_SEEN_WITHIN_S:g} s Prometheus did not see {expr}")
        await asyncio.sleep(_POLL_S)
