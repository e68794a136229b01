"""The operator as a process of its own, under the rights that the chart gives it."""

import sys
from pathlib import Path

from julia_dev.stack.probes import http
from julia_dev.stack.program import Program


def operator(
    folder: Path,
    *,
    kubeconfig: Path,
    namespace: str,
    port: int,
    supabase_url: str,
    service_key: str,
    name: str = "operator",
) -> Program:
    """Return the process; it is ready when it watches."""
    return Program(
        name=name,
        argv=(sys.executable, "-m", "julia_operator"),
        probe=http(port, "/readyz"),
        folder=folder,
        env={
            "ENVIRONMENT": "development",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "NO_PROXY": "127.0.0.1,localhost",
            "KUBECONFIG": str(kubeconfig),
            "WATCH_NAMESPACE": namespace,
            "SUPABASE_URL": supabase_url,
            "SUPABASE_SERVICE_KEY": service_key,
        },
        stop_timeout_s=20,
    )
