"""Settings as files, one each: what Kubernetes and Docker mount of a secret."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DEFAULT_FOLDER: Final = Path("/etc/julia/secrets")
MAX_BYTES: Final = 65_536


class UnreadableFileError(Exception):
    """There is a file, and no value can be read from it; the message says why, and not what."""


def read_value(file: Path) -> str | None:
    """What a file says, without white space around it; None without a file.

    Raises `UnreadableFileError`.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            message = f"is longer than {MAX_BYTES} bytes"
            raise UnreadableFileError(message)
        return raw.decode().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise UnreadableFileError(message) from error
    except UnicodeDecodeError:
        message = "is not text in UTF-8"
        raise UnreadableFileError(message) from None


@dataclass(frozen=True, slots=True)
class Mounted:
    """What a folder has of some settings, by their names in lower case."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    unreadable: dict[str, str] = field(default_factory=dict)
    """Why there is no value although there is a file."""


def read_folder(folder: Path, names: Iterable[str]) -> Mounted:
    """Read the file of each setting; a file has the setting's name in upper case."""
    mounted = Mounted()
    for name in names:
        try:
            value = read_value(folder / name.upper())
        except UnreadableFileError as error:
            mounted.unreadable[name] = str(error)
        else:
            if value is not None:
                mounted.values[name] = value
    return mounted
