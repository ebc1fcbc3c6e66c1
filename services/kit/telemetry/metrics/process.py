"""The process itself: its HTTP side, its event loop, and the parts it stands on."""

from services.kit.telemetry.instruments import Counter, Gauge, Histogram, Labels, Level

__all__ = [
    "AUTH_FAILURES",
    "BLOB_SECONDS",
    "BUILD",
    "DB_SECONDS",
    "HTTP_OPEN",
    "HTTP_SECONDS",
    "LOOP_LAG_SECONDS",
    "READY",
    "SPANS_DROPPED",
    "WRITE_CONFLICTS",
]

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def _request(*, method: str, route: str, status: int) -> Labels:
    return {"method": method, "route": route, "status": status}


def _method(*, method: str) -> Labels:
    return {"method": method}


def _reason(*, reason: str) -> Labels:
    return {"reason": reason}


def _database(*, collection: str, operation: str, outcome: str) -> Labels:
    return {"collection": collection, "operation": operation, "outcome": outcome}


def _collection(*, collection: str) -> Labels:
    return {"collection": collection}


def _blobs(*, operation: str, outcome: str) -> Labels:
    return {"operation": operation, "outcome": outcome}


def _build(*, version: str, commit: str) -> Labels:
    return {"version": version, "commit": commit}


def _none() -> Labels:
    return {}


HTTP_SECONDS = Histogram(
    "heatsink.http.duration",
    "s",
    "From a request's first byte to its answer's last, by route.",
    _request,
    bounds=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
HTTP_OPEN = Level("heatsink.http.open", "{request}", "Requests being answered now.", _method)
AUTH_FAILURES = Counter(
    "heatsink.auth.failures", "{request}", "Requests with no valid credentials, by why.", _reason
)
LOOP_LAG_SECONDS = Histogram(
    "heatsink.loop.lag",
    "s",
    "How late the event loop came to a timer: what blocks it shows here.",
    _none,
    bounds=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DB_SECONDS = Histogram(
    "heatsink.database.duration", "s", "Time in one database call.", _database, bounds=_QUICK
)
WRITE_CONFLICTS = Counter(
    "heatsink.database.conflicts", "{write}", "Compare-and-sets that lost a race.", _collection
)
BLOB_SECONDS = Histogram(
    "heatsink.blobs.duration", "s", "Time in one call of the blob store.", _blobs, bounds=_QUICK
)
SPANS_DROPPED = Counter(
    "heatsink.telemetry.spans.dropped",
    "{span}",
    "Spans that reached no collector: their queue was full, or it did not take them.",
    _reason,
)
READY = Gauge("heatsink.ready", "1", "1 while this process is ready to serve.", _none)
BUILD = Gauge("heatsink.build", "1", "Always 1; the labels say what runs.", _build)
