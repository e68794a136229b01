"""Run the brain: `python -m julia_brain`."""

from julia_brain.bootstrap import SERVICE, build
from julia_brain.settings import Settings
from julia_common.serve import run

if __name__ == "__main__":
    run(SERVICE, Settings, build)
