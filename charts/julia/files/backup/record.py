"""Notes in Julia's database that the backup in WORK, of the kind KIND, has been stored.

The scheduler shows how old the newest one is. SUPABASE_URL and SUPABASE_SERVICE_KEY say where.
Tries for RECORD_SECONDS (600), then exits with 1, which ends the Job: it would dump anew otherwise.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

TIMEOUT_SECONDS = 600


def began(work: Path) -> datetime:
    """When the backup was begun: what it is named after."""
    (file,) = work.iterdir()
    return datetime.strptime(file.name.split(".")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def record(kind: str, at: datetime) -> str | None:
    """Return what went wrong, or nothing."""
    key = os.environ["SUPABASE_SERVICE_KEY"].strip()
    request = urllib.request.Request(
        os.environ["SUPABASE_URL"].rstrip("/") + "/rest/v1/rpc/record_backup",
        data=json.dumps({"p": {"tipo": kind, "em": at.isoformat()}}).encode(),
        headers={
            "content-type": "application/json",
            "content-profile": "api",
            "apikey": key,
            "authorization": f"Bearer {key}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10):
            return None
    except urllib.error.HTTPError as refusal:
        return f"HTTP {refusal.code}: {refusal.read(300).decode(errors='replace')}"
    except OSError as error:
        return str(error)


def main() -> str | None:
    """Return what is wrong, or nothing."""
    kind, at = os.environ["KIND"], began(Path(os.environ["WORK"]))
    give_up_at = time.monotonic() + float(os.environ.get("RECORD_SECONDS", TIMEOUT_SECONDS))
    while wrong := record(kind, at):
        if time.monotonic() > give_up_at:
            return f"the backup is stored, but the database was not told: {wrong}"
        time.sleep(2)
    print(f"the newest backup of {kind} is of {at.isoformat()}")
    return None


if __name__ == "__main__":
    sys.exit(main())
