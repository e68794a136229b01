"""The command that lets resources go, where it cannot, and where there are none."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from julia_operator.release import main
from julia_operator.settings import NamespaceSettings
from julia_simulators.evolution.testing import serving

pytestmark = pytest.mark.unit


@pytest.fixture
def status() -> HTTPStatus:
    """What the API server answers to everything."""
    return HTTPStatus.NOT_FOUND


@pytest.fixture
def api_server(
    status: HTTPStatus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The API server that KUBECONFIG names."""

    def answer(_: Request) -> Response:
        return Response(status_code=status)

    with serving(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(
            f"""
            current-context: it
            clusters: [{{name: it, cluster: {{server: "{url}"}}}}]
            users: [{{name: it, user: {{token: it}}}}]
            contexts: [{{name: it, context: {{cluster: it, user: it}}}}]
            """
        )
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        yield


async def test_a_release_that_cannot_reach_an_api_server_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")

    assert await main(NamespaceSettings()) == 1


@pytest.mark.usefixtures("api_server")
async def test_where_the_kind_was_never_installed_there_is_nothing_to_let_go() -> None:
    assert await main(NamespaceSettings()) == 0


@pytest.mark.usefixtures("api_server")
@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_an_api_server_that_refuses_does_not_pass_for_one_without_resources() -> None:
    assert await main(NamespaceSettings()) == 1
