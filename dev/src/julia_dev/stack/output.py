"""What the children say: all of it into files, what matters onto the console."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_LEVEL_COLOURS = {"WARNING": 33, "ERROR": 31, "CRITICAL": 31}
_NAME_WIDTH = 12


class Output:
    """Where the lines of an instance's children go."""

    def __init__(self, logs: Path, console: TextIO | None = sys.stdout) -> None:
        """Write logs into the folder `logs`; `console=None` is silent."""
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._console = console
        self._colourful = console is not None and console.isatty()
        self._seen: list[str] = []
        self._files: dict[str, TextIO] = {}

    def close(self) -> None:
        """Close the log files; a line that comes later opens its file again."""
        while self._files:
            self._files.popitem()[1].close()

    def announce(self, text: str) -> None:
        """Tell the person something that the supervisor did."""
        self._print("stack", text)

    def log_path(self, name: str) -> Path:
        """Return the file that holds everything `name` said."""
        return self._logs / f"{name}.log"

    def sink(self, name: str, tells: re.Pattern[str] | None) -> Callable[[bytes], None]:
        """Return what takes the lines of a child.

        Args:
            name: the child's.
            tells: what a line must contain to be worth the console; `None` shows every line.
        """

        def take(line: bytes) -> None:
            text = _ANSI.sub("", line.decode(errors="replace"))
            self._log(name).write(f"{text}\n")
            if tells is None or tells.search(text):
                self._print(name, _readable(text, colourful=self._colourful))

        return take

    def tail(self, name: str, lines: int = 20) -> str:
        """Return the last lines that `name` wrote."""
        try:
            written = self.log_path(name).read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(f"    {line}" for line in written[-lines:])

    def _log(self, name: str) -> TextIO:
        if name not in self._files:
            file = self.log_path(name).open("a", buffering=1, encoding="utf-8")
            self._files[name] = file
        return self._files[name]

    def _print(self, name: str, text: str) -> None:
        if self._console is None:
            return
        label = f"{name:<{_NAME_WIDTH}}"
        if self._colourful:
            label = f"\x1b[{self._colour(name)}m{label}\x1b[0m"
        # A closed terminal must not take the stack's own tidying up down with it.
        with suppress(OSError):
            self._console.write(f"{label} {text}\n")
            self._console.flush()

    def _colour(self, name: str) -> int:
        if name not in self._seen:
            self._seen.append(name)
        return _COLOURS[self._seen.index(name) % len(_COLOURS)]


def _readable(line: str, *, colourful: bool) -> str:
    """Turn a service's JSON line into one for eyes; leave any other line as it is."""
    try:
        record = json.loads(line)
        level, message = str(record["level"]), str(record["message"])
        moment = datetime.fromisoformat(record["timestamp"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError):
        return line
    context = record.get("context") or {}
    pairs = "".join(f" {name}={_value(value)}" for name, value in context.items())
    shown = f"{level:<7}"
    if colourful and level in _LEVEL_COLOURS:
        shown = f"\x1b[{_LEVEL_COLOURS[level]}m{shown}\x1b[0m"
    return f"{moment:%H:%M:%S} {shown} {message}{pairs}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
