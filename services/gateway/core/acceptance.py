"""Whether a job that is asked for now may be promised, by how far behind the others are."""

from dataclasses import dataclass

from services.kit.errors import Unavailable

__all__ = ["Bounds", "Outlook", "obstacle"]


@dataclass(frozen=True)
class Bounds:
    """From where on nothing more is taken in.

    `backlog` and `oldest_seconds`: unpublished jobs, and the age of the oldest. `bus_seconds`: how
    long Kafka may be silent before calls that wait for a picture are refused. `undecided`: jobs
    that quota has not decided on.
    """

    backlog: int = 10_000
    oldest_seconds: float = 300.0
    bus_seconds: float = 3.0
    undecided: int = 10_000


@dataclass(frozen=True)
class Outlook:
    """What is known now: the outbox's backlog, its oldest event's age, and Kafka's silence.

    `undecided` jobs have had no decision, and no job has for `undecided_for` seconds.
    """

    backlog: int = 0
    oldest_seconds: float = 0.0
    bus_away_for: float = 0.0
    undecided: int = 0
    undecided_for: float = 0.0


def obstacle(seen: Outlook, bounds: Bounds, *, waits: bool) -> Unavailable | None:
    """Why a job should not be taken in now, if so; `waits`: its caller waits for its end.

    Who waits is refused as soon as Kafka is known to be away: it could not be answered, and a job
    that nobody heard of would be drawn and charged. Who asks for a job to follow gets one as long
    as the outbox may grow.
    """
    if waits and seen.bus_away_for >= bounds.bus_seconds:
        return Unavailable("bus", "Kafka is silent", lasting=seen.bus_away_for)
    if seen.backlog >= bounds.backlog or seen.oldest_seconds >= bounds.oldest_seconds:
        lasting = max(seen.bus_away_for, seen.oldest_seconds)
        return Unavailable("bus", "too much waits to be published", lasting=lasting)
    if seen.undecided >= bounds.undecided:
        detail = "too many jobs wait for a decision"
        return Unavailable("admission", detail, lasting=seen.undecided_for)
    return None
