"""Taking a job from the queue, and keeping it."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.contracts import JobId
from services.contracts.events import JobStarted
from services.kit.documents import Change
from services.render.core.arrival import give_up_waiting
from services.render.core.entry import Claim, Entry, Running, Waiting, held

__all__ = ["claim", "claim_of", "renew"]


def claim(
    entry: Entry | None, job: JobId, worker: str, now: datetime, lease: timedelta
) -> Change[Entry] | None:
    """The attempt counts from here on, whatever becomes of it."""
    if (late := give_up_waiting(entry, job, now)) is not None:
        return late
    match entry:
        case Waiting(not_before=not_before) if not_before <= now:
            return _claimed(entry, job, worker, now, lease)
        case _:
            return None


def claim_of(entry: Entry | None, job: JobId, worker: str) -> Claim | None:
    """The hold that a worker has on a job, if any."""
    match entry:
        case Running() if entry.worker == worker:
            return Claim(job=job, worker=worker, attempt=entry.tries.claims)
        case _:
            return None


def renew(
    entry: Entry | None, claim: Claim, now: datetime, lease: timedelta
) -> Change[Entry] | None:
    """None where the lease is lost: someone else decides about this job now."""
    if (running := held(entry, claim)) is None:
        return None
    return Change(replace(running, lease_until=now + lease))


def _claimed(
    entry: Waiting, job: JobId, worker: str, now: datetime, lease: timedelta
) -> Change[Entry]:
    tries = replace(entry.tries, claims=entry.tries.claims + 1, spent=entry.tries.spent + 1)
    running = Running(
        order=entry.order, worker=worker, since=now, lease_until=now + lease, tries=tries
    )
    event = JobStarted(
        at=now, account=entry.order.account, job=job, attempt=tries.claims, worker=worker
    )
    return Change(running, (event,))
