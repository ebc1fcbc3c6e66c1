"""Which leases have run out, by what an observer sees: clocks of other machines prove nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.contracts import JobId
from services.render.core.entry import Running

__all__ = ["LeaseWatch"]

Mark = tuple[int, datetime]
"""An attempt and its lease's end as written: any renewal changes it."""


@dataclass(frozen=True)
class LeaseWatch:
    """A lease has run out when it was seen not to be renewed for `lease_seconds`.

    So nothing expires in the first `lease_seconds` after a start. The same holds after a gap of
    more than a third of that: where the observer was cut off, the workers may have been too, and
    taking all their jobs away would have the fleet draw everything again. Times are in seconds of
    a steady clock.
    """

    lease_seconds: float
    looked_at: float | None = None
    seen: Mapping[JobId, tuple[Mark, float]] = field(default_factory=dict)

    def observed(self, running: Iterable[tuple[JobId, Running]], now: float) -> "LeaseWatch":
        known = {} if self._had_gap(now) else self.seen
        seen = {}
        for job, entry in running:
            mark = (entry.tries.claims, entry.lease_until)
            before, since = known.get(job, (mark, now))
            seen[job] = (mark, since if before == mark else now)
        return LeaseWatch(self.lease_seconds, now, seen)

    def run_out(self) -> dict[JobId, Mark]:
        """The leases that have, as they were last seen."""
        now = self.looked_at or 0.0
        return {
            job: mark
            for job, (mark, since) in self.seen.items()
            if now - since > self.lease_seconds
        }

    def _had_gap(self, now: float) -> bool:
        return self.looked_at is None or now - self.looked_at > self.lease_seconds / 3
