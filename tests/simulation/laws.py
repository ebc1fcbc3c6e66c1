"""What must hold once everything has come to rest, whatever happened on the way."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from services.contracts import (
    END_RANK,
    Envelope,
    Event,
    EventId,
    JobId,
    JobStatus,
    Stream,
    effective_limit,
    hash_offset,
    job_rank,
    job_status,
)
from services.contracts.events import (
    JobAdmitted,
    JobCompleted,
    JobRejected,
    JobRequested,
    Rule,
    UsageChanged,
)
from services.notify.core import notice
from services.notify.repository import NOTIFICATIONS, FeedRow
from services.quota.core import (
    LEDGER,
    AccountQuota,
    LedgerRow,
    Operation,
    findings,
)
from services.quota.core.law import DEFAULTS
from services.quota.repository import ACCOUNTS as QUOTAS
from services.render.core import QUEUE, Ended, Tombstone
from tests.simulation.people import People
from tests.simulation.services import RETRIES
from tests.simulation.terms import ACCOUNT_IDS, PLANS
from tests.simulation.world import World

__all__ = ["broken"]

_KEPT_FOR = timedelta(seconds=DEFAULTS.promise_kept)
_STORY = (Stream.DECISIONS, Stream.RENDERS)
_CLOSED_BY = {
    JobStatus.COMPLETED: Operation.COMMIT,
    JobStatus.FAILED: Operation.RELEASE,
    JobStatus.CANCELLED: Operation.RELEASE,
}


def broken(world: World, people: People) -> list[str]:
    """Every law that does not hold, in words; empty is how it should be."""
    laws = Laws(world, people)
    return [
        *world.faults,
        *laws.nothing_was_buried(),
        *laws.requests_become_jobs(),
        *laws.each_job_has_one_end(),
        *laws.gateway_shows_the_end(),
        *laws.render_ended_what_was_admitted(),
        *laws.topics_tell_each_story_in_order(),
        *laws.the_ledger_agrees(),
        *laws.nothing_was_over_admitted(),
        *laws.reservations_stay_a_whole_window(),
        *laws.what_was_delivered_is_charged(),
        *laws.usage_is_told_as_it_is(),
        *laws.feeds_are_gapless_and_in_order(),
        *laws.feeds_tell_every_event_once(),
        *laws.pictures_belong_to_jobs(),
        *laws.pictures_are_of_the_attempt_that_ended_it(),
    ]


class Laws:
    """Read from what outlives the processes: databases, topics, blobs, and what clients heard."""

    def __init__(self, world: World, people: People) -> None:
        self._world = world
        self._people = people
        self._jobs = people.jobs()
        databases = world.parts.databases
        self._quotas: dict[str, AccountQuota] = databases["quota"].states(QUOTAS)
        self._ledger: list[LedgerRow] = databases["quota"].rows(LEDGER)
        self._entries = databases["render"].states(QUEUE)
        self._feed: list[FeedRow] = databases["notify"].rows(NOTIFICATIONS)
        self._requested = _distinct(world.parts.broker.envelopes(Stream.REQUESTS))
        self._told = _distinct(world.parts.broker.envelopes(*_STORY))
        self._ends: dict[str, list[Event]] = defaultdict(list)
        for envelope in self._told:
            if job_rank(envelope.data) == END_RANK:
                self._ends[_job(envelope.data)].append(envelope.data)

    def nothing_was_buried(self) -> Iterator[str]:
        for letter in self._world.parts.broker.dead_letters:
            yield f"a dead letter: {dict(letter.headers)}"

    def requests_become_jobs(self) -> Iterator[str]:
        """Each stored job is requested once, but for reminders; each answered call has its job."""
        asked: Counter[str] = Counter(
            one.data.job
            for one in self._requested
            if isinstance(one.data, JobRequested) and not one.data.reminder
        )
        for job in self._jobs:
            if asked[job] != 1:
                yield f"{job} was requested {asked[job]} times"
        for one in self._people.asked:
            if one.receipt and one.receipt.job.id not in self._jobs:
                yield f"a client was promised {one.receipt.job.id}, which nobody has"
        yield from self._keys_make_one_job()

    def _keys_make_one_job(self) -> Iterator[str]:
        executed = Counter(
            (job.account, job.digest)
            for job in self._jobs.values()
            if job.digest != "-" and job.status is not JobStatus.REJECTED
        )
        for key, count in executed.items():
            if count > 1:
                yield f"{count} jobs for the idempotency key {key}"

    def each_job_has_one_end(self) -> Iterator[str]:
        for job in {*self._jobs, *self._ends}:
            if len(ends := self._ends[job]) != 1:
                yield f"{job} has {len(ends)} ends: {[type(end).__name__ for end in ends]}"

    def gateway_shows_the_end(self) -> Iterator[str]:
        for name, job in self._jobs.items():
            for end in self._ends[name]:
                if job.status is not job_status(end):
                    yield f"gateway says that {name} is {job.status}, not {job_status(end)}"
                if isinstance(end, JobCompleted) and job.images != end.images:
                    yield f"gateway shows other pictures of {name}"

    def render_ended_what_was_admitted(self) -> Iterator[str]:
        for admitted in self._admitted():
            entry = self._entries.get(admitted.job)
            if not isinstance(entry, Ended):
                yield f"render has {admitted.job} as {type(entry).__name__}"
            elif [entry.status] != [job_status(end) for end in self._ends[admitted.job]]:
                yield f"render says that {admitted.job} is {entry.status}"
            elif entry.claims > RETRIES.attempts + self._world.hand_backs:
                yield f"{admitted.job} was claimed {entry.claims} times"
        admitted_jobs = {admitted.job for admitted in self._admitted()}
        for name, entry in self._entries.items():
            if name not in admitted_jobs and not isinstance(entry, Tombstone):
                yield f"render has {name}, which was never admitted"

    def topics_tell_each_story_in_order(self) -> Iterator[str]:
        """On one stream, the first copies of a job's events are in the order of their ranks.

        An admission may be told again, when gateway asks again.
        """
        stories: dict[tuple[str, Stream], list[Event]] = defaultdict(list)
        for envelope in self._told:
            stories[_job(envelope.data), envelope.stream].append(envelope.data)
        for (job, stream), events in stories.items():
            ranks = [job_rank(event) or () for event in events]
            again = stream is Stream.DECISIONS and {JobAdmitted} == {type(one) for one in events}
            if not again and any(before >= after for before, after in pairwise(ranks)):
                yield f"{stream} tells of {job}: {[type(event).__name__ for event in events]}"

    def the_ledger_agrees(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            rows = [row for row in self._ledger if row.account == account]
            for finding in findings(account, rows, self._quotas.get(account)):
                yield f"not so: {finding.equation}; {finding.detail}"
        decided = {row.job for row in self._ledger}
        for job in self._jobs:
            if job not in decided:
                yield f"the ledger does not know {job}"

    def nothing_was_over_admitted(self) -> Iterator[str]:
        """By what was told alone: limits in force, moments that were named, jobs without an end."""
        factors = {said.version: said.m for said in self._people.limits}
        for admitted in self._admitted():
            facts = admitted.quota
            plan = PLANS.find(facts.plan)
            assert plan is not None
            m = factors.get(facts.limits_version, 1.0) if plan.adaptive else 1.0
            limit = effective_limit(plan.images, m, hash_offset(admitted.account, admitted.at))
            if self._was_promised(admitted):
                limit = max(limit, min(plan.images, facts.used + facts.units))
            if facts.limit != limit or facts.used + facts.units > limit:
                yield f"{admitted.job}: {facts.used} + {facts.units} on a limit of {limit}"
        yield from self._too_many_at_once()

    def _was_promised(self, admitted: JobAdmitted) -> bool:
        """An earlier refusal by load said that so many units get in at this moment."""
        return any(
            said.account == admitted.account
            and said.rule is Rule.LOAD
            and said.retry_at is not None
            and said.at <= admitted.at
            and said.retry_at <= admitted.at <= said.retry_at + _KEPT_FOR
            and admitted.quota.units <= said.quota.units
            for said in (one.data for one in self._told)
            if isinstance(said, JobRejected)
        )

    def _too_many_at_once(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            running: set[JobId] = set()
            rows = [row for row in self._ledger if row.account == account]
            for row in sorted(rows, key=lambda row: row.turn):
                if row.operation is Operation.RESERVE and row.quota:
                    running.add(row.job)
                    plan = PLANS.find(row.quota.plan)
                    if plan and len(running) > plan.concurrency:
                        yield f"{account} has {len(running)} jobs at once on {plan.id}"
                elif row.operation is not Operation.DENY:
                    running.discard(row.job)

    def reservations_stay_a_whole_window(self) -> Iterator[str]:
        for row in self._ledger:
            if row.operation is Operation.RESERVE and row.quota and row.leaves_at:
                stays = (row.leaves_at - row.at).total_seconds()
                if stays < row.quota.window_seconds:
                    yield f"{row.job} leaves its window after {stays} s"

    def what_was_delivered_is_charged(self) -> Iterator[str]:
        closings: dict[str, list[LedgerRow]] = defaultdict(list)
        for row in self._ledger:
            if row.operation not in (Operation.RESERVE, Operation.DENY):
                closings[row.job].append(row)
        for admitted in self._admitted():
            for end in self._ends[admitted.job]:
                status = job_status(end)
                kept = len(end.images) if isinstance(end, JobCompleted) else 0
                wanted = [(_CLOSED_BY[status], kept)] if status in _CLOSED_BY else []
                found = [(row.operation, row.units) for row in closings[admitted.job]]
                if found != wanted:
                    yield f"{admitted.job} is {status}, and its ledger says {found}"

    def usage_is_told_as_it_is(self) -> Iterator[str]:
        told: dict[str, UsageChanged] = {}
        for envelope in _distinct(self._world.parts.broker.envelopes(Stream.USAGE)):
            event = envelope.data
            assert isinstance(event, UsageChanged)
            if event.version != (told[event.account].version if event.account in told else 0) + 1:
                yield f"usage {event.version} of {event.account} is out of turn"
            told[event.account] = event
        for account, state in self._quotas.items():
            said = told.get(account)
            if state.version != (said.version if said else 0):
                yield f"the last usage of {account} was never told"

    def feeds_are_gapless_and_in_order(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            rows = sorted(
                (row for row in self._feed if row.account == account),
                key=lambda row: row.sequence,
            )
            if [row.sequence for row in rows] != list(range(1, len(rows) + 1)):
                yield f"the feed of {account} has {[row.sequence for row in rows]}"
            last: dict[JobId | None, FeedRow] = {}
            for row in rows:
                if row.job in last and last[row.job].rank >= row.rank:
                    yield f"{row.job}: {row.type} after {last[row.job].type}"
                last[row.job] = row

    def feeds_tell_every_event_once(self) -> Iterator[str]:
        """But for an admission that is heard of after what followed it, on another stream."""
        kept = Counter(row.event for row in self._feed)
        for envelope in self._told:
            late = isinstance(envelope.data, JobAdmitted) and kept[envelope.id] == 0
            if notice(envelope) and kept[envelope.id] != 1 and not late:
                name = type(envelope.data).__name__
                yield f"{_job(envelope.data)}: {name} is told {kept[envelope.id]} times"
        if foreign := kept.keys() - {envelope.id for envelope in self._told}:
            yield f"the feeds tell what nobody said: {foreign}"

    def pictures_belong_to_jobs(self) -> Iterator[str]:
        blobs = self._world.parts.blobs
        wanted = {
            image.blob
            for ends in self._ends.values()
            for end in ends
            if isinstance(end, JobCompleted)
            for image in end.images
        }
        if missing := wanted - blobs.keys():
            yield f"pictures are missing: {missing}"
        stray = blobs.keys() - wanted
        if any(blob.split("/")[1] not in self._jobs for blob in stray):
            yield f"pictures of no job: {stray}"
        if stray and not self._world.disturbed:
            yield f"pictures that nobody was told of: {stray}"

    def pictures_are_of_the_attempt_that_ended_it(self) -> Iterator[str]:
        """A late result has met the fence."""
        for job, ends in self._ends.items():
            for end in ends:
                if isinstance(end, JobCompleted):
                    own = f"images/{job}/{end.attempt}-"
                    if not all(image.blob.startswith(own) for image in end.images):
                        yield f"{job} ended with attempt {end.attempt} and another's pictures"

    def _admitted(self) -> list[JobAdmitted]:
        """Each admitted job's, once."""
        told = [one.data for one in self._told if isinstance(one.data, JobAdmitted)]
        return list({admitted.job: admitted for admitted in reversed(told)}.values())


def _distinct(envelopes: list[Envelope[Event]]) -> list[Envelope[Event]]:
    """Their first copies."""
    first: dict[EventId, Envelope[Event]] = {}
    for envelope in envelopes:
        first.setdefault(envelope.id, envelope)
    return list(first.values())


def _job(event: Event) -> str:
    return str(getattr(event, "job", ""))
