"""The bus, the outbox and the pushes: how news travels."""

from services.kit.telemetry.instruments import Counter, Gauge, Histogram, Labels, Level

__all__ = [
    "BUS_REBUILDS",
    "CONSUMER_LAG",
    "DEAD_LETTERS",
    "DEAD_LETTER_NEWEST",
    "DUPLICATES_SKIPPED",
    "EVENTS_HANDLED",
    "EVENTS_PUBLISHED",
    "FUSES_BLOWN",
    "FUSE_STATE",
    "HANDLER_RETRIES",
    "HANDLER_SECONDS",
    "LOSSY_DROPS",
    "NOTIFICATIONS_STORED",
    "OUTBOX_BACKLOG",
    "OUTBOX_OLDEST_SECONDS",
    "PUBLISH_SECONDS",
    "PUSHES",
    "PUSH_SECONDS",
    "RECORDS_UNREADABLE",
    "SSE_CONNECTIONS",
    "STREAM_OVERFLOWS",
]

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def _stream(*, stream: str) -> Labels:
    return {"stream": stream}


def _event(*, stream: str, type: str) -> Labels:
    return {"stream": stream, "type": type}


def _group(*, group: str) -> Labels:
    return {"group": group}


def _group_stream(*, group: str, stream: str) -> Labels:
    return {"group": group, "stream": stream}


def _handled(*, group: str, stream: str, outcome: str) -> Labels:
    return {"group": group, "stream": stream, "outcome": outcome}


def _reason(*, group: str, stream: str, reason: str) -> Labels:
    return {"group": group, "stream": stream, "reason": reason}


def _unreadable(*, reader: str, stream: str, reason: str) -> Labels:
    return {"reader": reader, "stream": stream, "reason": reason}


def _end(*, end: str) -> Labels:
    return {"end": end}


def _collection(*, collection: str) -> Labels:
    return {"collection": collection}


def _channel(*, channel: str) -> Labels:
    return {"channel": channel}


def _pushed(*, channel: str, outcome: str) -> Labels:
    return {"channel": channel, "outcome": outcome}


def _type(*, type: str) -> Labels:
    return {"type": type}


def _none() -> Labels:
    return {}


EVENTS_PUBLISHED = Counter(
    "heatsink.events.published", "{event}", "Events that the brokers acknowledged.", _event
)
PUBLISH_SECONDS = Histogram(
    "heatsink.events.publish.duration",
    "s",
    "From handing events to the producer to the brokers' acknowledgement.",
    _stream,
    bounds=_QUICK,
)
EVENTS_HANDLED = Counter(
    "heatsink.events.handled", "{event}", "Events with a durable outcome, by which.", _handled
)
HANDLER_SECONDS = Histogram(
    "heatsink.events.handler.duration",
    "s",
    "Time in a handler, tries that failed included.",
    _group_stream,
    bounds=_QUICK,
)
HANDLER_RETRIES = Counter(
    "heatsink.events.handler.retries", "{try}", "Handlers called again after a failure.", _reason
)
DUPLICATES_SKIPPED = Counter(
    "heatsink.events.duplicates",
    "{event}",
    "Events that came again and were skipped.",
    _group_stream,
)
DEAD_LETTERS = Counter(
    "heatsink.events.dead_letters", "{event}", "Records put aside as dead letters.", _reason
)
DEAD_LETTER_NEWEST = Gauge(
    "heatsink.events.dead_letters.newest",
    "s",
    "When this process put aside the newest one, as Unix time; 0 where it put none.",
    _group_stream,
)
RECORDS_UNREADABLE = Counter(
    "heatsink.events.unreadable",
    "{event}",
    "Records that a table or tail passed over.",
    _unreadable,
)
FUSES_BLOWN = Counter(
    "heatsink.events.fuses", "{fuse}", "Readers stopped by too many dead letters.", _group
)
FUSE_STATE = Gauge(
    "heatsink.events.fuse", "1", "1 while a reader is stopped by too many dead letters.", _group
)
CONSUMER_LAG = Gauge(
    "heatsink.events.lag", "{event}", "Events that a group has not come to yet.", _group_stream
)
LOSSY_DROPS = Counter(
    "heatsink.events.lossy.dropped", "{event}", "Progress, load and demand not sent.", _stream
)
STREAM_OVERFLOWS = Counter(
    "heatsink.events.overflows", "{subscription}", "Live readers cut off for being slow.", _none
)
BUS_REBUILDS = Counter(
    "heatsink.bus.rebuilds", "{client}", "Kafka clients thrown away and made anew, by end.", _end
)
OUTBOX_BACKLOG = Gauge(
    "heatsink.outbox.backlog", "{event}", "Events stored and not yet published.", _collection
)
OUTBOX_OLDEST_SECONDS = Gauge(
    "heatsink.outbox.oldest", "s", "Age of the oldest event not yet published.", _collection
)
NOTIFICATIONS_STORED = Counter(
    "heatsink.notifications.stored", "{notification}", "Durable notifications written.", _type
)
SSE_CONNECTIONS = Level(
    "heatsink.sse.connections", "{connection}", "Event streams that are open now.", _none
)
PUSHES = Counter("heatsink.pushes", "{push}", "Notifications sent to a client.", _pushed)
PUSH_SECONDS = Histogram(
    "heatsink.push.delay", "s", "From an event's time to its push.", _channel, bounds=_QUICK
)
