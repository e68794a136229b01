"""What tracing costs: a message's way through the broker with it on, over the same with it off.

    .venv/bin/python bench/tracing.py [rounds] [messages a round]

A message is published to a real RabbitMQ, confirmed, consumed and acknowledged, eight at a time, as
ingest and the brain do it. Off: ids alone, as by default. On: every span is recorded, batched and
exported to a collector in a process of its own, the last of them included. The rounds alternate, so
that whatever else the machine does weighs on both. Ends with one line of JSON: `overhead` is the
median over the rounds of CPU seconds of this process, on over off (1.05: 5 % more); `span_us` what
one span costs where it is made, on and off.
"""

import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from pydantic import SecretStr

from julia_common.contracts.messages import Message, SendRequested
from julia_common.messaging import Messaging, open_messaging
from julia_common.messaging.topology import Queue
from julia_common.settings import CommonSettings
from julia_common.telemetry import tracing
from julia_common.telemetry.redaction import Redactor
from julia_common.telemetry.tracing_export import exporting
from julia_dev.collector import collecting
from julia_dev.stack.config import StackConfig
from julia_dev.stack.stack import Stack

SIDE_BY_SIDE = 8
SPANS = 20_000


async def _main(rounds: int, messages: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _collector() as url:
        config = StackConfig.apart(Path(folder), durable=False, parts=frozenset({"rabbitmq"}))
        os.environ |= {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": url}
        async with (
            Stack(config) as stack,
            open_messaging(SecretStr(stack.rabbitmq.url()), "bench") as messaging,
        ):
            await _through(messaging, messages)  # warms up
            ratios, off_us, on_us = [], [], []
            for _ in range(rounds):
                tracing.use(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False), Redactor())
                started = time.process_time()
                await _through(messaging, messages)
                off = time.process_time() - started
                off_us.append(_span_us())
                started = time.process_time()
                with exporting("bench", CommonSettings(), Redactor()):
                    await _through(messaging, messages)
                on = time.process_time() - started
                with exporting("bench", CommonSettings(), Redactor()):
                    on_us.append(_span_us())
                ratios.append(on / off)
                print(f"off {off:.2f} s, on {on:.2f} s of CPU: {on / off:.3f}", flush=True)
    print(
        json.dumps(
            {
                "overhead": round(statistics.median(ratios), 3),
                "span_us": {
                    "off": round(statistics.median(off_us), 1),
                    "on": round(statistics.median(on_us), 1),
                },
            }
        )
    )


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


def _span_us() -> float:
    """What it costs to make one span inside another, in microseconds."""
    with tracing.span("outer"):
        started = time.perf_counter()
        for _ in range(SPANS):
            with tracing.call("inner", {"db.system.name": "postgresql"}):
                pass
        return (time.perf_counter() - started) / SPANS * 1e6


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
    asyncio.run(_main(*given, *(7, 2000)[len(given) :]))
