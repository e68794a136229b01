"""The body of a form with files, `multipart/form-data`."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message


@dataclass(frozen=True)
class Field:
    """One field of a form; `file_name` is None where it is no file."""

    name: str
    file_name: str | None
    content: bytes


def parse(content_type: str, body: bytes) -> dict[str, Field]:
    """Read a form; raises `ValueError` when it is none. Of fields of one name the last counts."""
    boundary = _headers(f"Content-Type: {content_type}".encode()).get_boundary()
    if not boundary or not content_type.lower().startswith("multipart/form-data"):
        message = "the body is not multipart/form-data"
        raise ValueError(message)
    # The first boundary stands at the beginning, all others after a line's end.
    _, *parts, end = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not end.startswith(b"--"):
        message = "the form does not end with its boundary"
        raise ValueError(message)
    fields = [_field(part) for part in parts]
    return {field.name: field for field in fields}


def _field(part: bytes) -> Field:
    head, _, content = part.partition(b"\r\n\r\n")
    headers = _headers(head.lstrip(b"\r\n"))
    name = headers.get_param("name", "", header="content-disposition")
    return Field(str(name), headers.get_filename(), content)


def _headers(raw: bytes) -> Message:
    return message_from_bytes(raw)
