"""Where things lie in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RUN = ROOT / ".run"
"""The one ignored folder that holds everything the local stack writes."""
MIGRATIONS = ROOT / "supabase" / "migrations"
SEED = ROOT / "supabase" / "seed.sql"
"""Made-up hospitals and shifts of the next weeks; may be repeated."""
ROLES = ROOT / "supabase" / "roles.sql"
