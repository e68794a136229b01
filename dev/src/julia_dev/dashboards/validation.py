"""Whether Grafana would take a dashboard: the schema made of its own types."""

import json
from functools import cache
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from julia_dev import paths

SCHEMA: Final = paths.ROOT / "dev" / "grafana" / "dashboard.schema.json"


def wrong_with(page: dict[str, Any]) -> str | None:
    """Return what Grafana's schema says against it, and where; `None` when nothing."""
    error = best_match(_validator().iter_errors(page))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text()))
