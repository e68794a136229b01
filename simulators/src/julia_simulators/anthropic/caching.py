"""Prompt caching: what a request reads from and writes to the cache, in estimated tokens.

An entry is the hash of the whole prompt (tools, system, messages) up to a mark, per model. A
request reads the longest entry that ends at one of its marks or at most twenty blocks before it,
as the API does, and writes an entry at each mark beyond what it read.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from julia_simulators.anthropic.request import CacheControl, CountRequest, FileBlock, Part

CHARACTERS_PER_TOKEN = 3.6
LOOK_BACK_BLOCKS = 20
MINIMUM_TOKENS = 1024
TTL_SECONDS = {"5m": 300.0, "1h": 3600.0}


def count_tokens(text: str) -> int:
    """Estimated tokens of a text; Claude's own tokenizer is not public."""
    return round(len(text) / CHARACTERS_PER_TOKEN + 0.5) if text else 0


@dataclass(frozen=True)
class Segment:
    """One block of the prompt, with the state of the prompt after it."""

    digest: str
    tokens_so_far: int
    mark: CacheControl | None


@dataclass(frozen=True)
class InputUsage:
    """Input tokens by price class; their sum is the whole prompt."""

    input_tokens: int
    read: int
    written_5m: int
    written_1h: int


def segments(request: CountRequest) -> list[Segment]:
    """The prompt in the order in which it is hashed: tools, system, messages."""
    parts: list[tuple[str, Part]] = [
        *(("tool", tool) for tool in request.tools),
        *(("system", block) for block in request.system_blocks()),
        *((turn.role, block) for turn in request.messages for block in turn.blocks()),
    ]
    found: list[Segment] = []
    digest = hashlib.sha256(request.model.encode())
    tokens = 0
    for position, (place, block) in enumerate(parts):
        content = json.dumps(
            block.model_dump(exclude={"cache_control"}), sort_keys=True, ensure_ascii=False
        )
        digest.update(f"{place}\x00{content}\x00".encode())
        text = getattr(block, "text", None)
        if isinstance(block, FileBlock):
            tokens += block.file().tokens()
        else:
            tokens += count_tokens(text if isinstance(text, str) else content)
        mark: CacheControl | None = getattr(block, "cache_control", None)
        if mark is None and position == len(parts) - 1:
            mark = request.cache_control
        found.append(Segment(digest.hexdigest(), tokens, mark))
    return found


class PromptCache:
    """Entries by prompt hash, with the time at which each dies."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._expires: dict[str, float] = {}

    def use(self, request: CountRequest) -> InputUsage:
        """Read and write the cache for one answered request."""
        now = self._clock()
        self._expires = {key: end for key, end in self._expires.items() if end > now}
        prompt = segments(request)
        total = prompt[-1].tokens_so_far
        marked = [
            index
            for index, segment in enumerate(prompt)
            if segment.mark is not None and segment.tokens_so_far >= MINIMUM_TOKENS
        ]
        if not marked:
            return InputUsage(total, 0, 0, 0)

        read = self._read(prompt, marked, now)
        written = {"5m": 0, "1h": 0}
        bounds = [-1, *marked]
        for previous, index in pairwise(bounds):
            segment = prompt[index]
            if segment.mark is None:  # only marked segments are listed; this narrows the type
                continue
            before = max(read, prompt[previous].tokens_so_far if previous >= 0 else 0)
            written[segment.mark.ttl] += max(0, segment.tokens_so_far - before)
            self._keep(segment.digest, now + TTL_SECONDS[segment.mark.ttl])
        cached = prompt[marked[-1]].tokens_so_far
        return InputUsage(total - cached, read, written["5m"], written["1h"])

    def clear(self) -> None:
        """Forget everything."""
        self._expires.clear()

    def _read(self, prompt: list[Segment], marked: list[int], now: float) -> int:
        best = 0
        for index in marked:
            mark = prompt[index].mark
            if mark is None:
                continue
            for candidate in prompt[max(0, index - LOOK_BACK_BLOCKS) : index + 1]:
                if candidate.digest in self._expires and candidate.tokens_so_far > best:
                    best = candidate.tokens_so_far
                    self._keep(candidate.digest, now + TTL_SECONDS[mark.ttl])
        return best

    def _keep(self, digest: str, until: float) -> None:
        self._expires[digest] = max(until, self._expires.get(digest, 0.0))
