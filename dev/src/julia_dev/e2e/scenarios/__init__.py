"""The issue's scenarios, in the order in which they are played."""

from typing import Final

from julia_dev.e2e.scenarios import (
    autoscaling,
    bad_secrets,
    evictions,
    install,
    kills,
    measured,
    pause,
    restore,
    upgrades,
)
from julia_dev.e2e.scene import Scenario

ALL: Final = (
    Scenario(1, "helm install, from nothing to the first answer", install.play, installs=True),
    Scenario(2, "two upgrades and a rollback under load", upgrades.play),
    Scenario(3, "every pod deleted with no grace, under load", kills.play),
    Scenario(4, "every pod evicted, budgets respected, under load", evictions.play),
    Scenario(5, "ingest scaled out and back mid-burst, the brain by KEDA", autoscaling.play),
    Scenario(6, "a JuliaStatus pauses and resumes under load", pause.play),
    Scenario(7, "bad secrets in a second install, new ones in the first", bad_secrets.play),
    Scenario(8, "database, Redis and sessions lost and restored", restore.play),
    Scenario(9, "Pod Security restricted, and what each service takes", measured.play),
)
