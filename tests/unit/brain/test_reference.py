"""The reference page names what the code has, and nothing else."""

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from julia_brain import metrics
from julia_brain.domain.checks import Flaw
from julia_brain.settings import Settings
from julia_common.settings import CommonSettings

PAGE = Path(__file__).parents[3].joinpath("docs/reference/brain.md").read_text()


def test_every_metric_is_in_the_reference() -> None:
    defined = {
        f"{found._name}{'_total' if found._type == 'counter' else ''}"
        for found in vars(metrics).values()
        if isinstance(found, MetricWrapperBase)
    }

    assert set(re.findall(r"^\| `(julia_\w+)`", PAGE, re.MULTILINE)) == defined


def test_every_flaw_of_a_draft_is_in_the_reference() -> None:
    table = PAGE.partition("| `falha` | what makes")[2].partition("\n\n")[0]
    first_cells = " ".join(row.split("|")[1] for row in table.splitlines()[2:])

    assert set(re.findall(r"`(\w+)`", first_cells)) == set(Flaw)


def test_every_setting_is_in_the_reference() -> None:
    # Those of every service are in settings.md.
    own = Settings.model_fields.keys() - CommonSettings.model_fields.keys()
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`", PAGE.partition("## Settings")[2]))

    assert own <= {name.lower() for name in named} <= Settings.model_fields.keys()
