"""What a model may pass to a tool: types with their JSON Schema, and what is told it when it errs.

A model can send anything. What does not fit becomes a sentence in Portuguese that says what to
change; nothing of it gets further.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

from julia_brain.domain.prompt import SAO_PAULO
from julia_brain.domain.reply import tidy

_LEAST_REAIS: Final = 100
_MOST_REAIS: Final = 100_000
_CENTAVOS_IN_REAL: Final = 100

_PROBLEMS_TOLD: Final = 3
_NAME_CHARACTERS: Final = 40


class ToolArguments(BaseModel):
    """Base of the arguments of a tool. Null is the same as absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InvalidArguments(Exception):
    """The arguments do not fit; the message tells the model, in Portuguese, what to change."""


def read[A: ToolArguments](kind: type[A], arguments: Mapping[str, Any]) -> A:
    """Check what the model sent; raises `InvalidArguments` when it does not fit."""
    try:
        return kind.model_validate(arguments)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)[:_PROBLEMS_TOLD]
        raise InvalidArguments("; ".join(_told(problem) for problem in problems)) from None


def schema_of(kind: type[ToolArguments]) -> JsonSchemaValue:
    """The JSON Schema of a tool's arguments, as plain as models like it."""
    return kind.model_json_schema(schema_generator=_PlainSchema)


class _PlainSchema(GenerateJsonSchema):
    """Without titles, nulls and defaults: they cost tokens in every request and say nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the base's
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        plain = super().model_schema(schema)
        # The tool's own description says it; this one is for whoever reads the code.
        plain.pop("title", None)
        plain.pop("description", None)
        return plain


def _one_line(value: object) -> object:
    # Control characters and lone surrogates would make the database or the API refuse the text.
    return " ".join(tidy(value).split()) if isinstance(value, str) else value


def _centavos(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        # A ValueError is what pydantic turns into a problem of the field.
        raise ValueError("deve ser um número em reais, como 1500 ou 1500.50")  # noqa: TRY004
    if not _LEAST_REAIS <= value <= _MOST_REAIS:  # also refuses NaN
        raise ValueError(
            f"deve ficar entre {_LEAST_REAIS} e {_MOST_REAIS} reais "
            "(mil e seiscentos reais são 1600)"
        )
    centavos = Decimal(str(value)) * _CENTAVOS_IN_REAL
    if centavos != int(centavos):
        raise ValueError("tem casas decimais demais: use no máximo duas")
    return int(centavos)


def _date(value: object) -> dt.date:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("deve ser uma data no formato AAAA-MM-DD") from None


def _moment(value: object) -> dt.datetime:
    try:
        read_as = dt.datetime.fromisoformat(value if isinstance(value, str) else "")
        zoned = read_as if read_as.tzinfo else read_as.replace(tzinfo=SAO_PAULO)
        return zoned.astimezone(dt.UTC).replace(second=0, microsecond=0)
    except (ValueError, OverflowError):
        raise ValueError(
            "deve ser data e hora no formato AAAA-MM-DDTHH:MM, no horário de São Paulo"
        ) from None


Word = Annotated[str, Field(min_length=1, max_length=100), BeforeValidator(_one_line)]
"""A name or a few words."""

Sentence = Annotated[str, Field(min_length=1, max_length=400), BeforeValidator(_one_line)]
"""A sentence or two."""

Centavos = Annotated[
    int,
    BeforeValidator(_centavos),
    WithJsonSchema({"type": "number", "minimum": _LEAST_REAIS, "maximum": _MOST_REAIS}),
]
"""Money: the model says reais, we get centavos. Texts are refused: `1.600` has two readings."""

Day = Annotated[
    dt.date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})
]
"""A date, ISO."""

Moment = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    # No "format": by its RFC a date-time has a zone, and the model is asked for none.
    WithJsonSchema({"type": "string"}),
]
"""A minute, in UTC here. Without a zone it is São Paulo's."""

_TOLD: Final[Mapping[str, str]] = {
    "missing": "falta o argumento {name}",
    "extra_forbidden": "o argumento {name} não existe nesta ferramenta: retire-o",
    "literal_error": "{name} deve ser um destes valores: {expected}",
    "string_type": "{name} deve ser um texto",
    "string_too_short": "{name} não pode ficar vazio",
    "string_too_long": "{name} passa de {max_length} caracteres: resuma",
    "greater_than_equal": "{name} deve ser no mínimo {ge}",
    "less_than_equal": "{name} deve ser no máximo {le}",
    "int_type": "{name} deve ser um número inteiro",
    "int_parsing": "{name} deve ser um número inteiro",
    "int_from_float": "{name} deve ser um número inteiro",
    "float_type": "{name} deve ser um número",
    "float_parsing": "{name} deve ser um número",
    "bool_type": "{name} deve ser true ou false",
    "bool_parsing": "{name} deve ser true ou false",
    "tuple_type": "{name} deve ser uma lista",
    "too_long": "{name} tem itens demais: no máximo {max_length}",
    "value_error": "{name} {error}",
}


def _told(problem: ErrorDetails) -> str:
    context = {key: tidy(str(value)) for key, value in problem.get("ctx", {}).items()}
    if "expected" in context:
        context["expected"] = context["expected"].replace(" or ", " ou ")
    # The name may be of the model's making.
    name = tidy(str(problem["loc"][0]))[:_NAME_CHARACTERS] if problem["loc"] else ""
    told = _TOLD.get(problem["type"], "{name} está num formato que a ferramenta não entende")
    return told.format(**context, name=f'"{name}"' if name else "o conjunto dos argumentos")
