"""Who is told outside of streams, and by what."""

from dataclasses import dataclass

from services.notify.deliveries.challenge import Challenger
from services.notify.deliveries.deliverer import Deliverer
from services.notify.deliveries.fanout import FanOut
from services.notify.deliveries.limits import LimitsFanOut
from services.notify.deliveries.store import Deliveries, Endpoints
from services.notify.deliveries.vapid import Vapid
from services.notify.sealing import Sealer

__all__ = ["Outside"]


@dataclass(frozen=True)
class Outside:
    endpoints: Endpoints
    deliveries: Deliveries
    fanout: FanOut
    limits: LimitsFanOut
    deliverer: Deliverer
    challenger: Challenger
    vapid: Vapid
    sealer: Sealer
