"""`python -m julia_ingest` runs the service."""

from julia_common.serve import run
from julia_ingest.bootstrap import build
from julia_ingest.settings import Settings

if __name__ == "__main__":
    run("julia-api", Settings, build)
