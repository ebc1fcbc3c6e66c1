"""What every service is told from outside."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

__all__ = ["KafkaSecurity", "LogFormat", "MongoUrl", "Port", "Secret", "ServiceSettings"]

_ADDRESSES = re.compile(r"[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*|\[[0-9a-f:]+\]:\d{1,5}")


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class KafkaSecurity(StrEnum):
    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"

    @property
    def encrypted(self) -> bool:
        return self in {KafkaSecurity.SSL, KafkaSecurity.SASL_SSL}


def _mongo_url(url: SecretStr) -> SecretStr:
    if not re.match(r"mongodb(\+srv)?://[^/\s]+", url.get_secret_value()):
        raise ValueError("is no MongoDB address")
    return url


def _addresses(value: str) -> str:
    if not _ADDRESSES.fullmatch(value):
        raise ValueError("is no list of addresses")
    return value


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+[^\s?#]*", value):
        raise ValueError("is no HTTP address")
    return value


Port = Annotated[int, Field(ge=0, le=65535)]
Secret = Annotated[SecretStr, Field(min_length=16)]
MongoUrl = Annotated[SecretStr, AfterValidator(_mongo_url)]


class ServiceSettings(BaseSettings):
    """What all services share, read from `HEATSINK_<FIELD>`.

    A service's own class sets `service` and adds fields, read from `HEATSINK_<SERVICE>_<FIELD>`.
    Each field has a description that says which form is allowed: it is part of the message when
    a value is refused. A secret may also come from a file named by `…_FILE`.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )
    service: ClassVar[str] = ""

    kafka_bootstrap: Annotated[str, AfterValidator(_addresses)] = Field(
        description="brokers as host:port, separated by commas"
    )
    kafka_security: KafkaSecurity = Field(
        KafkaSecurity.PLAINTEXT, description="plaintext, ssl, sasl_plaintext or sasl_ssl"
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN, where SASL is on"
    )
    kafka_username: str | None = Field(None, description="user name, where SASL is on")
    kafka_password: SecretStr | None = Field(None, description="password, where SASL is on")
    kafka_ca_file: Path | None = Field(None, description="path of a PEM file, where TLS is on")
    allow_plaintext_kafka: bool = Field(
        default=False, description="true or false; true lets production speak to Kafka without TLS"
    )
    kafka_session_seconds: float = Field(
        30, ge=6, le=300, description="seconds of silence after which a consumer is out, 6 to 300"
    )
    mongo_url: MongoUrl = Field(description="mongodb://host:port/?options or mongodb+srv://…")
    topic_prefix: str = Field(
        "heatsink", pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$", description="a-z, 0-9, dot, dash"
    )
    database_prefix: str = Field(
        "heatsink", pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$", description="a-z, 0-9, dash, underscore"
    )
    blobs: str = Field(
        ".heatsink/blobs", min_length=1, description="a folder, or an address such as s3://bucket"
    )
    catalogue: Path = Field(
        Path("models/catalogue.yaml"), description="path of the catalogue of models (YAML)"
    )
    plans: Path = Field(
        Path("services/quota/plans.yaml"), description="path of the table of plans (YAML)"
    )
    pepper: Secret | None = Field(
        None, description="16 characters or more, the same in every service"
    )
    production: bool = Field(
        default=False, description="true or false; true refuses what is only fit for trying out"
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="json or console")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    otlp_endpoint: Annotated[str, AfterValidator(_http_url)] | None = Field(
        None, description="where traces and metrics go, such as http://127.0.0.1:4318"
    )
    trace_ratio: float = Field(1.0, ge=0, le=1, description="share of traces to keep, 0 to 1")
    health_host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    health_port: Port = Field(0, description="0 (a free port) to 65535")
    replica: str = Field(
        "0", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", description="letters, digits, dot, dash"
    )
    drain_seconds: float = Field(20, gt=0, le=3600, description="seconds, more than 0, up to 3600")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """An object made in code is what it was given: only `read` looks at the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if not field.description:
                raise TypeError(f"{cls.__name__}.{name} lacks a description of its allowed form")

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        exposed = not self.kafka_security.encrypted and not self.allow_plaintext_kafka
        if self.production and exposed:
            raise ValueError(
                "HEATSINK_KAFKA_SECURITY is without TLS in production; expected: ssl or sasl_ssl "
                "(or HEATSINK_ALLOW_PLAINTEXT_KAFKA=true)"
            )
        return self
