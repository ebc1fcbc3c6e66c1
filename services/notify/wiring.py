"""The one place that knows which classes notify is made of."""

from collections.abc import Sequence
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
from services.notify.announcer import Announcer
from services.notify.api import Notify, create_app
from services.notify.closing import StreamCloser
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS
from services.notify.deliveries.vapid import VAPID
from services.notify.deliveries.wiring import wired
from services.notify.erasing import erasing, says
from services.notify.handlers import Handlers
from services.notify.hub import Hub
from services.notify.keyring import KEYS, Keyring
from services.notify.lookout import Lookout
from services.notify.repository import HEADS, NOTIFICATIONS, RowFeeds
from services.notify.retention import Retention
from services.notify.settings import NotifySettings
from services.notify.tickets import TICKETS, Tickets

__all__ = ["NAME", "build"]

NAME = "notify"

_DOCUMENTS = (KEYS, HEADS, ERASURES, ENDPOINTS, DELIVERIES, TICKETS, VAPID)

_STORED = (Stream.ACCOUNTS, Stream.DECISIONS, Stream.RENDERS, Stream.LIMITS)
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
    announcer = Announcer(feeds, hub, erasures)
    told = await wired(plumbing, feeds, keyring, settings, announcer.announce)
    announcer.fan_out(told.fanout.account)
    handlers = Handlers(announcer, keyring, hub, erasures, Lookout(feeds, hub), limits=told.limits)
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
        endpoints=told.endpoints,
        deliveries=told.deliveries,
        fanout=told.fanout,
        challenger=told.challenger,
        challenges=Throttle(context.clock, rate=1 / 30, burst=30),
        vapid=told.vapid,
        sealer=told.sealer,
        rules=settings.webhook_rules,
        push_services=settings.push_services,
        told=told.deliverer.wake,
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
    erase = erasing(feeds, keyring, hub, told.endpoints, told.deliveries)
    return (
        *plumbing.components,
        retention,
        Eraser(erasures, erase, says, context.clock),
        told.deliverer,
        told.fanout,
        group,
        tail,
        server,
        StreamCloser(hub, context.clock, seconds=settings.drain_seconds / 3),
    )


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
