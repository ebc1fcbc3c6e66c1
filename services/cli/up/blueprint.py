"""What a system is made of beside its parts, so that tests can build one of other processes."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from services.cli.parts.process import Command
from services.cli.up.addresses import SERVICES, Addresses
from services.cli.up.keeper import Backoff
from services.contracts import topics
from services.kit.bus import Connection, apply

__all__ = ["HEATSINK", "Blueprint"]


@dataclass(frozen=True)
class Blueprint:
    """`commands` has one for each service.

    `prepare` runs when the parts are there and before any service starts. `backoff` is what passes
    between a death and the next start.
    """

    commands: Mapping[str, Command]
    prepare: Callable[[Addresses], Awaitable[object]]
    backoff: Backoff = field(default_factory=Backoff)


async def _apply_topics(addresses: Addresses) -> None:
    connection = Connection(addresses.kafka_bootstrap, topic_prefix=addresses.topic_prefix)
    await apply(connection, topics(addresses.topic_prefix))


HEATSINK = Blueprint(
    commands={name: [sys.executable, "-m", f"services.{name}"] for name in SERVICES},
    prepare=_apply_topics,
)
