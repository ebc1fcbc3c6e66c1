from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field, SecretStr, ValidationError

from services.kit.settings import (
    KafkaSecurity,
    LogFormat,
    Port,
    Secret,
    ServiceSettings,
    read,
    variables,
)

BASIC = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "HEATSINK_MONGO_URL": "mongodb://user:hunter2hunter2@127.0.0.1:27017/?directConnection=true",
}
PEPPER = "a pepper nobody should ever see"


class SpoonSettings(ServiceSettings):
    service: ClassVar[str] = "spoon"

    port: Port = Field(8080, description="0 (a free port) to 65535")
    origins: tuple[str, ...] = Field((), description="addresses, separated by commas")
    shares: dict[str, float] = Field(default_factory=dict, description="a JSON object of figures")
    token: Secret | None = Field(None, description="16 characters or more")


class LadleSettings(ServiceSettings):
    service: ClassVar[str] = "spoon"

    depth: int = Field(3, description="a whole number")


def refusal(capsys: pytest.CaptureFixture[str], **given: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        read(SpoonSettings, BASIC | given)
    assert stopped.value.code == 78
    written = capsys.readouterr()
    assert written.out == ""
    (line,) = written.err.splitlines()
    return line


def test_settings_come_from_variables_common_and_own() -> None:
    settings = read(
        SpoonSettings,
        BASIC
        | {
            "HEATSINK_LOG_FORMAT": "console",
            "HEATSINK_KAFKA_SECURITY": "sasl_ssl",
            "HEATSINK_SPOON_PORT": "9000",
            "HEATSINK_SPOON_ORIGINS": "https://a.example, https://b.example",
            "HEATSINK_SPOON_SHARES": '{"free": 0.5}',
            "PATH": "/bin",
        },
    )
    assert settings.log_format is LogFormat.CONSOLE
    assert settings.kafka_security is KafkaSecurity.SASL_SSL
    assert settings.port == 9000
    assert settings.origins == ("https://a.example", "https://b.example")
    assert settings.shares == {"free": 0.5}
    assert settings.topic_prefix == "heatsink"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read(SpoonSettings, BASIC | {"HEATSINK_OTLP_ENDPOINT": ""}).otlp_endpoint is None


def test_a_variable_is_named_for_where_its_field_was_declared() -> None:
    names = variables(SpoonSettings)
    assert names["port"] == "HEATSINK_SPOON_PORT"
    assert names["log_level"] == "HEATSINK_LOG_LEVEL"


def test_a_missing_variable_is_named_with_its_form(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(capsys, HEATSINK_MONGO_URL="")
    assert line == (
        "heatsink: HEATSINK_MONGO_URL: is not set; "
        "expected: mongodb://host:port/?options or mongodb+srv://…"
    )


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("HEATSINK_SPOON_PORT", "eighty", "valid integer"),
        ("HEATSINK_SPOON_PORT", "65536", "less than or equal to 65535"),
        ("HEATSINK_KAFKA_BOOTSTRAP", "no port", "no list of addresses"),
        ("HEATSINK_OTLP_ENDPOINT", "ftp://x", "no HTTP address"),
        ("HEATSINK_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("HEATSINK_TRACE_RATIO", "2", "less than or equal to 1"),
        ("HEATSINK_PRODUCTION", "maybe", "valid boolean"),
        ("HEATSINK_SPOON_SHARES", "{broken", "broken JSON"),
    ],
)
def test_a_bad_value_is_refused_with_reason_and_form(
    capsys: pytest.CaptureFixture[str], variable: str, value: str, reason: str
) -> None:
    line = refusal(capsys, **{variable: value})
    assert line.startswith(f"heatsink: {variable}: ")
    assert reason in line
    assert "; expected: " in line


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HEATSINK_MONGO_URL", "postgres://user:hunter2hunter2@db"),
        ("HEATSINK_PEPPER", "hunter2hunter2"),
        ("HEATSINK_SPOON_TOKEN", "hunter2hunter2"),
    ],
)
def test_a_refused_secret_is_not_shown(
    capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    assert "hunter2" not in refusal(capsys, **{variable: value})


def test_an_unknown_variable_in_the_common_space_is_fatal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refusal(capsys, HEATSINK_LOG_FROMAT="json")
    expected = "HEATSINK_LOG_FROMAT is not a setting; did you mean HEATSINK_LOG_FORMAT?"
    assert line == f"heatsink: {expected}"


def test_an_unknown_variable_in_its_own_space_is_fatal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "HEATSINK_SPOON_PRT is not a setting" in refusal(capsys, HEATSINK_SPOON_PRT="1")


def test_variables_of_siblings_roles_and_clients_are_left_to_them() -> None:
    read(
        SpoonSettings,
        BASIC
        | {
            "HEATSINK_GATEWAY_ANYTHING": "1",
            "HEATSINK_SPOON_DEPTH": "3",
            "HEATSINK_URL": "http://127.0.0.1",
        },
    )


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pepper"
    file.write_text(f"{PEPPER}\n")
    file.chmod(0o600)
    settings = read(SpoonSettings, BASIC | {"HEATSINK_PEPPER_FILE": str(file)})
    assert settings.pepper is not None
    assert settings.pepper.get_secret_value() == PEPPER


def test_a_secret_file_that_everybody_can_read_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "pepper"
    file.write_text(PEPPER)
    file.chmod(0o644)
    line = refusal(capsys, HEATSINK_PEPPER_FILE=str(file))
    assert "HEATSINK_PEPPER_FILE: the file can be read by everybody" in line
    assert PEPPER not in line


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "pepper"
    if content:
        file.write_bytes(content)
        file.chmod(0o600)
    line = refusal(capsys, HEATSINK_PEPPER_FILE=str(file))
    assert "HEATSINK_PEPPER_FILE: the file can't be read" in line


def test_production_refuses_kafka_without_tls(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(capsys, HEATSINK_PRODUCTION="true")
    assert "HEATSINK_KAFKA_SECURITY is without TLS" in line


def test_production_takes_plaintext_kafka_when_told_to_by_hand() -> None:
    told = {"HEATSINK_PRODUCTION": "true", "HEATSINK_ALLOW_PLAINTEXT_KAFKA": "true"}
    assert read(SpoonSettings, BASIC | told).production


def test_settings_made_in_code_look_at_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATSINK_LOG_LEVEL", "debug")
    settings = SpoonSettings(
        kafka_bootstrap="127.0.0.1:9092", mongo_url=SecretStr("mongodb://127.0.0.1")
    )
    assert settings.log_level == "info"


def test_settings_are_frozen_and_show_no_secret() -> None:
    settings = read(SpoonSettings, BASIC | {"HEATSINK_PEPPER": PEPPER})
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc] # the point
    assert "hunter2" not in repr(settings)
    assert PEPPER not in repr(settings)


def test_a_field_without_a_description_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match=r"Fork\.tines lacks a description"):

        class Fork(ServiceSettings):
            service: ClassVar[str] = "fork"
            tines: int = 4
