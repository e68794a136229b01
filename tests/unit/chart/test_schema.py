"""The chart's schema knows every value, and takes no other."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from julia_dev import paths

pytestmark = pytest.mark.unit

CHART: Final = paths.ROOT / "charts" / "julia"
VALUES: Final[dict[str, Any]] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: Final[dict[str, Any]] = json.loads((CHART / "values.schema.json").read_text())
NAMED_BY_OTHERS: Final = {"annotations", "commonLabels", "labels", "nodeSelector", "podAnnotations"}
"""Groups whose keys are labels and annotations of a cluster, which no schema can know."""


def _groups(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and key not in NAMED_BY_OTHERS:
            yield from _groups(value, (*path, key))


@pytest.mark.parametrize("path", list(_groups(VALUES)), ids=".".join)
def test_a_key_that_no_template_knows_is_refused_wherever_it_stands(path: tuple[str, ...]) -> None:
    mistaken = deepcopy(VALUES)
    group = mistaken
    for key in path:
        group = group[key]
    group["naoExiste"] = 1

    errors = list(Draft202012Validator(SCHEMA).iter_errors(mistaken))

    assert [tuple(error.absolute_path) for error in errors] == [path]


def test_the_defaults_are_taken() -> None:
    assert not list(Draft202012Validator(SCHEMA).iter_errors(VALUES))


def test_every_secret_may_be_at_another_place_in_the_vault() -> None:
    remote = SCHEMA["properties"]["externalSecrets"]["properties"]["remoteKeys"]
    (pattern,) = remote["patternProperties"]

    assert set(pattern.strip("^()$").split("|")) == set(VALUES["secrets"]) | {
        "redis",
        "rabbitmq",
        "evolution-database",
        "chatwoot",
    }
