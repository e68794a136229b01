"""Small files whose text the simulators can read, for tests, evaluations and the page."""

import struct
import zlib
from typing import Final

_SIDE: Final = 64


def png(text: str = "", *, width: int = _SIDE, height: int = _SIDE) -> bytes:
    """A grey picture that carries `text` (Latin-1) in a `tEXt` chunk."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * width) * height
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    if text:
        chunks.insert(1, (b"tEXt", b"Description\0" + text.encode("latin-1")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def pdf(text: str = "", *, pages: int = 1) -> bytes:
    """A document that says `text` (Latin-1) on each page."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    drawing = b"BT /F1 12 Tf 72 720 Td (" + escaped.encode("latin-1") + b") Tj ET"
    kids = " ".join(f"{4 + number} 0 R" for number in range(pages))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        *(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 3 0 R /Resources "
            b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            for _ in range(pages)
        ),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(out))
    )


_SAYS: Final = b"TRANSCRIPT="


def ogg(text: str = "", *, seconds: int = 3) -> bytes:
    """Bytes that begin as a voice note does and are as long as one; nobody could play them.

    `text` stands in a comment, for the transcription simulator to "hear".
    """
    said = _SAYS + text.encode()
    comments = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<II", 1, len(said)) + said
    return b"OggS\0\2" + b"\0" * 22 + b"OpusHead\1\1" + comments + b"\0" * (2_000 * seconds)


def text_of_ogg(audio: bytes) -> str:
    """The text that `ogg` put into a file; empty for any other audio."""
    at = audio.find(_SAYS)
    if at < struct.calcsize("<I"):
        return ""
    length = struct.unpack("<I", audio[at - 4 : at])[0]
    return audio[at : at + length].removeprefix(_SAYS).decode("utf-8", "replace")
