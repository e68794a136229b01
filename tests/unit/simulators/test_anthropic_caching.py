from typing import Any

import pytest

from julia_simulators.anthropic.caching import PromptCache
from julia_simulators.anthropic.request import CountRequest, parse

LONG = "regra da escala " * 400
MARK = {"type": "ephemeral"}


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def cache(time: Time) -> PromptCache:
    return PromptCache(time)


def ask(question: str = "oi", *, model: str = "claude-a", mark: Any = MARK) -> CountRequest:
    system = [{"type": "text", "text": LONG, **({"cache_control": mark} if mark else {})}]
    messages = [{"role": "user", "content": question}]
    return parse(CountRequest, {"model": model, "system": system, "messages": messages})


def test_the_parts_add_up_to_the_whole_prompt(cache: PromptCache) -> None:
    unmarked = cache.use(ask(mark=None))
    written = cache.use(ask())
    read = cache.use(ask())

    assert unmarked.read == unmarked.written_5m == 0
    assert written.input_tokens + written.written_5m == unmarked.input_tokens
    assert read.input_tokens + read.read == unmarked.input_tokens
    assert read.read == written.written_5m > 1024


def test_each_model_has_its_own_cache(cache: PromptCache) -> None:
    cache.use(ask())

    assert cache.use(ask(model="claude-b")).read == 0


def test_an_entry_dies_five_minutes_after_its_last_use(cache: PromptCache, time: Time) -> None:
    cache.use(ask())
    time.now = 299
    assert cache.use(ask()).read > 0
    time.now = 299 + 299
    assert cache.use(ask()).read > 0
    time.now = 299 + 299 + 301
    assert cache.use(ask()).read == 0


def test_an_hour_mark_lives_longer_and_is_billed_apart(cache: PromptCache, time: Time) -> None:
    hour = {"type": "ephemeral", "ttl": "1h"}

    written = cache.use(ask(mark=hour))
    time.now = 3000

    assert written.written_1h > 0
    assert written.written_5m == 0
    assert cache.use(ask(mark=hour)).read > 0


def test_a_changed_prefix_is_written_anew(cache: PromptCache) -> None:
    cache.use(ask())
    changed = ask()
    changed = changed.model_copy(
        update={"system": [changed.system_blocks()[0].model_copy(update={"text": LONG + "x"})]}
    )

    used = cache.use(changed)

    assert used.read == 0
    assert used.written_5m > 0


def test_a_growing_conversation_reads_what_the_turn_before_wrote(cache: PromptCache) -> None:
    def turn(*said: str) -> CountRequest:
        roles = ("user", "assistant")
        messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(said)]
        body = {"model": "claude-a", "messages": messages, "cache_control": MARK}
        return parse(CountRequest, body)

    first = cache.use(turn(LONG))
    second = cache.use(turn(LONG, "resposta", "outra pergunta"))

    assert second.read == first.written_5m
    assert 0 < second.written_5m < 20


def test_a_prefix_under_the_minimum_is_not_cached(cache: PromptCache) -> None:
    body = {
        "model": "claude-a",
        "system": [{"type": "text", "text": "curto", "cache_control": MARK}],
        "messages": [{"role": "user", "content": "oi"}],
    }
    for _ in range(2):
        used = cache.use(parse(CountRequest, body))

    assert (used.read, used.written_5m) == (0, 0)
