"""What `heatsink up` is told, by flags and by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.kit.settings import misconfigured

__all__ = ["UpOptions"]

_HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class UpOptions:
    """`environ` is the caller's whole environment: what it says of services is passed on to them.

    Of it `up` itself reads, all optional: HEATSINK_KAFKA_BOOTSTRAP and HEATSINK_MONGO_URL (a part
    that is there already is not started), HEATSINK_GATEWAY_PORT, HEATSINK_NOTIFY_PORT,
    HEATSINK_UP_KAFKA_PORT, HEATSINK_UP_DATABASE_PORT (else free ones, the same at each start),
    HEATSINK_UP_CACHE (where Kafka's packages are kept; ~/.cache/heatsink).
    """

    environ: Mapping[str, str]
    data: Path = Path(".heatsink")
    json: bool = False
    picture: bool = True

    @property
    def kafka_bootstrap(self) -> str | None:
        return self.environ.get("HEATSINK_KAFKA_BOOTSTRAP") or None

    @property
    def mongo_url(self) -> str | None:
        return self.environ.get("HEATSINK_MONGO_URL") or None

    @property
    def topic_prefix(self) -> str:
        return self.environ.get("HEATSINK_TOPIC_PREFIX") or "heatsink"

    @property
    def database_prefix(self) -> str:
        return self.environ.get("HEATSINK_DATABASE_PREFIX") or "heatsink"

    @property
    def cache(self) -> Path | None:
        named = self.environ.get("HEATSINK_UP_CACHE")
        return Path(named).expanduser() if named else None

    def port(self, variable: str) -> int | None:
        """A port that the user chose; a value that is none ends the process with 78."""
        value = self.environ.get(variable)
        if not value:
            return None
        if not (value.isdecimal() and 0 < int(value) <= _HIGHEST_PORT):
            misconfigured(f"{variable}: is no port; expected: 1 to {_HIGHEST_PORT}")
        return int(value)
