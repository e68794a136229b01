"""The command that lets resources go, where it cannot."""

import pytest

from julia_operator.release import main
from julia_operator.settings import NamespaceSettings

pytestmark = pytest.mark.unit


async def test_a_release_that_cannot_reach_an_api_server_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")

    assert await main(NamespaceSettings()) == 1
