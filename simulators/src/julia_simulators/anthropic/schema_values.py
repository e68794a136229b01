"""Values that fit a JSON schema: arguments of tools, and answers with `output_config.format`."""

from collections.abc import Callable
from typing import Any, Final

from julia_simulators.anthropic.hearing import WEEKDAYS, plain

type Schema = dict[str, Any]
type Wording = Callable[[str, Schema], Any]
"""What to put under a name; None leaves it to the schema."""

_DEEPEST: Final = 20


def value_for(schema: Schema, wording: Wording, name: str = "") -> Any:
    """A value that fits, with every required property; `wording` chooses where it can."""
    return _value(schema, wording, name, schema, 0)


def _value(schema: Schema, wording: Wording, name: str, root: Schema, depth: int) -> Any:
    nullable = _allows_null(schema)
    schema = _resolved(schema, root)
    chosen = wording(name, schema) if name else None
    if chosen is not None and (fitted := fit(chosen, schema)) is not None:
        return fitted
    if nullable or depth > _DEEPEST:
        return None
    if choices := schema.get("enum") or [schema[key] for key in ("const",) if key in schema]:
        return choices[-1]
    match _type_of(schema):
        case "object":
            properties: dict[str, Schema] = schema.get("properties", {})
            required = schema.get("required", list(properties))
            return {
                key: _value(properties[key], wording, key, root, depth + 1)
                for key in properties
                if key in required
            }
        case "array":
            item = schema.get("items", {})
            least = range(schema.get("minItems", 0))
            return [_value(item, wording, name, root, depth + 1) for _ in least]
        case kind:
            return _least(kind, schema)


def _least(kind: str, schema: Schema) -> Any:
    """The plainest value of a type without parts."""
    least = schema.get("minimum", 0)
    by_type = {"integer": int(least), "number": float(least), "boolean": False, "null": None}
    return by_type.get(kind, "")


def _allows_null(schema: Schema) -> bool:
    alternatives = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return any("null" in _types(each) for each in alternatives)


def _types(schema: Schema) -> list[Any]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follow references inside the document, and take the first alternative that is a value."""
    while True:
        if "$ref" in schema:
            target: Any = root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target[part]
            schema = target
            continue
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if alternatives is None:
            return schema
        schema = next((each for each in alternatives if each.get("type") != "null"), {})


def _type_of(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return next((each for each in kind if each != "null"), "null")
    return str(kind)


def fit(value: Any, schema: Schema) -> Any:
    """`value` as the schema wants it (its enum's spelling, its type), or None if it cannot be."""
    schema = _resolved(schema, schema)
    if schema.get("enum"):
        return next((each for each in schema["enum"] if _same(each, value)), None)
    match _type_of(schema):
        case "array":
            items = value if isinstance(value, list) else [value]
            fitted = [_item(item, schema.get("items", {})) for item in items]
            kept = [item for item in fitted if item is not None]
            return kept or None
        case "integer" | "number" as kind:
            return _bounded(value, kind, schema)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "object":
            return value if isinstance(value, dict) else None
        case _:
            return str(value)[: schema.get("maxLength")]


def _bounded(value: Any, kind: str, schema: Schema) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    bounded = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
    return int(bounded) if kind == "integer" else float(bounded)


def _item(item: Any, schema: Schema) -> Any:
    """A list's item; days of the week (0 is Monday) may be asked for as numbers or as words."""
    if isinstance(item, int) and _type_of(schema) == "string" and 0 <= item < len(WEEKDAYS):
        item = WEEKDAYS[item]
    return fit(item, schema)


def _same(choice: Any, value: Any) -> bool:
    a, b = plain(str(choice)).split("-")[0], plain(str(value)).split("-")[0]
    return a == b or (len(a) == 3 and b.startswith(a))  # noqa: PLR2004 - "seg" for "segunda"
