"""What must hold once everything has come to rest, whatever happened on the way."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from services.contracts import (
    Event,
    JobId,
    JobStatus,
    Stream,
    job_rank,
    job_status,
)
from services.contracts.events import (
    JobAdmitted,
    JobCompleted,
    JobRequested,
)
from services.notify.core import notice
from services.notify.repository import FeedRow
from services.render.core import Ended, Tombstone
from tests.simulation.people import People
from tests.simulation.quota_laws import QuotaLaws
from tests.simulation.remains import Remains, job_of
from tests.simulation.services import RETRIES
from tests.simulation.terms import ACCOUNT_IDS
from tests.simulation.world import World

__all__ = ["broken"]


def broken(world: World, people: People) -> list[str]:
    """Every law that does not hold, in words; empty is how it should be."""
    remains = Remains(world, people)
    laws, quota = Laws(remains), QuotaLaws(remains)
    return [
        *world.faults,
        *laws.nothing_was_buried(),
        *laws.requests_become_jobs(),
        *laws.each_job_has_one_end(),
        *laws.gateway_shows_the_end(),
        *laws.render_ended_what_was_admitted(),
        *laws.topics_tell_each_story_in_order(),
        *quota.the_ledger_agrees(),
        *quota.nothing_was_over_admitted(),
        *quota.reservations_stay_a_whole_window(),
        *quota.what_was_delivered_is_charged(),
        *quota.usage_is_told_as_it_is(),
        *laws.feeds_are_gapless_and_in_order(),
        *laws.feeds_tell_every_event_once(),
        *laws.pictures_belong_to_jobs(),
        *laws.pictures_are_of_the_attempt_that_ended_it(),
    ]


class Laws:
    def __init__(self, remains: Remains) -> None:
        self._is = remains

    def nothing_was_buried(self) -> Iterator[str]:
        for letter in self._is.world.parts.broker.dead_letters:
            yield f"a dead letter: {dict(letter.headers)}"

    def requests_become_jobs(self) -> Iterator[str]:
        """Each stored job is requested once, but for reminders; each answered call has its job."""
        asked: Counter[str] = Counter(
            one.data.job
            for one in self._is.requested
            if isinstance(one.data, JobRequested) and not one.data.reminder
        )
        for job in self._is.jobs:
            if asked[job] != 1:
                yield f"{job} was requested {asked[job]} times"
        for one in self._is.people.asked:
            if one.receipt and one.receipt.job.id not in self._is.jobs:
                yield f"a client was promised {one.receipt.job.id}, which nobody has"
        yield from self._keys_make_one_job()

    def _keys_make_one_job(self) -> Iterator[str]:
        executed = Counter(
            (job.account, job.digest)
            for job in self._is.jobs.values()
            if job.digest != "-" and job.status is not JobStatus.REJECTED
        )
        for key, count in executed.items():
            if count > 1:
                yield f"{count} jobs for the idempotency key {key}"

    def each_job_has_one_end(self) -> Iterator[str]:
        for job in {*self._is.jobs, *self._is.ends}:
            if len(ends := self._is.ends[job]) != 1:
                yield f"{job} has {len(ends)} ends: {[type(end).__name__ for end in ends]}"

    def gateway_shows_the_end(self) -> Iterator[str]:
        for name, job in self._is.jobs.items():
            for end in self._is.ends[name]:
                if job.status is not job_status(end):
                    yield f"gateway says that {name} is {job.status}, not {job_status(end)}"
                if isinstance(end, JobCompleted) and job.images != end.images:
                    yield f"gateway shows other pictures of {name}"

    def render_ended_what_was_admitted(self) -> Iterator[str]:
        for admitted in self._is.admitted():
            entry = self._is.entries.get(admitted.job)
            if not isinstance(entry, Ended):
                yield f"render has {admitted.job} as {type(entry).__name__}"
            elif [entry.status] != [job_status(end) for end in self._is.ends[admitted.job]]:
                yield f"render says that {admitted.job} is {entry.status}"
            elif entry.claims > RETRIES.attempts + self._is.world.hand_backs:
                yield f"{admitted.job} was claimed {entry.claims} times"
        admitted_jobs = {admitted.job for admitted in self._is.admitted()}
        for name, entry in self._is.entries.items():
            if name not in admitted_jobs and not isinstance(entry, Tombstone):
                yield f"render has {name}, which was never admitted"

    def topics_tell_each_story_in_order(self) -> Iterator[str]:
        """On one stream, the first copies of a job's events are in the order of their ranks.

        An admission may be told again, when gateway asks again.
        """
        stories: dict[tuple[str, Stream], list[Event]] = defaultdict(list)
        for envelope in self._is.told:
            stories[job_of(envelope.data), envelope.stream].append(envelope.data)
        for (job, stream), events in stories.items():
            ranks = [job_rank(event) or () for event in events]
            again = stream is Stream.DECISIONS and {JobAdmitted} == {type(one) for one in events}
            if not again and any(before >= after for before, after in pairwise(ranks)):
                yield f"{stream} tells of {job}: {[type(event).__name__ for event in events]}"

    def feeds_are_gapless_and_in_order(self) -> Iterator[str]:
        for account in ACCOUNT_IDS:
            rows = sorted(
                (row for row in self._is.feed if row.account == account),
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
        kept = Counter(row.event for row in self._is.feed)
        for envelope in self._is.told:
            late = isinstance(envelope.data, JobAdmitted) and kept[envelope.id] == 0
            if notice(envelope) and kept[envelope.id] != 1 and not late:
                name = type(envelope.data).__name__
                yield f"{job_of(envelope.data)}: {name} is told {kept[envelope.id]} times"
        if foreign := kept.keys() - {envelope.id for envelope in self._is.told}:
            yield f"the feeds tell what nobody said: {foreign}"

    def pictures_belong_to_jobs(self) -> Iterator[str]:
        blobs = self._is.world.parts.blobs
        wanted = {
            image.blob
            for ends in self._is.ends.values()
            for end in ends
            if isinstance(end, JobCompleted)
            for image in end.images
        }
        if missing := wanted - blobs.keys():
            yield f"pictures are missing: {missing}"
        stray = blobs.keys() - wanted
        if any(blob.split("/")[1] not in self._is.jobs for blob in stray):
            yield f"pictures of no job: {stray}"
        if stray and not self._is.world.disturbed:
            yield f"pictures that nobody was told of: {stray}"

    def pictures_are_of_the_attempt_that_ended_it(self) -> Iterator[str]:
        """A late result has met the fence."""
        for job, ends in self._is.ends.items():
            for end in ends:
                if isinstance(end, JobCompleted):
                    own = f"images/{job}/{end.attempt}-"
                    if not all(image.blob.startswith(own) for image in end.images):
                        yield f"{job} ended with attempt {end.attempt} and another's pictures"
