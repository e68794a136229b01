r"""Reads the texts: a line `== scene` (or `== scene: falha, falha`), then one text a line.

`\n` in a text is a line break. A hostile text must get one of the flaws named in its heading; a
good one none.
"""

from dataclasses import dataclass
from pathlib import Path

from julia_brain.domain.checks import Flaw

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    scene: str
    text: str
    flaws: frozenset[Flaw]


def cases(folder: str) -> list[Case]:
    found = []
    for path in sorted((HERE / folder).glob("*.txt")):
        scene, flaws = "", frozenset[Flaw]()
        for line in path.read_text().splitlines():
            if line.startswith("== "):
                scene, _, names = line.removeprefix("== ").partition(":")
                flaws = frozenset(Flaw(name.strip()) for name in names.split(",") if name.strip())
            elif line.strip() and not line.startswith("#"):
                found.append(Case(scene.strip(), line.replace("\\n", "\n"), flaws))
    return found
