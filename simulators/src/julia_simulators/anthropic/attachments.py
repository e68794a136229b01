"""Images and PDFs in a request: checked as the API checks them, read as far as rules can.

The simulator sees no picture. It reads the text that a file carries as text: a PNG's `tEXt`, a
JPEG's comment, the strings of a PDF. `julia_simulators.files` makes such files for tests.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from julia_simulators.anthropic.errors import ApiError

MAX_IMAGE_BYTES: Final = 5 * 1024 * 1024
MAX_PDF_BYTES: Final = 32 * 1024 * 1024
MAX_PDF_PAGES: Final = 100

_IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PDF: Final = "application/pdf"
_SIGNATURES: Final = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    (_PDF, re.compile(rb"%PDF-")),
)
_TOKENS_OF_AN_IMAGE: Final = 1_500
"""Of one whose size is not read; else its pixels by 750, as the API's documentation says."""

_PIXELS_PER_TOKEN: Final = 750
_TOKENS_OF_A_PAGE: Final = 2_000
_MAX_TEXT: Final = 2_000


@dataclass(frozen=True)
class File:
    """A file in a request. `data` is empty when it is named by URL or id only."""

    media_type: str
    data: bytes

    @property
    def is_pdf(self) -> bool:
        """Whether it is a document rather than an image."""
        return self.media_type == _PDF

    def text(self) -> str:
        """The text that the file carries, on one line; empty when there is none."""
        found = _pdf_texts(self.data) if self.is_pdf else _image_texts(self.data)
        return " ".join(" ".join(found).split())[:_MAX_TEXT]

    def tokens(self) -> int:
        """Estimated tokens."""
        if self.is_pdf:
            return _TOKENS_OF_A_PAGE * max(1, _pages(self.data))
        if self.media_type == "image/png" and self.data[12:16] == b"IHDR":
            width, height = (int.from_bytes(self.data[at : at + 4]) for at in (16, 20))
            return max(1, min(_TOKENS_OF_AN_IMAGE, width * height // _PIXELS_PER_TOKEN))
        return _TOKENS_OF_AN_IMAGE


def file_of(source: dict[str, Any], where: str, *, document: bool) -> File:
    """Read a block's `source`; raises `ApiError` 400, naming `where` it stands."""
    match source.get("type"):
        case "base64":
            return _checked(source, f"{where}.source.base64", document=document)
        case "text" if document:
            return File("text/plain", str(source.get("data", "")).encode())
        case "url" | "file" | "content":
            return File(_PDF if document else _IMAGE_TYPES[0], b"")
        case other:
            raise ApiError(
                400, f"{where}.source: Input tag {other!r} found using 'type' is unknown"
            )


def _checked(source: dict[str, Any], where: str, *, document: bool) -> File:
    media_type, encoded = source.get("media_type"), source.get("data")
    allowed = (_PDF,) if document else _IMAGE_TYPES
    if media_type not in allowed:
        names = " or ".join(f"'{name}'" for name in allowed)
        raise ApiError(400, f"{where}.media_type: Input should be {names}")
    try:
        data = base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True)
    except binascii.Error as error:
        raise ApiError(400, f"{where}.data: invalid base64 data") from error
    if not data:
        raise ApiError(400, f"{where}: {'PDF' if document else 'image'} cannot be empty")
    most = MAX_PDF_BYTES if document else MAX_IMAGE_BYTES
    if len(data) > most:
        kind = "PDF" if document else "image"
        raise ApiError(400, f"{where}: {kind} exceeds maximum: {len(data)} bytes > {most} bytes")
    _check_signature(data, str(media_type), where)
    if document and _pages(data) > MAX_PDF_PAGES:
        raise ApiError(400, f"{where}: A maximum of {MAX_PDF_PAGES} PDF pages may be provided.")
    return File(str(media_type), data)


def _check_signature(data: bytes, media_type: str, where: str) -> None:
    seems = next((name for name, start in _SIGNATURES if start.match(data)), None)
    if seems == media_type:
        return
    if media_type == _PDF:
        raise ApiError(400, f"{where}.data: The PDF specified was not valid.")
    if seems is None:
        raise ApiError(400, "Could not process image")
    raise ApiError(
        400,
        f"{where}.data: Image does not match the provided media type {media_type}: "
        f"it appears to be {seems}",
    )


def _pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def _image_texts(data: bytes) -> Iterator[str]:
    if data.startswith(b"\x89PNG"):
        at = 8
        while at + 8 <= len(data):
            length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
            if kind == b"tEXt":
                yield data[at + 8 : at + 8 + length].partition(b"\0")[2].decode("latin-1")
            at += 12 + length
    elif comment := re.search(rb"\xff\xfe(..)", data[:4096], re.DOTALL):
        length = int.from_bytes(comment.group(1)) - 2
        yield data[comment.end() : comment.end() + length].decode("utf-8", "replace")


def _pdf_texts(data: bytes) -> Iterator[str]:
    if not data.startswith(b"%PDF"):
        yield data.decode("utf-8", "replace")
        return
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            plain = zlib.decompress(stream)
        except zlib.error:
            plain = stream
        for text in re.findall(rb"\(((?:\\.|[^()\\])*)\)\s*Tj", plain):
            yield text.replace(b"\\", b"").decode("latin-1")
