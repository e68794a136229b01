"""The issue's scenarios, in the order in which they are played."""

from typing import Final

from julia_dev.e2e.scenarios import evictions, install, kills, pause, upgrades
from julia_dev.e2e.scene import Scenario

ALL: Final = (
    Scenario(1, "helm install, from nothing to the first answer", install.play, installs=True),
    Scenario(2, "two upgrades and a rollback under load", upgrades.play),
    Scenario(3, "every pod deleted with no grace, under load", kills.play),
    Scenario(4, "every pod evicted, budgets respected, under load", evictions.play),
    Scenario(6, "a JuliaStatus pauses and resumes under load", pause.play),
)
