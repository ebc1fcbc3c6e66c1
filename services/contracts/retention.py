"""The retention table: everything that is stored, where, for how long, and by what it goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from services.contracts.streams import DEAD_LETTER_RETENTION, STREAMS, StreamSpec

__all__ = ["RETENTION", "Goes", "Kept", "longest_replay", "span_of_time"]


class Goes(StrEnum):
    """What removes a thing."""

    INDEX = "TTL index"
    SWEEP = "sweep"
    USE = "replaced by the next"
    ERASURE = "erasing the account"
    TOPIC = "Kafka, by the topic's retention"
    COMPACTION = "Kafka, by compaction"


@dataclass(frozen=True)
class Kept:
    """One kind of thing that is stored. `collection` is None where it is no collection's.

    `span` is the default of `setting` where there is one; without a span the thing stays until
    what `goes` names happens.
    """

    what: str
    place: str
    collection: str | None
    span: timedelta | None
    since: str
    goes: Goes
    setting: str | None = None

    @property
    def kept(self) -> str:
        return f"{span_of_time(self.span)} {self.since}" if self.span else self.since


def longest_replay() -> timedelta:
    """For how long an event may come again.

    A dead letter that is replayed on its last day lies on its topic for that topic's own time.
    """
    return DEAD_LETTER_RETENTION + max(spec.retention for spec in STREAMS.values()) + _DAY


def span_of_time(span: timedelta) -> str:
    """`30 days`, `1 hour`: in the largest unit that it is a whole number of."""
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    raise AssertionError


_DAY = timedelta(days=1)
_MINUTES = timedelta(minutes=10)
_STAYS = "as long as its account"
_ONE = "the last state of each"


def _days(count: float) -> timedelta:
    return timedelta(days=count)


_DOCUMENTS = (
    Kept(
        "jobs, with their prompts and answers",
        "gateway",
        "jobs",
        _days(30),
        "from the submission",
        Goes.INDEX,
        "HEATSINK_GATEWAY_RETENTION_DAYS",
    ),
    Kept(
        "prompts of ended jobs, where they go before the job",
        "gateway",
        "jobs",
        None,
        "as long as the job",
        Goes.SWEEP,
        "HEATSINK_GATEWAY_PROMPT_DAYS",
    ),
    Kept(
        "batches; their prompts to the end of the batch",
        "gateway",
        "batches",
        _days(30),
        "from the submission",
        Goes.INDEX,
        "HEATSINK_GATEWAY_RETENTION_DAYS",
    ),
    Kept("accounts, with hashes of their keys", "gateway", "accounts", None, _STAYS, Goes.ERASURE),
    Kept(
        "that a submission was refused, without its prompt",
        "gateway",
        "turned_away",
        _days(8),
        "from the refusal",
        Goes.INDEX,
    ),
    Kept(
        "what operators did to accounts",
        "gateway",
        "acts",
        _days(400),
        "from the act, or to the erasing of the account",
        Goes.INDEX,
    ),
    Kept("each account's use of its window", "quota", "accounts", None, _STAYS, Goes.ERASURE),
    Kept("the ledger", "quota", "ledger", _days(90), "from the decision", Goes.INDEX),
    Kept("limits in force, and who set them", "quota", "pools", None, _ONE, Goes.USE),
    Kept(
        "queued and running jobs, with their prompts",
        "render",
        "queue",
        None,
        "to the end",
        Goes.USE,
    ),
    Kept("that a job has ended", "render", "queue", longest_replay(), "from the end", Goes.INDEX),
    Kept("whose turn it is in a lane", "render", "turns", _DAY, "from the last job", Goes.INDEX),
    Kept("how far a lane has come", "render", "lines", None, _ONE, Goes.USE),
    Kept("who works", "render", "workers", _MINUTES, "from the last sign of life", Goes.INDEX),
    Kept(
        "news of jobs",
        "notify",
        "notifications",
        _days(3),
        "from the event",
        Goes.SWEEP,
        "HEATSINK_NOTIFY_RETENTION_DAYS",
    ),
    Kept(
        "webhooks with their secrets, browsers with their keys",
        "notify",
        "endpoints",
        None,
        _STAYS,
        Goes.ERASURE,
    ),
    Kept(
        "deliveries to webhooks and browsers, with their attempts",
        "notify",
        "deliveries",
        _days(7),
        "from the event; a browser's a day",
        Goes.INDEX,
    ),
    Kept("the key that signs pushes to browsers", "notify", "vapid", None, _ONE, Goes.USE),
    Kept(
        "stream tickets", "notify", "tickets", timedelta(seconds=30), "from the making", Goes.INDEX
    ),
    Kept("how far each feed has come", "notify", "heads", None, _STAYS, Goes.ERASURE),
    Kept("hashes of keys", "notify", "keys", None, _STAYS, Goes.ERASURE),
    Kept("leases of leaders", "gateway, quota, render", "leases", None, _ONE, Goes.USE),
    Kept(
        "accounts that are being erased",
        "gateway, quota, render, notify",
        "erasures",
        None,
        "until nothing is left",
        Goes.USE,
    ),
    Kept(
        "that an account was erased, when and by whom, without its id",
        "gateway, quota, render, notify",
        "erasures",
        longest_replay(),
        "from the erasing",
        Goes.INDEX,
    ),
    Kept(
        "events not yet published (outboxes)",
        "gateway, quota, render, notify",
        None,
        None,
        "until Kafka has them",
        Goes.USE,
    ),
)

_BLOBS = (
    Kept(
        "pictures of a job",
        "blob store",
        None,
        None,
        "as long as the job, and the grace",
        Goes.SWEEP,
        "HEATSINK_GATEWAY_PICTURE_GRACE_HOURS",
    ),
    Kept(
        "photos and masks that came with requests",
        "blob store",
        None,
        _days(3),
        "from their storing",
        Goes.SWEEP,
        "HEATSINK_GATEWAY_UPLOAD_HOURS",
    ),
    Kept(
        "pictures that are no job's: previews, and those of attempts that came to nothing",
        "blob store",
        None,
        _DAY,
        "from their storing",
        Goes.SWEEP,
        "HEATSINK_GATEWAY_PICTURE_GRACE_HOURS",
    ),
)


def _topics() -> Iterator[Kept]:
    for spec in STREAMS.values():
        yield _compacted(spec) if spec.compacted else _deleted(spec)
    yield Kept(
        "dead letters: events that could not be handled",
        "the topics' `.dlq`",
        None,
        DEAD_LETTER_RETENTION,
        "from the failure",
        Goes.TOPIC,
    )


def _compacted(spec: StreamSpec) -> Kept:
    since = f"the last of each key; older ones for {span_of_time(spec.retention)}"
    return Kept("events", f"topic `{spec.stream}`", None, None, since, Goes.COMPACTION)


def _deleted(spec: StreamSpec) -> Kept:
    what = "events with prompts" if spec.stream in _WITH_PROMPTS else "events"
    place = f"topic `{spec.stream}`"
    return Kept(what, place, None, spec.retention, "from the event", Goes.TOPIC)


_WITH_PROMPTS = ("submissions", "requests", "decisions")

RETENTION: tuple[Kept, ...] = (*_DOCUMENTS, *_BLOBS, *_topics())
