"""`bench/claim.py` as a part of the whole."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any, Final

from julia_dev import paths
from julia_dev.extent import SendingExtent

LEAST: Final = 0.25
"""Below it the gates of a claim cost more than three bare claims: somebody made them dear."""


@dataclass(frozen=True)
class Claims:
    """What the benchmark said."""

    measured: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        """Return what the last line shows."""
        return self.measured

    def missed(self) -> list[str]:
        """Name the bar, if it was missed."""
        ratio = self.measured.get("claim_ratio", 0)
        return [] if ratio >= LEAST else [f"claim: {ratio} of bare claims, below {LEAST}"]


async def run(extent: SendingExtent) -> Claims:
    """Run it in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(paths.ROOT / "bench" / "claim.py")),
        *(str(extent.claim_rounds), str(extent.claims_a_round)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _errors = await process.communicate()
    lines = said.decode().splitlines()
    return Claims(json.loads(lines[-1]) if process.returncode == 0 and lines else {})
