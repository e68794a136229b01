"""The committed documents say what the code does, and what was once sent is still read."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from julia_common.contracts.generate import documents
from julia_common.contracts.messages import MESSAGE_TYPES

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "reference"
SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("path", documents(), ids=str)
def test_a_generated_document_is_committed_as_it_is(path: Path) -> None:
    assert (COMMITTED / path).read_text(encoding="utf-8") == documents()[path], (
        "run `python -m julia_common.contracts.generate` at the root and commit what it wrote"
    )


def test_no_schema_is_left_of_a_message_that_is_gone() -> None:
    committed = {Path("schemas", file.name) for file in (COMMITTED / "schemas").iterdir()}

    assert committed == {path for path in documents() if path.parent.name == "schemas"}


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_a_message_of_the_first_version_is_still_read(kind: str) -> None:
    """The samples are what the first producers sent. Never edit one: add a `.v2` type instead."""
    sample = (SAMPLES / f"{kind}.json").read_text(encoding="utf-8")

    message = TypeAdapter(MESSAGE_TYPES[kind]).validate_json(sample)

    kept = message.model_dump(mode="json", exclude_unset=True)
    assert kept == json.loads(sample)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    text = documents()[Path("asyncapi.json")]
    document = json.loads(text)

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [ref for value in node.values() for ref in references(value)]
        if isinstance(node, list):
            return [ref for value in node for ref in references(value)]
        return []

    found = references(document)
    assert found
    for reference in found:
        if reference.startswith("#/"):
            node = document
            for part in reference.removeprefix("#/").split("/"):
                node = node[part]
        else:
            assert (COMMITTED / reference).is_file()
