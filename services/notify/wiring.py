"""The one place that knows which classes notify is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.contracts import Stream
from services.kit.build import build_info
from services.kit.bus import Group, Tail
from services.kit.component import Component
from services.kit.erasures import ERASURES, Eraser, Erasures
from services.kit.http import HttpServer
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.kit.throttle import Throttle
from services.notify.api import Notify, create_app
from services.notify.closing import StreamCloser
from services.notify.deliveries.challenge import Challenger
from services.notify.deliveries.deliverer import Deliverer
from services.notify.deliveries.fanout import FanOut
from services.notify.deliveries.sender import Sender
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS, Deliveries, Endpoints
from services.notify.erasing import erasing, says
from services.notify.handlers import Handlers
from services.notify.hub import Hub
from services.notify.keyring import KEYS, Keyring
from services.notify.repository import HEADS, NOTIFICATIONS, Feeds, RowFeeds
from services.notify.retention import Retention
from services.notify.settings import NotifySettings
from services.notify.tickets import TICKETS, Tickets

__all__ = ["NAME", "build"]

NAME = "notify"

_DELIVERIES_KEPT = timedelta(days=7)
_DOCUMENTS = (KEYS, HEADS, ERASURES, ENDPOINTS, DELIVERIES, TICKETS)

_STORED = (Stream.ACCOUNTS, Stream.DECISIONS, Stream.RENDERS)
_HEARD = (
    Stream.ACCOUNTS,
    Stream.DECISIONS,
    Stream.RENDERS,
    Stream.PROGRESS,
    Stream.USAGE,
    Stream.LIMITS,
)


async def build(context: Context[NotifySettings]) -> Sequence[Component]:
    settings = context.settings
    plumbing = plumb(context, NAME, _DOCUMENTS)
    await plumbing.ensure(*_DOCUMENTS, NOTIFICATIONS)
    rows, heads = plumbing.rows(NOTIFICATIONS), plumbing.documents(HEADS)
    feeds = RowFeeds(rows, heads, context.clock, timedelta(days=settings.retention_days))
    keyring = Keyring(plumbing.documents(KEYS))
    hub = Hub(buffer=settings.buffer, per_account=settings.connections)
    erasures = Erasures(plumbing.documents(ERASURES), context.clock)
    hooks = _webhooks(plumbing, feeds, settings)
    handlers = Handlers(feeds, keyring, hub, erasures, fanout=hooks.fanout.account)
    group = _group(plumbing, handlers, settings)
    tail = Tail(plumbing.connection, _HEARD, clock=context.clock, readiness=context.readiness)
    tail.listen(handlers.overhear)
    notify = Notify(
        feeds=feeds,
        hub=hub,
        keyring=keyring,
        pepper=settings.pepper,
        clock=context.clock,
        stream_seconds=settings.stream_seconds,
        origins=frozenset(settings.origins),
        tickets=Tickets(plumbing.documents(TICKETS), context.clock),
        endpoints=hooks.endpoints,
        deliveries=hooks.deliveries,
        fanout=hooks.fanout,
        challenger=hooks.challenger,
        challenges=Throttle(context.clock, rate=1 / 30, burst=30),
        told=hooks.deliverer.wake,
    )
    app = create_app(notify, build_info().version, at_once=settings.requests_at_once)
    server = HttpServer(
        app,
        settings.host,
        settings.port,
        context.readiness,
        linger_seconds=settings.linger_seconds,
    )
    retention = Retention(rows, heads, erasures, context.clock)
    erase = erasing(feeds, keyring, hub, hooks.endpoints, hooks.deliveries)
    return (
        *plumbing.components,
        retention,
        Eraser(erasures, erase, says, context.clock),
        hooks.deliverer,
        hooks.fanout,
        group,
        tail,
        server,
        StreamCloser(hub),
    )


@dataclass(frozen=True)
class _Webhooks:
    endpoints: Endpoints
    deliveries: Deliveries
    fanout: FanOut
    deliverer: Deliverer
    challenger: Challenger


def _webhooks(plumbing: Plumbing, feeds: Feeds, settings: NotifySettings) -> _Webhooks:
    clock, rules = plumbing.context.clock, settings.webhook_rules
    endpoints = Endpoints(plumbing.documents(ENDPOINTS))
    deliveries = Deliveries(plumbing.documents(DELIVERIES))
    sender = Sender(rules, seconds=settings.webhook_seconds, proxy=settings.webhook_proxy)
    deliverer = Deliverer(endpoints, deliveries, sender, clock)
    fanout = FanOut(endpoints, deliveries, feeds, clock, kept=_DELIVERIES_KEPT, told=deliverer.wake)
    return _Webhooks(endpoints, deliveries, fanout, deliverer, Challenger(sender, rules, clock))


def _group(plumbing: Plumbing, handlers: Handlers, settings: NotifySettings) -> Group:
    context = plumbing.context
    return Group(
        plumbing.connection,
        NAME,
        _STORED,
        handlers.store,
        clock=context.clock,
        readiness=context.readiness,
        replica=settings.replica,
        producer=plumbing.producer,
    )
