"""Evolution under test: the simulator, or a real 2.3.7.

With EVOLUTION_CONTRACT_URL and EVOLUTION_CONTRACT_API_KEY set, the tests that need no WhatsApp run
against that server, on an instance of the channel EVOLUTION that they create and delete. Those that
play doctors, people or faults need the simulator and are skipped then. Webhooks must be able to
reach this machine (EVOLUTION_CONTRACT_LISTEN_HOST, default 127.0.0.1).
"""

import os
import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from julia_simulators.evolution.app import create_app
from julia_simulators.evolution.settings import Settings
from julia_simulators.evolution.testing import Listener, Switchboard, eventually, serving

REAL_URL = os.environ.get("EVOLUTION_CONTRACT_URL")
REAL_KEY = os.environ.get("EVOLUTION_CONTRACT_API_KEY", "")
API_KEY = "contract-suite-key"
INSTANCE = "julia-contract"
SECRET = "contract-suite-secret"
DOCTOR = "5519987654321"


TLS = ssl.create_default_context()
"""Read once: it takes longer than a test."""


def client(url: str) -> httpx.Client:
    """Return a client of the server at this address."""
    return httpx.Client(base_url=url, verify=TLS, trust_env=False, timeout=30)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if "contract/evolution" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@dataclass(frozen=True)
class Evolution:
    """A server, an instance on it, and both keys that open it."""

    http: httpx.Client
    instance: str
    global_key: str = field(repr=False)
    token: str = field(repr=False)

    def post(self, route: str, body: Any, timeout_s: float = 30.0) -> httpx.Response:
        """POST `/<route>/<instance>` with the global key."""
        return self.http.post(
            f"/{route}/{self.instance}",
            json=body,
            headers={"apikey": self.global_key},
            timeout=timeout_s,
        )

    def get(self, route: str) -> httpx.Response:
        """GET `/<route>/<instance>` with the global key."""
        return self.http.get(f"/{route}/{self.instance}", headers={"apikey": self.global_key})


@dataclass(frozen=True)
class Simulator(Evolution):
    """The simulator, with its control API and a connected number."""

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API; fail when it refuses."""
        answer = self.http.request(method, f"/_sim/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def doctor(self, number: str = DOCTOR, **traits: Any) -> dict[str, Any]:
        """Let a doctor join WhatsApp."""
        body = {"number": number, "name": "Dra. Helena", **traits}
        created: dict[str, Any] = self.control("POST", "doctors", body)
        return created

    def writes(self, text: str = "Oi", number: str = DOCTOR, **message: Any) -> dict[str, Any]:
        """Let the doctor write."""
        sent: dict[str, Any] = self.control(
            "POST", f"doctors/{number}/messages", {"text": text, **message}
        )
        return sent

    def fault(self, preset: str, times: int | None = 1, **match: str) -> None:
        """Arm a fault without changes to its preset."""
        self.control("POST", "faults", {"preset": preset, "times": times, "match": match})

    def send_text(self, text: str = "Olá", number: str = DOCTOR, **extra: Any) -> httpx.Response:
        """Send as Julia does."""
        return self.post("message/sendText", {"number": number, "text": text, **extra})

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the records of these kinds."""
        found: list[dict[str, Any]] = self.control("GET", f"records?kinds={','.join(kinds)}")[
            "records"
        ]
        return found

    def wait_for_records(self, kind: str, count: int = 1, **facts: Any) -> list[dict[str, Any]]:
        """Wait until that many records with these facts exist."""

        def enough() -> list[dict[str, Any]]:
            found = [
                record
                for record in self.records(kind)
                if all(record.get(name) == value for name, value in facts.items())
            ]
            return found if len(found) >= count else []

        return eventually(enough, f"{count} records of {kind} with {facts}")


@pytest.fixture(scope="session")
def switchboard() -> Iterator[tuple[Switchboard, str]]:
    """One server that hears the webhooks of all tests, and its address."""
    board = Switchboard()
    with serving(board.app()) as url:
        host = os.environ.get("EVOLUTION_CONTRACT_LISTEN_HOST", "127.0.0.1")
        yield board, url.replace("127.0.0.1", host)


@pytest.fixture
def listener() -> Listener:
    """This test's ear for webhooks."""
    return Listener()


@pytest.fixture
def webhook_url(switchboard: tuple[Switchboard, str], listener: Listener) -> Iterator[str]:
    """The address at which the listener hears."""
    board, url = switchboard
    name = uuid.uuid4().hex
    board.listeners[name] = listener
    yield f"{url}/{name}/webhook/evolution"
    listener.hold.set()
    del board.listeners[name]


@pytest.fixture
def sim(webhook_url: str) -> Iterator[Simulator]:
    """A fresh simulator whose webhooks the listener hears, and one doctor; retries are fast."""
    if REAL_URL:
        pytest.skip("plays WhatsApp: needs the simulator")
    settings = Settings(
        evolution_api_key=API_KEY,
        evolution_instance=INSTANCE,
        evolution_webhook_secret=SECRET,
        webhook_url=webhook_url,
        _env_file=None,
    )
    with serving(create_app(settings)) as url, client(url) as http:
        simulator = Simulator(http, INSTANCE, API_KEY, token="")
        simulator.control("PATCH", "tuning", {"webhook_time_scale": 0.001, "ack_delay_s": 0})
        simulator.doctor()
        yield simulator


@pytest.fixture
def channel() -> Iterator[Evolution]:
    """An instance of the channel EVOLUTION: needs no WhatsApp, so a real server can have it."""
    if REAL_URL:
        with client(REAL_URL) as http:
            created = _create_channel(http, REAL_KEY)
            yield created
            http.delete(f"/instance/delete/{created.instance}", headers={"apikey": REAL_KEY})
        return
    settings = Settings(evolution_api_key=API_KEY, evolution_instance=INSTANCE, _env_file=None)
    with serving(create_app(settings)) as url, client(url) as http:
        yield _create_channel(http, API_KEY)


def _create_channel(http: httpx.Client, key: str) -> Evolution:
    name = f"contract-{uuid.uuid4().hex[:8]}"
    body = {"instanceName": name, "integration": "EVOLUTION", "token": uuid.uuid4().hex.upper()}
    answer = http.post("/instance/create", json=body, headers={"apikey": key})
    assert answer.status_code == 201, answer.text
    return Evolution(http, name, key, token=answer.json()["hash"])
