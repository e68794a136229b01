"""`python -m julia_dev.shadow`: what was sent beside what the shadows would have sent.

Reads the stack that runs here (`make up`), or the project of SUPABASE_URL and SUPABASE_SERVICE_KEY.
The last line is JSON. Texts of conversations are shown only with `--textos`.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from julia_common.database import Database, ShadowPair
from julia_common.errors import Permanent, Retryable
from julia_dev.shadow.comparison import compare
from julia_dev.shadow.page import side_by_side, table
from julia_dev.stack import running
from julia_dev.stack.config import StackConfig
from julia_dev.stack.errors import StackError
from julia_dev.stack.stack import Stack

_LARGE_MODEL = "claude-sonnet-5-5"
"""The brain's default for ANTHROPIC_MODEL_LARGE."""


def main() -> int:
    """Print the report; return the process's exit code."""
    options = _options()
    try:
        url, key = _where(os.environ)
        pairs = asyncio.run(_pairs(url, key, hours=options.horas, limit=options.limite))
    except (StackError, Retryable, Permanent) as error:
        print(error, file=sys.stderr)
        return 2
    if options.textos:
        for pair in pairs:
            print(*side_by_side(pair), "", sep="\n")
    large = os.environ.get("ANTHROPIC_MODEL_LARGE") or _LARGE_MODEL
    comparisons = compare(pairs, large_model=large)
    for comparison in comparisons:
        print(*table(comparison), "", sep="\n")
    if not pairs:
        print(f"Nenhum rascunho de sombra nas últimas {options.horas} horas.")
    print(json.dumps({"turnos": len(pairs), "sombras": [one.as_json() for one in comparisons]}))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m julia_dev.shadow", description=__doc__)
    parser.add_argument("--horas", type=int, default=24, help="quanto tempo para trás (24)")
    parser.add_argument("--limite", type=int, default=1000, help="quantos turnos no máximo (1000)")
    parser.add_argument("--textos", action="store_true", help="mostra os textos lado a lado")
    return parser.parse_args()


def _where(environ: Mapping[str, str]) -> tuple[str, str]:
    url = environ.get("SUPABASE_URL")
    if url:
        return url, environ.get("SUPABASE_SERVICE_KEY", "")
    config = StackConfig.of_make_up()
    found = running.find(config.folder)
    if found is None:
        message = (
            "no stack is running here: start it in another terminal (make up), or set "
            "SUPABASE_URL and SUPABASE_SERVICE_KEY"
        )
        raise StackError(message)
    secrets = Stack(replace(config, ports=found.ports)).secrets
    return f"http://127.0.0.1:{found.ports['supabase']}", secrets.service_key


async def _pairs(url: str, key: str, *, hours: int, limit: int) -> tuple[ShadowPair, ...]:
    database = await Database.create(url, key)
    try:
        since = datetime.now(UTC) - timedelta(hours=hours)
        return (await database.shadow_report(since=since.isoformat(), limit=limit)).pares
    finally:
        await database.aclose()


if __name__ == "__main__":
    sys.exit(main())
