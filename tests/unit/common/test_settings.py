"""A wrong environment stops the process, by name and without showing a value."""

import pytest
from cryptography.fernet import Fernet

from julia_common.settings import (
    BrokerSettings,
    CeilingSettings,
    ChatwootSettings,
    CommonSettings,
    EvolutionSettings,
    QuarantineSettings,
    RedisSettings,
    SupabaseSettings,
    load_settings,
)


class Everything(
    CommonSettings,
    BrokerSettings,
    RedisSettings,
    SupabaseSettings,
    EvolutionSettings,
    QuarantineSettings,
    CeilingSettings,
):
    pass


GOOD = {
    "ENVIRONMENT": "production",
    "LOG_LEVEL": "WARNING",
    "RABBITMQ_URL": "amqp://julia:hunter2-rabbit@rabbitmq:5672/",
    "REDIS_URL": "redis://redis:6379/0",
    "SUPABASE_URL": "https://xxx.supabase.co/",
    "SUPABASE_SERVICE_KEY": "eyJ-service-key",
    "EVOLUTION_API_URL": "http://evolution-api:8080",
    "EVOLUTION_API_KEY": "evolution-key",
    "EVOLUTION_INSTANCE": "julia-prod",
    "QUARANTINE_KEY": Fernet.generate_key().decode(),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [*GOOD, "PORT", "HOST", "DEBUG", "MAX_MSGS_POR_HORA", "MAX_MSGS_POR_DIA"]:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_names_of_the_operations_contract_are_read(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings(Everything)

    assert settings.environment == "production"
    assert settings.supabase_url == "https://xxx.supabase.co"
    assert settings.rabbitmq_url.get_secret_value() == GOOD["RABBITMQ_URL"]
    assert (settings.max_msgs_por_hora, settings.max_msgs_por_dia) == (15, 80)
    assert settings.evolution_timeout_seconds == 10


@pytest.mark.parametrize(
    ("named", "instances"),
    [
        ("julia-prod", ("julia-prod",)),
        ("julia-2, julia-1,julia-2,", ("julia-2", "julia-1")),
    ],
)
def test_several_numbers_are_named_with_commas_in_their_order(
    environment: pytest.MonkeyPatch, named: str, instances: tuple[str, ...]
) -> None:
    environment.setenv("EVOLUTION_INSTANCE", named)

    assert load_settings(Everything).evolution_instances == instances


def test_secrets_do_not_show_themselves(environment: pytest.MonkeyPatch) -> None:
    shown = repr(load_settings(Everything))

    for name in ("RABBITMQ_URL", "SUPABASE_SERVICE_KEY", "EVOLUTION_API_KEY", "QUARANTINE_KEY"):
        assert GOOD[name] not in shown


def test_every_missing_variable_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("RABBITMQ_URL")
    environment.delenv("SUPABASE_SERVICE_KEY")

    with pytest.raises(SystemExit) as stopped:
        load_settings(Everything)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "RABBITMQ_URL: is not set" in said
    assert "SUPABASE_SERVICE_KEY: is not set" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RABBITMQ_URL", "rabbitmq-without-scheme"),
        ("RABBITMQ_URL", "http://secret-host:5672"),
        ("REDIS_URL", "redis://host:not-a-port"),
        ("SUPABASE_URL", "xxx.supabase.co"),
        ("SUPABASE_SERVICE_KEY", "   "),
        ("QUARANTINE_KEY", "not-a-fernet-key"),
        ("PORT", "eighty-hundred"),
        ("LOG_LEVEL", "chatty"),
        ("ENVIRONMENT", "prodution"),
        ("EVOLUTION_INSTANCE", ""),
        ("EVOLUTION_INSTANCE", " , "),
        ("EVOLUTION_TIMEOUT_SECONDS", "0"),
        ("MAX_MSGS_POR_HORA", "-3"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_shown(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SystemExit) as stopped:
        load_settings(Everything)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert f"  {name}: " in said
    assert len(value.strip()) < 3 or value not in said


def test_a_chatwoot_needs_a_token_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHATWOOT_URL", "http://chatwoot:3000")
    with pytest.raises(SystemExit):
        load_settings(ChatwootSettings)
    assert "CHATWOOT_API_TOKEN" in capsys.readouterr().err

    monkeypatch.setenv("CHATWOOT_API_TOKEN", "token")
    monkeypatch.setenv("CHATWOOT_PUBLIC_URL", "https://chat.example.com/")
    monkeypatch.setenv("CHATWOOT_ACCOUNT_ID", "3")
    told = load_settings(ChatwootSettings).chatwoot_chats
    assert told == "https://chat.example.com/app/accounts/3/conversations"


def test_without_a_chatwoot_nothing_of_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATWOOT_URL", "")

    assert load_settings(ChatwootSettings).chatwoot_chats is None
