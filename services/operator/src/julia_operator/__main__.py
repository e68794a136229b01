"""`python -m julia_operator`."""

from julia_common.serve import run
from julia_operator.bootstrap import build
from julia_operator.settings import Settings

if __name__ == "__main__":
    run("julia-operator", Settings, build)
