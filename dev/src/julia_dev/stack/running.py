"""Which stack runs in a folder: at most one, and how to find it."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from julia_dev.stack.errors import StackError

_LOCK = "supervisor.lock"
_FACTS = "running.json"
_POLL_S = 0.2


@dataclass(frozen=True)
class Running:
    """A stack that is up."""

    folder: Path
    pid: int
    ports: Mapping[str, int]
    claude: bool
    slack: bool
    chatwoot: bool

    def welcome(self) -> str:
        """Return what a person who has just started it wants to know."""
        at = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        answering = (
            "Claude (ANTHROPIC_API_KEY is set)"
            if self.claude
            else "the Anthropic simulator; with ANTHROPIC_API_KEY set, Claude"
        )
        telling = "your Slack (SLACK_WEBHOOK_URL is set)" if self.slack else f"{at['slack']}/"
        reading = "your Chatwoot (CHATWOOT_URL is set)" if self.chatwoot else f"{at['chatwoot']}/"
        return f"""
Julia is running.

  Write to her as a doctor   {at["evolution"]}/
  Who answers                {answering}
  What managers are told     {telling}
  Where people take over     {reading}
  API (ingest)               {at["ingest"]}/health
  RabbitMQ management        {at["rabbitmq_management"]}/  (user julia, password in \
{self.folder}/secrets.json)
  Logs                       {self.folder}/logs/

Ctrl-C or `make down` stops it. `make smoke` sends a message and waits for the answer.
"""


class Claim:
    """The right to run the stack of a folder; the kernel takes it back however we end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = (folder / _LOCK).open("a+")

    def __enter__(self) -> Self:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.ours = False
        else:
            self.ours = True
            self._file.truncate(0)
            self._file.write(str(os.getpid()))
            self._file.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.ours:
            (self._folder / _FACTS).unlink(missing_ok=True)
        self._file.close()

    def publish(self, running: Running) -> None:
        """Let others know that the stack is up."""
        facts = {
            "pid": running.pid,
            "ports": dict(running.ports),
            "claude": running.claude,
            "slack": running.slack,
            "chatwoot": running.chatwoot,
        }
        draft = self._folder / f"{_FACTS}.draft"
        draft.write_text(json.dumps(facts, indent=2))
        draft.replace(self._folder / _FACTS)


def find(folder: Path, *, wait_s: float = 0.0) -> Running | None:
    """Return the stack that is up in `folder`; wait up to `wait_s` for one that is starting.

    Raises:
        StackError: one is starting and did not get there in time.
    """
    deadline = time.monotonic() + wait_s
    while True:
        with Claim(folder) as claim:
            if claim.ours:
                return None
        try:
            return Running(folder=folder, **json.loads((folder / _FACTS).read_text()))
        except FileNotFoundError:
            if time.monotonic() >= deadline:
                raise StackError(
                    f"the stack of {folder} is being started or stopped by process "
                    f"{_supervisor(folder)}; wait for it, or `make down`"
                ) from None
        time.sleep(_POLL_S)


def stop(folder: Path, timeout_s: float) -> bool:
    """Ask the supervisor of `folder` to stop all, and wait. False: nothing was running.

    Raises:
        StackError: it is still there after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    asked = False
    while True:
        with Claim(folder) as claim:
            if claim.ours:
                return asked
        pid = _supervisor(folder)
        if not asked:
            os.kill(pid, signal.SIGTERM)
            asked = True
        if time.monotonic() >= deadline:
            raise StackError(f"process {pid} did not stop in {timeout_s:g} s; kill -9 {pid}")
        time.sleep(_POLL_S)


def _supervisor(folder: Path) -> int:
    return int((folder / _LOCK).read_text() or 0)
