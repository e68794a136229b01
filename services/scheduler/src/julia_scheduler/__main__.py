"""`python -m julia_scheduler`."""

from julia_common.serve import run
from julia_scheduler.bootstrap import build
from julia_scheduler.settings import Settings

if __name__ == "__main__":
    run("julia-scheduler", Settings, build)
