"""The local Supabase endpoint: PostgREST's `rpc`, in front of a local database."""

import re
import sys
from pathlib import Path

from julia_dev.stack.probes import http
from julia_dev.stack.program import Program


def program(*, dsn: str, port: int, jwt_secret: str, folder: Path) -> Program:
    """Return the endpoint's process.

    Args:
        dsn: the database, as the role `authenticator`.
        port: where it listens on 127.0.0.1.
        jwt_secret: what the service key was signed with (HS256).
        folder: an existing folder to run in.
    """
    return Program(
        name="supabase",
        argv=(sys.executable, "-m", "julia_simulators.supabase"),
        probe=http(port, "/health"),
        folder=folder,
        tells=re.compile(r"^(?!INFO)"),
        env={
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PG_DSN": dsn,
            "JWT_SECRET": jwt_secret,
        },
    )
