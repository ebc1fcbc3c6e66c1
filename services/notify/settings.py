"""What notify is told from outside."""

from typing import ClassVar

from pydantic import Field

from services.kit.settings import Port, Secret, ServiceSettings

__all__ = ["NotifySettings"]


class NotifySettings(ServiceSettings):
    service: ClassVar[str] = "notify"

    pepper: Secret = Field(description="16 characters or more, the same in every service")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(8001, description="0 (a free port) to 65535")
    linger_seconds: float = Field(
        2, ge=0, le=60, description="seconds of taking requests when told to stop, until 60"
    )
    buffer: int = Field(256, ge=1, le=10_000, description="events held for one client, 1 to 10000")
    connections: int = Field(
        20, ge=1, le=10_000, description="streams of one account on one replica, 1 to 10000"
    )
    requests_at_once: int = Field(
        10_000, ge=1, le=100_000, description="streams of all accounts on one replica, 1 to 100000"
    )
    stream_seconds: float = Field(
        3600, gt=0, le=86_400, description="seconds until a stream ends and its client resumes"
    )
    retention_days: float = Field(
        3, gt=0, le=365, description="days that a notification can be replayed, up to 365"
    )
