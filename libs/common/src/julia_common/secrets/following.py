"""Follows the files of secrets, and gives the settings their new values.

The files are read every other second and what they say is compared: a dozen small files in memory
cost less than being wrong about times and inodes, and no notice can get lost. (Kubernetes replaces
all files of a volume at once by one symbolic link; others write into them.) A value counts once two
looks in a row have found it, so that a file that is just being written is not taken for one.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client import Counter, Gauge
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings

from julia_common.lifecycle import stopped_within
from julia_common.secrets.files import UnreadableFileError, read_value
from julia_common.secrets.rotating import RotatingSecret
from julia_common.telemetry.logging import canonical

LOOK_SECONDS: Final = 2.0

_ROTATIONS: Final = Counter(
    "julia_secret_rotations_total", "New values of secrets taken while running", ["setting"]
)
_UNUSABLE: Final = Gauge(
    "julia_secret_unusable",
    "1 while a secret's file holds no usable value and the one before stays in use",
    ["setting"],
)

_log = logging.getLogger(__name__)


class SecretFiles:
    """Work in the background of a service: its secrets follow their files."""

    name = "secrets"

    def __init__(
        self, settings: BaseSettings, folder: Path, *, mask: Callable[[str], None]
    ) -> None:
        """Follow those of `settings` that are secrets; `mask` keeps a new value out of logs."""
        fields = type(settings).model_fields
        self._followed = [
            _Followed(value, folder / value.setting, fields[name].rebuild_annotation(), mask)
            for name, value in settings
            if isinstance(value, RotatingSecret)
        ]

    def look(self) -> None:
        """Take what two looks in a row have found."""
        for followed in self._followed:
            followed.look()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        while not await stopped_within(stop, LOOK_SECONDS):
            self.look()


def passwords(secret: str) -> list[str]:
    """What is to be kept out of logs: the secret, and the password inside one that is a URL."""
    try:
        password = urlsplit(secret).password
    except ValueError:
        password = None
    return [part for part in (secret, password) if part]


@dataclass(frozen=True, slots=True)
class _Content:
    """What a file says, why it says nothing, or neither: there is none."""

    value: str | None = None
    problem: str = ""


class _UnusableError(Exception):
    """Why a value cannot be taken; never the value."""


class _Followed:
    """One secret and its file."""

    def __init__(
        self,
        secret: RotatingSecret,
        file: Path,
        annotation: Any,  # what pydantic calls a type form
        mask: Callable[[str], None],
    ) -> None:
        self._secret = secret
        self._file = file
        self._allowed: TypeAdapter[object] = TypeAdapter(annotation)
        self._mask = mask
        self._seen: _Content | None = None
        self._judged = _Content()  # without a file the environment's value counts
        secret.look = self._look_at_once

    def look(self) -> None:
        found = self._read()
        if found == self._seen:
            self._judge(found)
        self._seen = found

    def _look_at_once(self) -> None:
        self._judge(self._read())

    def _read(self) -> _Content:
        try:
            return _Content(read_value(self._file))
        except UnreadableFileError as error:
            return _Content(problem=str(error))

    def _judge(self, found: _Content) -> None:
        if found == self._judged:
            return
        self._judged = found
        try:
            value = self._usable(found)
        except _UnusableError as error:
            self._keep(str(error))
            return
        _UNUSABLE.labels(self._secret.setting).set(0)
        if value != self._secret.get_secret_value():  # it may have been what was read at the start
            self._take(value)

    def _usable(self, found: _Content) -> str:
        if found.problem:
            raise _UnusableError(found.problem)
        try:
            allowed = self._allowed.validate_python(found.value or "")
        except ValidationError as error:
            reason = "is gone" if found.value is None else _reason(error)
            raise _UnusableError(reason) from None
        if not isinstance(allowed, SecretStr):  # a setting that may be without a value at its start
            reason = "is gone" if found.value is None else "is empty"
            raise _UnusableError(reason)
        return allowed.get_secret_value()

    def _take(self, value: str) -> None:
        for part in passwords(value):
            self._mask(part)
        self._secret.take(value)
        _ROTATIONS.labels(self._secret.setting).inc()
        canonical("Segredo trocado", variavel=self._secret.setting)

    def _keep(self, reason: str) -> None:
        _UNUSABLE.labels(self._secret.setting).set(1)
        _log.error(
            "%s keeps the value it had: the file %s %s", self._secret.setting, self._file, reason
        )


def _reason(error: ValidationError) -> str:
    said = error.errors(include_url=False, include_input=False)
    return "; ".join(problem["msg"].removeprefix("Value error, ") for problem in said)
