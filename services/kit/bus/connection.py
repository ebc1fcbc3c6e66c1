"""How to reach Kafka, and under which names."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.contracts import STREAMS, Stream, topic
from services.kit.bus.kafka import create_ssl_context

__all__ = ["Connection", "Security", "SecurityProtocol"]


class SecurityProtocol(StrEnum):
    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


@dataclass(frozen=True)
class Security:
    """Kafka's own words. `ca_file` is needed where the machine doesn't trust the brokers' CA."""

    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"security_protocol": self.protocol.value}
        if self.protocol in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}:
            cafile = str(self.ca_file) if self.ca_file else None
            options["ssl_context"] = create_ssl_context(cafile=cafile)
        if self.protocol in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options


@dataclass(frozen=True)
class Connection:
    """`bootstrap` is `host:port`, several by commas.

    Topics are `<topic_prefix>.<stream>.v1`, groups `<topic_prefix>.<name>`. A member of a group
    that is silent for `session_seconds` is out of it.
    """

    bootstrap: str
    topic_prefix: str = "heatsink"
    client_id: str = "heatsink"
    security: Security = field(default_factory=Security)
    session_seconds: float = 30.0

    def topic(self, stream: Stream) -> str:
        return topic(stream, self.topic_prefix)

    def group(self, name: str) -> str:
        """The Kafka group of a service: two installations may share brokers."""
        return f"{self.topic_prefix}.{name}"

    def stream(self, topic_name: str) -> Stream | None:
        """The stream of one of our topics; none for a topic of somebody else."""
        return next((stream for stream in STREAMS if self.topic(stream) == topic_name), None)

    def options(self) -> dict[str, Any]:
        """What every client of Kafka is told."""
        return {
            "bootstrap_servers": self.bootstrap,
            "client_id": self.client_id,
            **self.security.options(),
        }
