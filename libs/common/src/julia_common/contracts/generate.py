"""Write the JSON Schemas and the AsyncAPI document: `python -m julia_common.contracts.generate`.

Run it at the root of the repository after changing a message, and commit what it wrote; a test
compares.
"""

import json
import sys
from pathlib import Path

from julia_common.messaging.schemas import asyncapi, json_schemas

FOLDER = Path("docs/reference")


def documents() -> dict[Path, str]:
    """The text of every generated file, by its path under `docs/reference`."""
    files = {Path("asyncapi.json"): asyncapi()}
    files |= {Path("schemas", f"{kind}.json"): schema for kind, schema in json_schemas().items()}
    return {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in files.items()
    }


def main() -> None:
    """Write all files under `docs/reference` of the current folder."""
    if not FOLDER.is_dir():
        sys.exit(f"{FOLDER} is not here: run this at the root of the repository")
    for path, text in documents().items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
