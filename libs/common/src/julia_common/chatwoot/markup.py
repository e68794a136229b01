"""What people write in Chatwoot's editor, as WhatsApp shows it.

The editor makes Markdown: `**bold**`, `*italic*` or `_italic_`, `~~struck~~`, and a backslash
before whatever could be taken for such. WhatsApp knows `*bold*`, `_italic_`, `~struck~`, and no
backslash.
"""

import re
from typing import Final

_PIECE: Final = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|\\(?P<escaped>[\\`*_{}\[\]()#+\-.!>~|])"
    r"|(?<!\*)\*\*(?=\S)(?P<bold>[^\n]+?)(?<=\S)\*\*(?!\*)"
    r"|(?<![\w*])\*(?=[^\s*])(?P<italic>[^*\n]+?)(?<=\S)\*(?![\w*])"
    r"|~~(?=\S)(?P<struck>[^\n]+?)(?<=\S)~~",
    re.DOTALL,
)
_MARKS: Final = {"bold": "*", "italic": "_", "struck": "~"}


def as_whatsapp(markdown: str) -> str:
    """The text with WhatsApp's marks in place of Markdown's; code stays as it is."""
    return _PIECE.sub(_piece, markdown)


def _piece(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind is None or kind == "code":
        return found[0]
    if kind == "escaped":
        return found[kind]
    mark = _MARKS[kind]
    return f"{mark}{as_whatsapp(found[kind])}{mark}"
