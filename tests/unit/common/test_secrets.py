"""Secrets whose files change while the process runs."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pydantic import SecretStr

from julia_common.errors import Permanent
from julia_common.messaging.quarantine import seal, unseal
from julia_common.secrets import (
    OVERLAP_SECONDS,
    RotatingSecret,
    SecretFiles,
    SecretHeader,
    SecretsCheck,
    accepted_values,
    with_secret,
)
from julia_common.secrets.files import MAX_BYTES
from julia_common.settings import (
    CommonSettings,
    EvolutionSettings,
    QuarantineSettings,
    SlackSettings,
    WebhookSettings,
    load_settings,
)
from julia_common.testing import ManualClock, Mount

FERNET_KEY = Fernet.generate_key().decode()
FILES = {
    "EVOLUTION_API_URL": "http://evolution:8080",
    "EVOLUTION_INSTANCE": "julia",
    "EVOLUTION_API_KEY": "first-key",
    "EVOLUTION_WEBHOOK_SECRET": "first-secret",
    "QUARANTINE_KEY": FERNET_KEY,
    "SLACK_WEBHOOK_URL": "https://hooks.example/first",
}


class Settings(
    CommonSettings, EvolutionSettings, WebhookSettings, QuarantineSettings, SlackSettings
):
    pass


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mount:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    for name in [*FILES, "EVOLUTION_WEBHOOK_SECRET_PREVIOUS", "EVOLUTION_JWT_KEY"]:
        monkeypatch.delenv(name, raising=False)
    mounted = Mount(tmp_path)
    mounted.hold(**FILES)
    return mounted


@pytest.fixture
def settings(mount: Mount) -> Settings:
    return load_settings(Settings)


@pytest.fixture
def look(settings: Settings) -> Callable[[], None]:
    """Let the files be looked at as often as it takes for a value to count."""
    files = SecretFiles(settings, settings.secrets_dir, mask=lambda _: None)

    def twice() -> None:
        files.look()
        files.look()

    twice()
    return twice


def rotations(setting: str) -> float:
    return REGISTRY.get_sample_value("julia_secret_rotations_total", {"setting": setting}) or 0


def gauge(name: str, setting: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"setting": setting})


def test_a_file_wins_over_the_environment(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLUTION_API_KEY", "of the environment")
    mount.hold(EVOLUTION_API_KEY="of the file\n")

    assert load_settings(Settings).evolution_api_key.get_secret_value() == "of the file"


def test_what_has_no_file_is_read_from_the_environment(
    mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount.hold(EVOLUTION_API_KEY=None)
    monkeypatch.setenv("EVOLUTION_API_KEY", "of the environment")

    assert load_settings(Settings).evolution_api_key.get_secret_value() == "of the environment"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "must not be empty"),
        (b" \n", "must not be empty"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"zero\x00byte", "must be printable ASCII characters"),
        ("ação".encode(), "must be printable ASCII characters"),
        (b"k" * (MAX_BYTES + 1), f"is longer than {MAX_BYTES} bytes"),
    ],
)
def test_a_bad_file_stops_the_start_and_is_named(
    mount: Mount, capsys: pytest.CaptureFixture[str], content: bytes, complaint: str
) -> None:
    mount.hold(EVOLUTION_API_KEY=content)

    with pytest.raises(SystemExit) as stopped:
        load_settings(Settings)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    file = mount.folder / "EVOLUTION_API_KEY"
    assert f"  EVOLUTION_API_KEY ({file}): {complaint}\n" in said


def test_everything_that_is_missing_is_named_at_once(
    mount: Mount, capsys: pytest.CaptureFixture[str]
) -> None:
    mount.hold(EVOLUTION_API_KEY=None, QUARANTINE_KEY="short")
    (mount.folder / "EVOLUTION_WEBHOOK_SECRET").unlink()
    (mount.folder / "EVOLUTION_WEBHOOK_SECRET").mkdir()

    with pytest.raises(SystemExit):
        load_settings(Settings)

    said = capsys.readouterr().err
    assert "  EVOLUTION_API_KEY: is not set\n" in said
    assert f"  QUARANTINE_KEY ({mount.folder / 'QUARANTINE_KEY'}): must be a Fernet key" in said
    assert "EVOLUTION_WEBHOOK_SECRET): cannot be read (Is a directory)\n" in said
    assert str(mount.folder) in said.splitlines()[-1]


def test_a_new_value_is_taken_and_counted(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    before = rotations("EVOLUTION_API_KEY")
    mount.hold(EVOLUTION_API_KEY="second-key")
    look()
    look()

    assert settings.evolution_api_key.get_secret_value() == "second-key"
    assert rotations("EVOLUTION_API_KEY") == before + 1


def test_a_value_counts_once_two_looks_have_found_it(mount: Mount, settings: Settings) -> None:
    files = SecretFiles(settings, settings.secrets_dir, mask=lambda _: None)
    for half_written in ("sec", "second-k", "second-key"):
        mount.hold(EVOLUTION_API_KEY=half_written)
        files.look()
        assert settings.evolution_api_key.get_secret_value() == "first-key"
    files.look()

    assert settings.evolution_api_key.get_secret_value() == "second-key"
    assert accepted_values(settings.evolution_api_key) == ("second-key", "first-key")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"a\x00b", None])
def test_a_value_that_is_none_is_not_taken_and_named_without_being_shown(
    mount: Mount,
    settings: Settings,
    look: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
    content: bytes | None,
) -> None:
    mount.hold(EVOLUTION_API_KEY=content)
    look()

    assert settings.evolution_api_key.get_secret_value() == "first-key"
    assert gauge("julia_secret_unusable", "EVOLUTION_API_KEY") == 1
    [said] = [line.getMessage() for line in caplog.records if line.levelno == logging.ERROR]
    assert said.startswith("EVOLUTION_API_KEY keeps the value it had")
    assert "first-key" not in said

    mount.hold(EVOLUTION_API_KEY="second-key")
    look()
    assert settings.evolution_api_key.get_secret_value() == "second-key"
    assert gauge("julia_secret_unusable", "EVOLUTION_API_KEY") == 0


def test_a_value_of_the_wrong_form_is_not_taken(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    mount.hold(QUARANTINE_KEY="cut-off", SLACK_WEBHOOK_URL="")
    look()

    assert settings.quarantine_key.get_secret_value() == FERNET_KEY
    assert settings.slack_webhook_url is not None
    assert settings.slack_webhook_url.get_secret_value() == "https://hooks.example/first"


def test_what_may_be_empty_comes_and_goes(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    previous = settings.evolution_webhook_secret_previous
    assert accepted_values(previous) == ()

    mount.hold(EVOLUTION_WEBHOOK_SECRET_PREVIOUS="the-one-before")
    look()
    assert accepted_values(previous) == ("the-one-before",)
    mount.hold(EVOLUTION_WEBHOOK_SECRET_PREVIOUS=None)
    look()
    assert accepted_values(previous) == (), "taken away, it has no overlap"


def test_a_secret_of_the_environment_stays_when_there_is_no_file(
    mount: Mount, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mount.hold(EVOLUTION_API_KEY=None)
    monkeypatch.setenv("EVOLUTION_API_KEY", "of the environment")
    settings = load_settings(Settings)
    files = SecretFiles(settings, settings.secrets_dir, mask=lambda _: None)
    files.look()
    files.look()

    assert settings.evolution_api_key.get_secret_value() == "of the environment"
    assert not caplog.records


def test_a_new_value_and_the_password_in_it_are_masked(mount: Mount, settings: Settings) -> None:
    masked: list[str] = []
    files = SecretFiles(settings, settings.secrets_dir, mask=masked.append)
    mount.hold(SLACK_WEBHOOK_URL="https://julia:hunter2@hooks.example/second")
    files.look()
    files.look()

    assert masked == ["https://julia:hunter2@hooks.example/second", "hunter2"]


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8))
def test_every_replaced_value_stays_good_for_the_overlap(values: list[str]) -> None:
    clock = ManualClock()
    secret = RotatingSecret("start", monotonic=clock.monotonic)
    for value in values:
        secret.take(value)

    assert accepted_values(secret)[0] == values[-1]
    assert sorted(accepted_values(secret)) == sorted({"start", *values})
    clock.advance(OVERLAP_SECONDS)
    assert accepted_values(secret) == (values[-1],)


class Refused(Exception):
    """By whom the secret is for."""


def accepting(*good: str) -> tuple[Callable[[str], object], list[str]]:
    tried: list[str] = []

    async def call(value: str) -> str:
        tried.append(value)
        if value not in good:
            raise Refused
        return "done"

    return call, tried


async def use(secret: SecretStr, call: Callable[[str], object]) -> object:
    return await with_secret(
        secret,
        call,  # type: ignore[arg-type]  # what `accepting` returns is awaitable
        is_refusal=lambda error: isinstance(error, Refused),
    )


async def test_refused_with_the_old_value_the_file_is_read_at_once(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    mount.hold(EVOLUTION_API_KEY="second-key")
    call, tried = accepting("second-key")

    assert await use(settings.evolution_api_key, call) == "done"
    assert tried == ["first-key", "second-key"]
    assert settings.evolution_api_key.get_secret_value() == "second-key"


async def test_refused_with_the_new_value_the_old_one_is_tried(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    mount.hold(EVOLUTION_API_KEY="second-key")
    look()
    call, tried = accepting("first-key")

    assert await use(settings.evolution_api_key, call) == "done"
    assert tried == ["second-key", "first-key"]
    assert gauge("julia_secret_refused", "EVOLUTION_API_KEY") == 1, "that will not last"


@pytest.mark.parametrize(("method", "held_against_it"), [("GET", True), ("DELETE", False)])
async def test_that_an_agent_may_not_delete_is_not_held_against_the_secret(
    method: str, held_against_it: bool
) -> None:
    """Chatwoot answers 401 to an agent who deletes what only administrators may."""
    secret = RotatingSecret("of an agent")
    transport = httpx.MockTransport(lambda _: httpx.Response(401))
    auth = SecretHeader(secret, "api_access_token")
    async with httpx.AsyncClient(transport=transport, auth=auth) as client:
        await client.request(method, "https://chatwoot.example/contacts/1")

    assert secret.is_refused is held_against_it


async def test_without_another_value_a_refusal_is_raised_after_one_call() -> None:
    call, tried = accepting()
    with pytest.raises(Refused):
        await use(RotatingSecret("only"), call)
    with pytest.raises(Refused):
        await use(SecretStr("plain"), call)

    assert tried == ["only", "plain"]


async def test_a_header_is_sent_once_more_with_the_other_value_when_it_is_refused() -> None:
    secret = RotatingSecret("old")
    secret.take("new")
    seen: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["apikey"], request.content))
        return httpx.Response(200 if request.headers["apikey"] == "key old" else 401)

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), auth=SecretHeader(secret, "apikey", "key {}")
    ) as http:
        response = await http.post("http://evolution/", content=b"body")

    assert response.is_success
    assert seen == [("key new", b"body"), ("key old", b"body")]


async def test_readiness_names_a_refused_secret_until_it_is_replaced(
    mount: Mount, settings: Settings, look: Callable[[], None]
) -> None:
    asked: list[str] = []

    async def ask() -> None:
        call, tried = accepting("good-key")
        try:
            await use(settings.evolution_api_key, call)
        finally:
            asked.extend(tried)

    check = SecretsCheck(settings, (settings.evolution_api_key, ask))
    with pytest.raises(Permanent, match=r"^EVOLUTION_API_KEY refused"):
        await check()

    mount.hold(EVOLUTION_API_KEY="good-key")
    look()
    await check()
    await check()
    assert asked == ["first-key", "good-key"], "once it is known to be good, nobody is asked"


async def test_while_the_value_before_works_a_refused_one_makes_nobody_unready() -> None:
    clock = ManualClock()
    secret = RotatingSecret("old", monotonic=clock.monotonic)
    secret.take("wrong")
    call, _ = accepting("old")

    await use(secret, call)
    assert secret.is_refused
    assert not secret.is_useless
    clock.advance(OVERLAP_SECONDS)
    assert secret.is_useless


async def test_a_neighbour_that_is_away_makes_nobody_unready(settings: Settings) -> None:
    async def ask() -> None:
        raise ConnectionError

    await SecretsCheck(settings, (settings.evolution_api_key, ask))()


def test_what_the_key_before_has_sealed_is_opened_with_both() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = seal(b"a body", SecretStr(old))

    assert unseal(sealed, SecretStr(f"{new},{old}")) == b"a body"
    assert unseal(seal(b"later", SecretStr(f"{new}, {old}")), SecretStr(new)) == b"later"
    with pytest.raises(Permanent, match="QUARANTINE_KEY"):
        unseal(sealed, SecretStr(new))


def test_a_file_that_others_may_not_read_is_named(
    mount: Mount, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def refuse(path: Path, *arguments: str) -> object:
        if path.name == "QUARANTINE_KEY":
            raise PermissionError(13, os.strerror(13))
        return real(path, *arguments)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SystemExit):
        load_settings(Settings)

    assert "QUARANTINE_KEY): cannot be read (Permission denied)\n" in capsys.readouterr().err
