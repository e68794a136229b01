"""`python -m julia_dispatcher`."""

from julia_common.serve import run
from julia_dispatcher.bootstrap import build
from julia_dispatcher.settings import Settings

if __name__ == "__main__":
    run("julia-dispatcher", Settings, build)
