"""The record of everything that happened: what the ledger counts and what the page shows.

Records are kept in memory and, when a path is given, appended to a file of JSON lines, so that a
restart of the simulator forgets nothing. State that is nobody's business outside (stored
messages, webhook settings) goes into the same file as notes.
"""

import asyncio
import json
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

type Record = dict[str, Any]


class Journal:
    """An append-only list of records, numbered from 1, which others can wait for."""

    def __init__(self, path: Path | None = None) -> None:
        """Read what an earlier process left at `path`, if anything."""
        self._records: list[Record] = []
        self._by_doctor: dict[str, list[Record]] = defaultdict(list)
        self._by_kind: dict[str, list[Record]] = defaultdict(list)
        self._waiting: set[asyncio.Event] = set()
        self._file: TextIO | None = None
        self.ended = False
        self.notes: list[tuple[str, dict[str, Any]]] = []
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            for line in _complete_lines(path):
                if "note" in line:
                    self.notes.append((line["note"], line["value"]))
                else:
                    self._index(line)
            self._file = path.open("a", encoding="utf-8", buffering=1)

    @property
    def last(self) -> int:
        """The number of the newest record; 0 when there is none."""
        return len(self._records)

    def append(self, kind: str, *, doctor: str | None = None, **fields: Any) -> Record:
        """Add a record of what just happened; `at` is in seconds since the epoch."""
        record: Record = {"seq": self.last + 1, "at": time.time(), "kind": kind}
        if doctor is not None:
            record["doctor"] = doctor
        record.update(fields)
        self._index(record)
        self._write(record)
        for event in self._waiting:
            event.set()
        return record

    def note(self, name: str, value: dict[str, Any]) -> None:
        """Keep state for the next process; it is no record."""
        self._write({"note": name, "value": value})

    def since(
        self,
        after: int = 0,
        *,
        kinds: frozenset[str] = frozenset(),
        doctor: str | None = None,
        limit: int | None = None,
    ) -> list[Record]:
        """Return the records numbered above `after`, oldest first."""
        found: Iterable[Record]
        if doctor is not None:
            found = _tail(self._by_doctor.get(doctor, []), after)
        elif len(kinds) == 1:
            found = _tail(self._by_kind.get(next(iter(kinds)), []), after)
        else:
            found = self._records[after:]
        if kinds:
            found = (record for record in found if record["kind"] in kinds)
        return list(found)[:limit]

    def count(self, kind: str) -> int:
        """Return how many records of this kind there are."""
        return len(self._by_kind.get(kind, []))

    async def wait(self, after: int, timeout_s: float) -> bool:
        """Wait until a record numbered above `after` exists; False when none came in time."""
        if self.last > after:
            return True
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(event)
        return True

    def end_streams(self) -> None:
        """Tell all who follow the records that nothing more will be told."""
        self.ended = True
        for event in self._waiting:
            event.set()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _index(self, record: Record) -> None:
        self._records.append(record)
        self._by_kind[record["kind"]].append(record)
        if doctor := record.get("doctor"):
            self._by_doctor[doctor].append(record)

    def _write(self, line: dict[str, Any]) -> None:
        if self._file:
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _tail(records: list[Record], after: int) -> list[Record]:
    return records[bisect_right(records, after, key=lambda record: int(record["seq"])) :]


def _complete_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read the file and cut off a last line that a killed process left unfinished."""
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as file:
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            whole += len(raw)
            yield json.loads(raw)
    if whole != path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(whole)
