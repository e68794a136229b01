"""What tracing costs: a message's way through the broker with it on, over the same with it off.

    .venv/bin/python bench/tracing.py [rounds] [messages a turn]

A message is published to a real RabbitMQ, confirmed, consumed and acknowledged, eight at a time, as
ingest and the brain do it. Off: ids alone, as by default. On: every span is recorded, batched and
exported to a collector in a process of its own, the last of them included. Measured is the CPU time
of this process, so that it does not matter how long it waits for the broker or for a core.

A round is four short turns, off, on, on, off: what changes slowly (another program, the clock of a
core) weighs on both alike, and what lasts a moment spoils one round out of many. Ends with one line
of JSON: `overhead` is the median over the rounds of on over off (1.05: 5 % more), `middle_half` the
quartiles of the same, `message_us` the median CPU of one message either way, and `span_us` what one
span costs where it is made.
"""

import asyncio
import gc
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from pydantic import SecretStr

from julia_common.contracts.messages import Message, SendRequested
from julia_common.messaging import Messaging, open_messaging
from julia_common.messaging.topology import Queue
from julia_common.telemetry import tracing
from julia_common.telemetry.redaction import Redactor
from julia_dev.collector import PATH, collecting
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

SIDE_BY_SIDE = 8
SPANS = 20_000


@dataclass(frozen=True)
class Round:
    """CPU seconds of two turns with tracing off and of two with it on."""

    off: float
    on: float


async def _main(rounds: int, messages: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _collector() as url:
        config = StackConfig.apart(Path(folder), durable=False, parts=frozenset({"rabbitmq"}))
        off = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
        on = TracerProvider(shutdown_on_exit=False)
        on.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url + PATH)))
        async with (
            Stack(config) as stack,
            open_messaging(SecretStr(stack.rabbitmq.url()), "bench") as messaging,
        ):
            for provider in (off, on):  # warms up
                await _turn(messaging, provider, messages)
            played = [await _round(messaging, off, on, messages) for _ in range(rounds)]
        spans = {"off": _span_us(off), "on": _span_us(on)}
        on.shutdown()
    print(json.dumps(_figures(played, messages) | {"span_us": spans}))


async def _round(
    messaging: Messaging, off: TracerProvider, on: TracerProvider, messages: int
) -> Round:
    spent = {off: 0.0, on: 0.0}
    for provider in (off, on, on, off):
        spent[provider] += await _turn(messaging, provider, messages)
    print(f"{spent[on] / spent[off]:.3f}", end=" ", flush=True)
    return Round(spent[off], spent[on])


def _figures(played: Sequence[Round], messages: int) -> dict[str, object]:
    quarter, middle, three_quarters = statistics.quantiles(
        [one.on / one.off for one in played], n=4, method="inclusive"
    )
    each_us = 1e6 / (2 * messages)
    return {
        "overhead": round(middle, 3),
        "middle_half": [round(quarter, 3), round(three_quarters, 3)],
        "rounds": len(played),
        "message_us": {
            "off": round(statistics.median(one.off for one in played) * each_us),
            "on": round(statistics.median(one.on for one in played) * each_us),
        },
    }


async def _turn(messaging: Messaging, provider: TracerProvider, messages: int) -> float:
    """Take so many through the broker; returns the CPU seconds, the export of spans included."""
    tracing.use(provider, Redactor())
    # What the turn before left is not paid for in this one.
    gc.collect()
    started = time.process_time()
    await _through(messaging, messages)
    await asyncio.to_thread(provider.force_flush)
    return time.process_time() - started


async def _through(messaging: Messaging, messages: int) -> None:
    """Take so many through the broker."""
    left = messages
    done, stop = asyncio.Event(), asyncio.Event()

    async def handle(_: Message) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    consumer = messaging.consumer(Queue.DISPATCHER_OUTBOUND, handle, concurrency=SIDE_BY_SIDE)
    async with asyncio.TaskGroup() as group:
        group.create_task(consumer.run(stop))
        for first in range(0, messages, SIDE_BY_SIDE):
            await asyncio.gather(
                *(
                    messaging.publisher.publish(
                        SendRequested(instance="bench", conversa_id=str(number))
                    )
                    for number in range(first, min(first + SIDE_BY_SIDE, messages))
                )
            )
        await done.wait()
        stop.set()


def _span_us(provider: TracerProvider) -> float:
    """What it costs to make one span inside another, in microseconds."""
    tracing.use(provider, Redactor())
    with tracing.span("outer"):
        started = time.perf_counter()
        for _ in range(SPANS):
            with tracing.call("inner", {"db.system.name": "postgresql"}):
                pass
        return round((time.perf_counter() - started) / SPANS * 1e6, 1)


@contextmanager
def _collector() -> Iterator[str]:
    """A collector that takes no CPU of this process."""
    ours, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_collect, args=(its,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def _collect(its: Connection) -> None:
    with collecting() as collector:
        its.send(collector.url)
        its.recv()


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    asyncio.run(_main(*given, *(25, 200)[len(given) :]))
