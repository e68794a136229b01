"""The log level follows a file while the process runs: one pod's, or that of a whole service."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from julia_common.lifecycle import stopped_within
from julia_common.secrets.files import UnreadableFileError, read_value
from julia_common.telemetry.logging import LEVELS, canonical, set_level

LOOK_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class LevelFile:
    """Work in the background of a service; without the file the level is what it was at the start.

    The file is `LOG_LEVEL` in the folder of the settings. What names no level changes nothing.
    """

    name = "log level"

    def __init__(self, folder: Path, level: str) -> None:
        """`level` is the one in force: what the settings said at the start."""
        self._file = folder / "LOG_LEVEL"
        self._at_start = level
        self._wanted = level

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        while not await stopped_within(stop, LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Take the level that the file names now."""
        try:
            wanted = read_value(self._file) or self._at_start
        except UnreadableFileError as error:
            wanted = str(error)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted in LEVELS:
            set_level(wanted)
            canonical("Nível de log trocado", nivel=wanted)
        else:
            _log.error("the log level stays: write one of %s to %s", ", ".join(LEVELS), self._file)
