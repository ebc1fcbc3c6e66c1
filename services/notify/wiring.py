"""The one place that knows which classes notify is made of."""

from collections.abc import Sequence

from services.contracts import Stream
from services.kit.bus import Group, Tail
from services.kit.component import Component
from services.kit.erasures import ERASURES, Eraser, Erasures
from services.kit.http import HttpServer, protect
from services.kit.lifecycle import Context
from services.kit.plumbing import Plumbing, plumb
from services.kit.throttle import Throttle
from services.notify.announcer import Announcer
from services.notify.api import Notify, create_app
from services.notify.closing import StreamCloser
from services.notify.deliveries.outside import Outside
from services.notify.deliveries.store import DELIVERIES, ENDPOINTS
from services.notify.deliveries.vapid import VAPID
from services.notify.deliveries.wiring import wired
from services.notify.erasing import erasing, says
from services.notify.handlers import Handlers
from services.notify.hub import Hub
from services.notify.keyring import KEYS, Keyring
from services.notify.lookout import Lookout
from services.notify.repository import HEADS, NOTIFICATIONS, Feeds, RowFeeds
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
    feeds = RowFeeds(rows, heads, context.clock, settings.kept_for)
    keyring = Keyring(plumbing.documents(KEYS))
    hub = Hub(buffer=settings.buffer, per_account=settings.connections)
    erasures = Erasures(plumbing.documents(ERASURES), context.clock)
    announcer = Announcer(feeds, hub, erasures)
    outside = await wired(plumbing, feeds, keyring, settings, announcer.announce)
    announcer.fan_out(outside.fanout.account)
    handlers = Handlers(
        announcer, keyring, hub, erasures, Lookout(feeds, hub), limits=outside.limits
    )
    group = _group(plumbing, handlers, settings)
    tail = Tail(plumbing.connection, _HEARD, clock=context.clock, readiness=context.readiness)
    tail.listen(handlers.overhear)
    tickets = Tickets(plumbing.documents(TICKETS), context.clock)
    notify = _notify(
        context, feeds=feeds, hub=hub, keyring=keyring, tickets=tickets, outside=outside
    )
    retention = Retention(rows, heads, erasures, context.clock)
    erase = erasing(feeds, keyring, hub, outside.endpoints, outside.deliveries)
    return (
        *plumbing.components,
        retention,
        Eraser(erasures, erase, says, context.clock),
        outside.deliverer,
        outside.fanout,
        group,
        tail,
        _server(context, notify),
        StreamCloser(hub, context.clock, seconds=settings.drain_seconds / 3),
    )


def _notify(
    context: Context[NotifySettings],
    *,
    feeds: Feeds,
    hub: Hub,
    keyring: Keyring,
    tickets: Tickets,
    outside: Outside,
) -> Notify:
    settings = context.settings
    return Notify(
        feeds=feeds,
        hub=hub,
        keyring=keyring,
        pepper=settings.pepper,
        clock=context.clock,
        stream_seconds=settings.stream_seconds,
        kept_for=settings.kept_for,
        origins=frozenset(settings.origins),
        tickets=tickets,
        outside=outside,
        challenges=Throttle(context.clock, rate=1 / 30, burst=30),
        rules=settings.webhook_rules,
        push_services=settings.push_services,
    )


def _server(context: Context[NotifySettings], notify: Notify) -> HttpServer:
    settings = context.settings
    return HttpServer(
        protect(create_app(notify), at_once=settings.requests_at_once),
        settings.host,
        settings.port,
        context.readiness,
        linger_seconds=settings.linger_seconds,
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
