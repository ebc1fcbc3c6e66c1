"""Which leases have run out, by what an observer sees: clocks of other machines prove nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.contracts import JobId
from services.render.core.entry import Running

__all__ = ["LeaseWatch"]

Mark = tuple[int, datetime]
"""An attempt and its lease's end as written: any renewal changes it."""

_GAP = 1 / 3
_OF_A_GAP = 1 / 6


@dataclass(frozen=True)
class LeaseWatch:
    """A lease has run out when it was seen not to be renewed for more than `lease_seconds`.

    So nothing expires in the first `lease_seconds` after a start. Between two looks that are more
    than a third of that apart, the observer was cut off, and the workers may have been too: taking
    all their jobs away would have the fleet draw everything again. Such a gap counts for no more
    than a sixth, so a lease that was renewed in its time before still has half of its life; and
    an observer that is always late takes longer, but not for ever. Times are in seconds of a
    steady clock.
    """

    lease_seconds: float
    looked_at: float | None = None
    seen: Mapping[JobId, tuple[Mark, float]] = field(default_factory=dict)
    """Of each job the lease as it was seen, and for how long."""

    def observed(self, running: Iterable[tuple[JobId, Running]], now: float) -> "LeaseWatch":
        counted = self._counted(now)
        seen = {}
        for job, entry in running:
            mark = (entry.tries.claims, entry.lease_until)
            before, seconds = self.seen.get(job, (None, 0.0))
            seen[job] = (mark, seconds + counted if before == mark else 0.0)
        return LeaseWatch(self.lease_seconds, now, seen)

    def run_out(self) -> dict[JobId, Mark]:
        """The leases that have, as they were last seen."""
        return {
            job: mark for job, (mark, seconds) in self.seen.items() if seconds > self.lease_seconds
        }

    def _counted(self, now: float) -> float:
        """How much of the time since the last look speaks against a lease."""
        passed = 0.0 if self.looked_at is None else now - self.looked_at
        is_gap = passed > self.lease_seconds * _GAP
        return self.lease_seconds * _OF_A_GAP if is_gap else passed
