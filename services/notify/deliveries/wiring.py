"""What tells those outside of streams, put together."""

from datetime import timedelta

from services.kit.plumbing import Plumbing
from services.notify.deliveries.challenge import Challenger
from services.notify.deliveries.deliverer import Announce, Deliverer
from services.notify.deliveries.fanout import FanOut
from services.notify.deliveries.limits import LimitsFanOut
from services.notify.deliveries.outside import Outside
from services.notify.deliveries.packing import Packer
from services.notify.deliveries.sender import Sender
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS, Deliveries, Endpoints
from services.notify.deliveries.vapid import VAPID, Vapid, kept_key
from services.notify.keyring import Keyring
from services.notify.repository import Feeds
from services.notify.sealing import Sealer
from services.notify.settings import NotifySettings

__all__ = ["wired"]


async def wired(
    plumbing: Plumbing,
    feeds: Feeds,
    keyring: Keyring,
    settings: NotifySettings,
    announce: Announce,
) -> Outside:
    clock, rules = plumbing.context.clock, settings.webhook_rules
    sealer = Sealer(settings.pepper)
    key = await plumbing.patiently(lambda: kept_key(plumbing.documents(VAPID), sealer))
    vapid = Vapid(key, sealer, settings.push_contact)
    endpoints = Endpoints(plumbing.documents(ENDPOINTS))
    deliveries = Deliveries(plumbing.documents(DELIVERIES))
    sender = Sender(rules, seconds=settings.webhook_seconds, proxy=settings.webhook_proxy)
    claim = timedelta(seconds=2 * settings.webhook_seconds)
    packer = Packer(vapid, sealer)
    deliverer = Deliverer(
        endpoints, deliveries, sender, packer, clock, claim=claim, announce=announce
    )
    fanout = FanOut(endpoints, deliveries, feeds, clock, told=deliverer.wake)
    limits = LimitsFanOut(endpoints, deliveries, keyring, clock, deliverer.wake)
    challenger = Challenger(sender, rules, clock)
    return Outside(endpoints, deliveries, fanout, limits, deliverer, challenger, vapid, sealer)
