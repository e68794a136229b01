"""JSON schemas for kubeconform, made of the definitions; strict: an unknown field is an error."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""The name of a resource's schema, as kubeconform looks for it; of `v1` both are `v1`."""

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_NUMBER_OR_TEXT = {"oneOf": [{"type": "string"}, {"type": "number"}]}


def write_kubernetes(folder: Path, openapi: Mapping[str, Any]) -> None:
    """Write the schemas of Kubernetes' own resources into `folder`."""
    definitions = {name: _strict(one) for name, one in openapi["definitions"].items()}
    definitions[_QUANTITY] = _NUMBER_OR_TEXT
    (folder / "definitions.json").write_text(json.dumps({"definitions": definitions}))
    for name, definition in openapi["definitions"].items():
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            group = kind["group"] or kind["version"]
            schema = {"$ref": f"../definitions.json#/definitions/{name}"}
            _write(folder, group, kind["kind"], kind["version"], schema)


def write_custom(folder: Path, definitions: Iterable[Mapping[str, Any]]) -> None:
    """Write the schemas of CustomResourceDefinitions into `folder`."""
    for definition in definitions:
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            given = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
            schema["properties"] = given | {"metadata": {"type": "object"}} | schema["properties"]
            _write(folder, spec["group"], spec["names"]["kind"], version["name"], schema)


def _write(folder: Path, group: str, kind: str, version: str, schema: Any) -> None:
    path = folder / group / f"{kind.lower()}_{version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema))


def _strict(schema: Any) -> Any:
    """Translate one schema of Kubernetes into JSON Schema that allows nothing unknown."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string":
        return _NUMBER_OR_TEXT
    # `properties` holds names of fields, which may look like words of JSON Schema.
    result = {
        word: {name: _strict(one) for name, one in value.items()}
        if word in {"properties", "definitions"}
        else _strict(value)
        for word, value in schema.items()
        if word not in {"default", "example", "format"}
    }
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        result["type"] = [schema["type"], "null"]
    return result
