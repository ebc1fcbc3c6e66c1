"""What outlives the processes: databases, topics, blobs, and what clients heard."""

from collections import defaultdict

from services.contracts import END_RANK, Envelope, Event, EventId, Stream, job_rank
from services.contracts.events import JobAdmitted
from services.notify.repository import NOTIFICATIONS, FeedRow
from services.quota.core import LEDGER, AccountQuota, LedgerRow
from services.quota.repository import ACCOUNTS as QUOTAS
from services.render.core import QUEUE
from tests.simulation.people import People
from tests.simulation.world import World

__all__ = ["STORY", "Remains", "distinct", "job_of"]

STORY = (Stream.DECISIONS, Stream.RENDERS)


class Remains:
    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.jobs = people.jobs()
        databases = world.parts.databases
        self.quotas: dict[str, AccountQuota] = databases["quota"].states(QUOTAS)
        self.ledger: list[LedgerRow] = databases["quota"].rows(LEDGER)
        self.entries = databases["render"].states(QUEUE)
        self.feed: list[FeedRow] = databases["notify"].rows(NOTIFICATIONS)
        self.requested = distinct(world.parts.broker.envelopes(Stream.REQUESTS))
        self.told = distinct(world.parts.broker.envelopes(*STORY))
        self.ends: dict[str, list[Event]] = defaultdict(list)
        for envelope in self.told:
            if job_rank(envelope.data) == END_RANK:
                self.ends[job_of(envelope.data)].append(envelope.data)

    def admitted(self) -> list[JobAdmitted]:
        """Each admitted job's, once."""
        told = [one.data for one in self.told if isinstance(one.data, JobAdmitted)]
        return list({admitted.job: admitted for admitted in reversed(told)}.values())


def distinct(envelopes: list[Envelope[Event]]) -> list[Envelope[Event]]:
    """Their first copies."""
    first: dict[EventId, Envelope[Event]] = {}
    for envelope in envelopes:
        first.setdefault(envelope.id, envelope)
    return list(first.values())


def job_of(event: Event) -> str:
    return str(getattr(event, "job", ""))
