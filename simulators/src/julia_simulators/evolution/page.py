"""The page on which a person plays a doctor: plain files of this package, nothing from outside."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from julia_simulators.evolution.state import World

_STATIC = Path(__file__).parent / "static"
_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"


def routes(world: World, note: str) -> list[Route | Mount]:
    """Return the page, its files, and the few facts that it shows of this process."""

    async def index(_: Request) -> Response:
        return FileResponse(
            _STATIC / "index.html",
            headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"},
        )

    async def facts(_: Request) -> Response:
        return JSONResponse({"note": note, "instances": list(world.instances)})

    return [
        Route("/", index),
        Route("/_sim/page", facts),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]
