"""LOG_LEVEL as a file: another level without another process."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from julia_common.telemetry.level import LevelFile
from julia_common.telemetry.logging import configure_logging


@pytest.fixture(autouse=True)
def _levels_as_before() -> Iterator[None]:
    names = (None, "httpx", "aio_pika", "julia.canonical")
    before = {name: logging.getLogger(name).level for name in names}
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_the_level_follows_the_file_and_goes_back_when_it_is_gone(tmp_path: Path) -> None:
    configure_logging("julia-brain", "WARNING")
    level = LevelFile(tmp_path, "WARNING")
    file = tmp_path / "LOG_LEVEL"
    seen = []
    for written in ("DEBUG\n", "ERROR", None):
        file.unlink(missing_ok=True)
        if written is not None:
            file.write_text(written)
        level.look()
        seen.append(logging.getLevelName(logging.getLogger().level))

    assert seen == ["DEBUG", "ERROR", "WARNING"]


def test_libraries_that_write_whole_bodies_stay_quiet_at_a_level_taken_later(
    tmp_path: Path,
) -> None:
    configure_logging("julia-brain", "WARNING")
    (tmp_path / "LOG_LEVEL").write_text("DEBUG")

    LevelFile(tmp_path, "WARNING").look()

    assert not logging.getLogger("aio_pika").isEnabledFor(logging.INFO)
    assert logging.getLogger("julia_brain").isEnabledFor(logging.DEBUG)


def test_what_is_no_level_changes_nothing_and_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("julia-brain", "WARNING")
    (tmp_path / "LOG_LEVEL").write_text("LOUD")
    level = LevelFile(tmp_path, "WARNING")

    level.look()
    level.look()

    assert logging.getLogger().level == logging.WARNING
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert "DEBUG, INFO, WARNING, ERROR, CRITICAL" in said[0]
    assert "LOUD" not in said[0]
