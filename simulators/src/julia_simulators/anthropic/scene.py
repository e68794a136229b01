"""What one request says of the conversation, as far as the simulator's Júlia understands it."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from julia_simulators.anthropic.hearing import Heard, Wish, wish_in
from julia_simulators.anthropic.request import MessagesRequest, Tool, Turn
from julia_simulators.anthropic.shifts import (
    KnownShift,
    shifts_in_json,
    shifts_in_notes,
)

MARKER: Final = re.compile(r"#m\d+")
SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
_REMEMBERED_TURNS: Final = 6
"""So many earlier messages of the doctor may still say what is looked for."""

_NOW: Final = re.compile(r"\bAgora\b.*?(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})")
_BRIEFING: Final = re.compile(r"\s*\[situação")
"""A text that begins so is the caller's as a whole."""
_QUOTED: Final = "[em resposta a:"
_SPOKEN: Final = re.compile(r"\[o que o anexo diz: (.*)\]\s*$")
_AUDIO: Final = "[áudio"


@dataclass(frozen=True)
class Result:
    """What a tool answered: parsed when it is JSON, else its text."""

    name: str
    arguments: dict[str, Any]
    data: Any
    text: str
    is_error: bool

    def shifts(self) -> list[KnownShift]:
        """The shifts in it."""
        return list(shifts_in_json(self.data))


@dataclass(frozen=True)
class Scene:
    """A request, read."""

    request: MessagesRequest

    @cached_property
    def said(self) -> Heard:
        """What the doctor wrote and awaits an answer to, without the caller's notes."""
        return Heard.of(words_of(self._pending))

    @cached_property
    def notes(self) -> str:
        """What the caller notes of this moment: facts, and what stands beside the messages."""
        turns = self.request.messages[self._briefed_at : self._pending_at + 1]
        return "\n".join(notes_of(turn) for turn in turns)

    @cached_property
    def media(self) -> Heard:
        """The caller's notes inside the messages: media, quotes, readings."""
        return Heard.of(notes_of(self._pending))

    @cached_property
    def markers(self) -> tuple[str, ...]:
        """The ledger's markers of the messages that await an answer, once each, in order."""
        return tuple(dict.fromkeys(MARKER.findall(self.said.text)))

    @cached_property
    def last_said(self) -> str:
        """What Júlia wrote last, before the messages that await an answer."""
        earlier = self.request.messages[: self._pending_at]
        return next((t.text() for t in reversed(earlier) if t.role == "assistant" and t.text()), "")

    @cached_property
    def wish(self) -> Wish:
        """What the doctor looks for, by everything said of late; the latest word counts."""
        wish = Wish()
        for heard in (*self.said_before[-_REMEMBERED_TURNS:], self.said):
            wish = wish.updated_by(wish_in(heard, self.now))
        return wish

    @cached_property
    def said_before(self) -> tuple[Heard, ...]:
        """What the doctor wrote in earlier turns, oldest first."""
        earlier = self.request.messages[: self._pending_at]
        words = (words_of(turn) for turn in earlier if turn.role == "user")
        return tuple(Heard.of(text) for text in words if text)

    @cached_property
    def now(self) -> dt.datetime | None:
        """The date and time in São Paulo, if the caller notes it."""
        found = _NOW.search(self.notes)
        if found is None:
            return None
        return dt.datetime.fromisoformat("T".join(found.groups())).replace(tzinfo=SAO_PAULO)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """What tools answered since the doctor wrote, in order."""
        return tuple(_results(self.request.messages[self._pending_at :]))

    @cached_property
    def known(self) -> tuple[KnownShift, ...]:
        """All shifts that the request mentions, the first mention first."""
        noted = shifts_in_notes(self.notes)
        found = {shift.vaga_id: shift for shift in noted if shift.reserva_id is None}
        for result in _results(self.request.messages):
            for shift in result.shifts():
                found[shift.vaga_id] = shift
        return tuple(found.values())

    @cached_property
    def presented(self) -> tuple[KnownShift, ...]:
        """The shifts of which Júlia spoke last, or that the doctor quotes, in that order."""
        quoted = [line for line in self.media.text.splitlines() if line.startswith(_QUOTED)]
        earlier = reversed(self.request.messages[: self._pending_at])
        said = [turn.text() for turn in earlier if turn.role == "assistant"]
        for text in (*quoted, *said):
            named = [shift for shift in self.known if shift.is_named_in(text)]
            if named:
                return tuple(sorted(named, key=lambda shift: _position(shift, text)))
        return ()

    @cached_property
    def bookings(self) -> tuple[KnownShift, ...]:
        """The doctor's own shifts, as the notes list them."""
        return tuple(shift for shift in shifts_in_notes(self.notes) if shift.reserva_id)

    def tool(self, name: str) -> Tool | None:
        """The tool of this name, if the caller offers it and allows its use."""
        choice = self.request.tool_choice
        if choice is not None and choice.type == "none":
            return None
        return next((tool for tool in self.request.tools if tool.name == name), None)

    @cached_property
    def _pending_at(self) -> int:
        return next(
            (
                index
                for index in range(len(self.request.messages) - 1, -1, -1)
                if self.request.messages[index].role == "user"
                and not self.request.messages[index].tool_results()
            ),
            0,
        )

    @cached_property
    def _briefed_at(self) -> int:
        """The first of the user's turns since the model last spoke."""
        at = self._pending_at
        while at > 0 and self.request.messages[at - 1].role == "user":
            at -= 1
        return at

    @property
    def _pending(self) -> Turn:
        return self.request.messages[self._pending_at]


def words_of(turn: Turn) -> str:
    """The lines of a user's turn that a person wrote, or said in an audio that was transcribed."""
    return "\n".join(words for words, _note in _lines(turn) if words is not None)


def notes_of(turn: Turn) -> str:
    """The lines of a user's turn that the caller added: a briefing, or a line in brackets."""
    return "\n".join(note for _words, note in _lines(turn) if note is not None)


def _lines(turn: Turn) -> Iterator[tuple[str | None, str | None]]:
    """Each line as words, as a note, or (a transcription) as both."""
    for text in (block.text for block in turn.blocks() if block.type == "text"):
        if _BRIEFING.match(text):
            yield None, text
            continue
        heard = _AUDIO in text
        for line in text.splitlines():
            spoken = _SPOKEN.match(line) if heard else None
            if line.lstrip().startswith("["):
                yield spoken.group(1) if spoken else None, line
            else:
                yield line, None


def _results(turns: list[Turn]) -> Iterator[Result]:
    calls = {call.id: call for turn in turns for call in turn.tool_uses()}
    for turn in turns:
        for block in turn.tool_results():
            call = calls.get(block.tool_use_id)
            if call is None:
                continue
            text = _result_text(block.content)
            yield Result(call.name, call.input, _parsed(text), text, block.is_error)


def _result_text(content: str | list[Any]) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(block.get("text", "")) for block in content if isinstance(block, dict))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _position(shift: KnownShift, text: str) -> int:
    at = text.find(shift.when or "") if shift.when else -1
    return at if at >= 0 else text.find(shift.hospital or "")
