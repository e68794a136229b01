"""JSON schemas for kubeconform, made of the definitions; strict: an unknown field is an error."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""The name of a resource's schema, as kubeconform looks for it; of `v1` both are `v1`."""

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_REFERENCE = re.compile(r'"#/definitions/([^"]+)"')
_NUMBER_OR_TEXT = {"oneOf": [{"type": "string"}, {"type": "number"}]}


def write_kubernetes(folder: Path, openapi: Mapping[str, Any]) -> None:
    """Write the schemas of Kubernetes' own resources into `folder`."""
    definitions = {name: _strict(one) for name, one in openapi["definitions"].items()}
    definitions[_QUANTITY] = _NUMBER_OR_TEXT
    for name, definition in openapi["definitions"].items():
        kinds = definition.get("x-kubernetes-group-version-kind", ())
        # Options of requests belong to every group.
        for kind in kinds if len(kinds) == 1 else ():
            needed = {one: definitions[one] for one in _needed(definitions, name)}
            schema = {"$ref": f"#/definitions/{name}", "definitions": needed}
            _write(folder, kind["group"] or kind["version"], kind["kind"], kind["version"], schema)


def write_custom(folder: Path, definitions: Iterable[Mapping[str, Any]]) -> None:
    """Write the schemas of CustomResourceDefinitions into `folder`."""
    for definition in definitions:
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            given = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
            schema["properties"] = given | {"metadata": {"type": "object"}} | schema["properties"]
            _write(folder, spec["group"], spec["names"]["kind"], version["name"], schema)


def _needed(definitions: Mapping[str, Any], name: str) -> set[str]:
    """Name the definition and those that it refers to, whatever the distance."""
    found: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += _REFERENCE.findall(json.dumps(definitions[one]))
    return found


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
