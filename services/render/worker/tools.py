"""What every attempt of a worker works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.kit.bus import LossyPublisher
from services.kit.clock import Clock
from services.kit.moderation import Moderator
from services.render.core import RetryPolicy
from services.render.images import Images
from services.render.repository import Queue
from services.render.worker.desk import Desk
from services.render.worker.host import EngineHost
from services.render.worker.meter import Meter

__all__ = ["Tools"]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """`jitter` answers numbers in 0..1."""

    queue: Queue
    images: Images
    moderator: Moderator
    host: EngineHost
    desk: Desk
    meter: Meter
    publisher: LossyPublisher
    clock: Clock
    lease: timedelta
    retries: RetryPolicy
    progress_per_second: float
    jitter: Callable[[], float]
