"""The schema cache: which functions exist, and which of them a call means."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from julia_simulators.supabase.errors import ApiError

if TYPE_CHECKING:
    from asyncpg import Connection, Record
    from asyncpg.pool import PoolConnectionProxy

_NAME_SIMILARITY: Final = 0.75
_PARAMETERS_SIMILARITY: Final = 0.33


@dataclass(frozen=True)
class Parameter:
    """An input of a function; `name` is empty when it has none."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Function:
    """What a call needs to know of a function."""

    schema: str
    name: str
    parameters: tuple[Parameter, ...]
    read_only: bool
    returns_set: bool
    returns_void: bool
    statement_timeout: str | None

    def accepts(self, names: frozenset[str]) -> bool:
        """Whether the named arguments fit: all required ones, nothing unknown."""
        required = {parameter.name for parameter in self.parameters if parameter.required}
        known = {parameter.name for parameter in self.parameters}
        return required <= names <= known

    def takes_whole_body(self) -> bool:
        """Whether its only parameter is an unnamed json or jsonb."""
        return [(p.name, p.type in {"json", "jsonb"}) for p in self.parameters] == [("", True)]


@dataclass(frozen=True)
class SchemaCache:
    """Functions by schema and name, and the settings of the roles that a call can take on."""

    functions: Mapping[tuple[str, str], tuple[Function, ...]]
    role_settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, schema: str, name: str, arguments: frozenset[str]) -> Function:
        """Choose the overload.

        Raises `ApiError`: PGRST202 when none fits, PGRST203 when several do.
        """
        overloads = self.functions.get((schema, name), ())
        fitting = [function for function in overloads if function.accepts(arguments)]
        if not fitting:
            fitting = [function for function in overloads if function.takes_whole_body()]
        if not fitting:
            raise self._not_found(schema, name, arguments)
        if len(fitting) > 1:
            raise _ambiguous(fitting)
        return fitting[0]

    def _not_found(self, schema: str, name: str, arguments: frozenset[str]) -> ApiError:
        listed = ", ".join(sorted(arguments))
        plural = "parameters" if len(arguments) > 1 else "parameter"
        called = f"({listed})" if arguments else " without parameters"
        searched = f" with {plural} {listed}" if arguments else " without parameters"
        return ApiError(
            HTTPStatus.NOT_FOUND,
            "PGRST202",
            f"Could not find the function {schema}.{name}{called} in the schema cache",
            f"Searched for the function {schema}.{name}{searched} or with a single unnamed "
            "json/jsonb parameter, but no matches were found in the schema cache.",
            self._hint(schema, name, arguments),
        )

    def _hint(self, schema: str, name: str, arguments: frozenset[str]) -> str | None:
        overloads = self.functions.get((schema, name), ())
        if overloads:
            signatures = [_signature(p.name for p in f.parameters) for f in overloads]
            best = get_close_matches(
                _signature(arguments), signatures, n=1, cutoff=_PARAMETERS_SIMILARITY
            )
            guess = f"{name}{best[0]}" if best else None
        else:
            names = [function for owner, function in self.functions if owner == schema]
            close = get_close_matches(name, names, n=1, cutoff=_NAME_SIMILARITY)
            guess = close[0] if close else None
        return guess and f"Perhaps you meant to call the function {schema}.{guess}"


def _signature(names: Iterable[str]) -> str:
    return f"({', '.join(sorted(names))})"


def _ambiguous(functions: Collection[Function]) -> ApiError:
    candidates = ", ".join(
        f"{function.schema}.{function.name}"
        f"({', '.join(f'{p.name} => {p.type}' for p in function.parameters)})"
        for function in functions
    )
    return ApiError(
        HTTPStatus.MULTIPLE_CHOICES,
        "PGRST203",
        f"Could not choose the best candidate function between: {candidates}",
        hint="Try renaming the parameters or the function itself in the database so function "
        "overloading can be resolved",
    )


_FUNCTIONS: Final = """
    SELECT n.nspname AS schema, p.proname AS name, p.provolatile <> 'v' AS read_only,
           p.proretset AS returns_set, p.prorettype = 'void'::regtype AS returns_void,
           p.pronargs - p.pronargdefaults AS required,
           coalesce(a.names, '{}') AS names, coalesce(a.types, '{}') AS types,
           (SELECT split_part(setting, '=', 2) FROM unnest(p.proconfig) AS setting
             WHERE setting LIKE 'statement_timeout=%') AS statement_timeout
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
      LEFT JOIN LATERAL (
        SELECT array_agg(coalesce(arg.name, '') ORDER BY arg.position) AS names,
               array_agg(format_type(arg.type, NULL) ORDER BY arg.position) AS types
          FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames,
                      p.proargmodes) WITH ORDINALITY AS arg (type, name, mode, position)
         WHERE arg.type IS NOT NULL AND coalesce(arg.mode, 'i') IN ('i', 'b', 'v')
      ) AS a ON true
     WHERE p.prokind = 'f' AND n.nspname = ANY ($1)
     ORDER BY 1, 2, p.oid
"""

# As PostgREST: roles that the login role is a member of, and only what it may set itself.
_ROLE_SETTINGS: Final = """
    SELECT role, key, value
      FROM (
        SELECT r.rolname AS role, split_part(setting, '=', 1) AS key,
               substr(setting, strpos(setting, '=') + 1) AS value
          FROM pg_auth_members AS m
          JOIN pg_roles AS r ON r.oid = m.roleid
          CROSS JOIN unnest(r.rolconfig) AS setting
         WHERE m.member = current_user::regrole
      ) AS configured
      JOIN pg_settings AS known ON known.name = key
     WHERE known.context = 'user' OR has_parameter_privilege(current_user, known.name, 'set')
"""


async def load_schema_cache(
    connection: "Connection[Record] | PoolConnectionProxy[Record]", schemas: Collection[str]
) -> SchemaCache:
    """Read functions and role settings from the catalogue."""
    functions: dict[tuple[str, str], tuple[Function, ...]] = {}
    for row in await connection.fetch(_FUNCTIONS, list(schemas)):
        key = (row["schema"], row["name"])
        functions[key] = (*functions.get(key, ()), _function(row))
    role_settings: dict[str, dict[str, str]] = {}
    for row in await connection.fetch(_ROLE_SETTINGS):
        role_settings.setdefault(row["role"], {})[row["key"]] = row["value"]
    return SchemaCache(functions, role_settings)


def _function(row: "Record") -> Function:
    parameters = tuple(
        Parameter(name, type_, position < row["required"])
        for position, (name, type_) in enumerate(zip(row["names"], row["types"], strict=True))
    )
    return Function(
        schema=row["schema"],
        name=row["name"],
        parameters=parameters,
        read_only=row["read_only"],
        returns_set=row["returns_set"],
        returns_void=row["returns_void"],
        statement_timeout=row["statement_timeout"],
    )
