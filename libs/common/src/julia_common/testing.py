"""Fakes that the tests of several packages share."""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import REGISTRY


class ManualClock:
    """A clock that moves only when told, or by the length of every sleep."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def now(self) -> datetime:
        """The start plus what has passed."""
        return self._start + timedelta(seconds=self._elapsed)

    async def sleep(self, seconds: float) -> None:
        """Move on by `seconds` and let other tasks run."""
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._elapsed += seconds


@dataclass(frozen=True)
class Mount:
    """A volume as the kubelet mounts it: the files are links into a folder behind one link."""

    folder: Path

    def hold(self, **files: str | bytes | None) -> None:
        """Replace all files at one moment; None takes one away."""
        data = self.folder / "..data"
        before = {file.name: file.read_bytes() for file in data.iterdir()} if data.exists() else {}
        now = before | {
            name: value.encode() if isinstance(value, str) else value
            for name, value in files.items()
        }
        fresh = Path(tempfile.mkdtemp(prefix="..", dir=self.folder))
        for name, value in now.items():
            link = self.folder / name
            if value is None:
                link.unlink()
                continue
            (fresh / name).write_bytes(value)
            if not link.is_symlink():
                link.symlink_to(Path("..data") / name)
        (self.folder / "..data_tmp").symlink_to(fresh.name)
        (self.folder / "..data_tmp").replace(data)


class MetricsChange:
    """What has been added to this process's metrics since it was made."""

    def __init__(self) -> None:
        """Remember how they stand."""
        self._before = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }

    def of(self, name: str, **labels: str) -> float:
        """By how much one sample has grown; a series that is not there is 0."""
        before = self._before.get((name, frozenset(labels.items())), 0.0)
        return (REGISTRY.get_sample_value(name, labels) or 0.0) - before
