"""What notify is told from outside."""

from datetime import timedelta
from ipaddress import ip_network
from typing import ClassVar

from pydantic import Field, field_validator

from services.kit.settings import Port, Secret, ServiceSettings
from services.notify.core.address import TargetRules
from services.notify.core.subscription import PUSH_SERVICES

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
    origins: tuple[str, ...] = Field(
        (), description="origins whose pages may open a WebSocket, such as https://app.example"
    )
    requests_at_once: int = Field(
        10_000, ge=1, le=100_000, description="streams of all accounts on one replica, 1 to 100000"
    )
    stream_seconds: float = Field(
        3600, gt=0, le=86_400, description="seconds until a stream ends and its client resumes"
    )
    webhook_seconds: float = Field(
        15, gt=0, le=30, description="seconds that a webhook's receiver may take, up to 30"
    )
    webhook_networks: tuple[str, ...] = Field(
        (), description="networks of your own that webhooks may reach, such as 10.1.0.0/16"
    )
    webhook_ports: tuple[int, ...] = Field((443,), description="ports that webhooks may go to")
    webhook_http: bool = Field(
        default=False, description="true or false; true lets webhooks go without TLS, to any port"
    )
    webhook_proxy: str | None = Field(
        None, description="an egress proxy that decides where webhooks may go"
    )
    push_services: tuple[str, ...] = Field(
        PUSH_SERVICES, description="hosts, and all below them, that pushes to browsers may go to"
    )
    push_contact: str | None = Field(
        None, pattern=r"^(mailto:.+@.+|https://.+)$", description="where push services may write to"
    )
    retention_days: float = Field(
        3, gt=0, le=365, description="days that a notification can be replayed, up to 365"
    )

    @property
    def kept_for(self) -> timedelta:
        return timedelta(days=self.retention_days)

    @property
    def webhook_rules(self) -> TargetRules:
        return TargetRules(
            tuple(ip_network(one) for one in self.webhook_networks),
            frozenset(self.webhook_ports),
            self.webhook_http,
        )

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            ip_network(one)
        return given
