"""What gateway is told from outside."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from services.kit.settings import Port, Secret, ServiceSettings

__all__ = ["GatewaySettings"]

_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
_HTTP = r"^https?://[^/\s?#]+[^\s?#]*$"


class GatewaySettings(ServiceSettings):
    """`HEATSINK_GATEWAY_…`, beside what all services read."""

    service: ClassVar[str] = "gateway"

    pepper: Secret = Field(description="16 characters or more, the same in every service")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(8000, description="0 (a free port) to 65535")
    linger_seconds: float = Field(
        2, ge=0, le=60, description="seconds of taking requests when told to stop, until 60"
    )
    public_url: str | None = Field(
        None, pattern=_HTTP, description="this API as clients reach it, such as https://api.example"
    )
    events_url: str = Field(
        "http://127.0.0.1:8001/v1/events",
        pattern=_HTTP,
        description="notify's events as clients reach them, such as https://push.example/v1/events",
    )
    demo_keys_file: Path | None = Field(
        None, description="path of a JSON file for the keys of demo accounts, made where missing"
    )
    wait_seconds: float = Field(
        300, gt=0, le=3600, description="seconds that a call waits for its images, up to 3600"
    )
    poll_seconds: float = Field(
        5, gt=0, le=300, description="seconds between a waiting call's looks at the database"
    )
    retention_days: float = Field(30, ge=2, le=3650, description="days to keep jobs, 2 to 3650")
    prompt_days: float | None = Field(
        None, gt=0, le=3650, description="days to keep an ended job's prompt, if fewer than the job"
    )
    picture_grace_hours: float = Field(
        24, ge=1, le=720, description="hours until a picture that is no job's is removed, 1 to 720"
    )
    sweep_minutes: float = Field(
        60, gt=0, le=1440, description="minutes between sweeps of prompts and pictures, up to 1440"
    )
    join_seconds: float = Field(
        900, gt=0, le=86_400, description="seconds that a client's retry may join its first call"
    )
    link_seconds: float = Field(
        900, gt=0, le=86_400, description="seconds that a signed link opens, up to 86400"
    )
    link_secret: Secret | None = Field(
        None, description="16 characters or more; signs links and cursors (default: the pepper)"
    )
    link_secret_before: Secret | None = Field(
        None, description="the link secret before this one: links that it signed still open"
    )
    remind_seconds: float = Field(
        600, gt=0, le=86_400, description="age at which a job that got nowhere is asked for again"
    )
    outbox_backlog: int = Field(
        10_000, ge=1, description="unpublished jobs at which no more are taken in, 1 or more"
    )
    outbox_seconds: float = Field(
        300, gt=0, description="age of the oldest unpublished event at which no jobs are taken in"
    )
    undecided: int = Field(
        10_000, ge=1, description="jobs without a decision at which no more are taken in, 1 or more"
    )
    bus_seconds: float = Field(
        3, gt=0, le=60, description="seconds of Kafka's silence after which no call may wait, to 60"
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="origins whose pages may call, such as https://app.example, or * for all"
    )
    submissions_per_second: float = Field(
        100, gt=0, description="submissions of one account, in the long run; ten times that at once"
    )
    requests_at_once: int = Field(
        1000, ge=1, le=100_000, description="requests answered at a time, 1 to 100000"
    )
    waits_at_once: int = Field(
        500, ge=1, le=100_000, description="calls that wait for pictures at a time, 1 to 100000"
    )
    database_seconds: float = Field(
        2.5, gt=0, le=60, description="seconds of one request for all its database calls, up to 60"
    )
    key_seconds: float = Field(
        5, ge=0, le=30, description="seconds for which a key's account is remembered, 0 to 30"
    )
    body_bytes: int = Field(
        1_048_576, ge=1024, le=16_777_216, description="largest JSON body, 1024 to 16777216"
    )
    upload_bytes: int = Field(
        33_554_432, ge=65_536, le=536_870_912, description="largest form with photos, in bytes"
    )
    upload_hours: float = Field(
        72,
        ge=24,
        le=720,
        description="hours to keep photos, 24 to 720; jobs may begin with one for the first half",
    )
    decoders: int = Field(
        2, ge=1, le=64, description="processes that read photos at a time, 1 to 64"
    )
    moderation_words: Path | None = Field(
        None, description="path of a YAML file with the words that no prompt may have"
    )
    moderation_url: str | None = Field(
        None, description="an address that says which prompts are refused, as OpenAI's moderations"
    )
    moderation_seconds: float = Field(
        3, gt=0, le=60, description="seconds that it may take over one prompt, up to 60"
    )
    body_seconds: float = Field(
        10, gt=0, le=120, description="seconds in which a body must arrive, up to 120"
    )

    @property
    def reached_at(self) -> str:
        """Where clients reach this API."""
        host = "127.0.0.1" if self.host in _EVERYWHERE else self.host
        bracketed = f"[{host}]" if ":" in host else host
        return (self.public_url or f"http://{bracketed}:{self.port}").rstrip("/")

    @property
    def link_secrets(self) -> tuple[SecretStr, ...]:
        """The one that signs, and the one before it."""
        before = (self.link_secret_before,) if self.link_secret_before else ()
        return (self.link_secret or self.pepper, *before)

    @model_validator(mode="after")
    def _prompts_go_before_their_jobs(self) -> Self:
        if self.prompt_days is not None and self.prompt_days > self.retention_days:
            raise ValueError(
                "HEATSINK_GATEWAY_PROMPT_DAYS is more than HEATSINK_GATEWAY_RETENTION_DAYS; "
                "expected: as many days or fewer"
            )
        return self

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> Self:
        if not self.port and self.public_url is None:
            raise ValueError(
                "HEATSINK_GATEWAY_PUBLIC_URL is not set, and HEATSINK_GATEWAY_PORT is 0; "
                "expected: an address for links, or a port"
            )
        return self
