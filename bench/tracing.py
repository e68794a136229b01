"""What tracing costs: a message's way through the broker with it on, over the same with it off.

    .venv/bin/python bench/tracing.py [rounds] [messages a turn]

A message is published to a real RabbitMQ, confirmed, consumed and acknowledged, eight at a time, as
ingest and the brain do it. Off: ids alone, as by default. On: every span is recorded, batched and
exported to a collector in a process of its own, the last of them included. Measured is the CPU time
of this process, so that it does not matter how long it waits for the broker or for a core.

A round is four short turns, off, on, on, off, so that what changes slowly weighs on both alike.
What else the machine does can only add to a turn, so each side is taken at the fastest tenth of all
its turns, which a busy machine leaves alone. Ends with one line of JSON: `overhead` is on over off
(1.05: 5 % more), `halves` the same from every other round, which shows how far it can be trusted,
`message_us` the CPU of one message either way, and `span_us` what one span costs where it is made.
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
from functools import partial
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
    """CPU seconds of the turns with tracing off and with it on."""

    off: tuple[float, float]
    on: tuple[float, float]


class Way:
    """The way through the broker and back."""

    def __init__(self, messaging: Messaging) -> None:
        self._messaging = messaging
        self._under_way = 0
        self._done = asyncio.Event()

    async def take(self, messages: int) -> None:
        """Publish so many, side by side, and wait until all have been handled."""
        self._under_way = messages
        self._done.clear()
        for first in range(0, messages, SIDE_BY_SIDE):
            await asyncio.gather(
                *(
                    self._messaging.publisher.publish(
                        SendRequested(instance="bench", conversa_id=str(number))
                    )
                    for number in range(first, min(first + SIDE_BY_SIDE, messages))
                )
            )
        await self._done.wait()

    async def handle(self, _: Message) -> None:
        """Count what has come."""
        self._under_way -= 1
        if self._under_way == 0:
            self._done.set()


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
            stop, way = asyncio.Event(), Way(messaging)
            consumer = messaging.consumer(
                Queue.DISPATCHER_OUTBOUND, way.handle, concurrency=SIDE_BY_SIDE
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(consumer.run(stop))
                turn = partial(_turn, way, messages)
                await turn(off), await turn(on)  # warm up
                played = []
                for _ in range(rounds):
                    before, first, second, after = [await turn(each) for each in (off, on, on, off)]
                    played.append(Round((before, after), (first, second)))
                stop.set()
        spans = {"off": _span_us(off), "on": _span_us(on)}
        on.shutdown()
    print(json.dumps(_figures(played, messages) | {"span_us": spans}))


def _figures(played: Sequence[Round], messages: int) -> dict[str, object]:
    off, on = _undisturbed(played)
    halves = [_undisturbed(played[0::2]), _undisturbed(played[1::2])]
    return {
        "overhead": round(on / off, 3),
        "halves": [round(on / off, 3) for off, on in halves],
        "rounds": len(played),
        "message_us": {
            "off": round(off / messages * 1e6),
            "on": round(on / messages * 1e6),
        },
    }


def _undisturbed(played: Sequence[Round]) -> tuple[float, float]:
    """The fastest tenths of the turns with tracing off and on."""
    off = [seconds for one in played for seconds in one.off]
    on = [seconds for one in played for seconds in one.on]
    return statistics.quantiles(off, n=10)[0], statistics.quantiles(on, n=10)[0]


async def _turn(way: Way, messages: int, provider: TracerProvider) -> float:
    """Take so many through the broker; returns the CPU seconds, the export of spans included."""
    tracing.use(provider, Redactor())
    # What the turn before left is not paid for in this one.
    gc.collect()
    started = time.process_time()
    await way.take(messages)
    await asyncio.to_thread(provider.force_flush)
    return time.process_time() - started


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
    asyncio.run(_main(*given, *(50, 64)[len(given) :]))
