"""Who leads what."""

from collections.abc import Sequence
from datetime import datetime

from services.kit.clock import Clock
from services.kit.diagnosis.examination import Check
from services.kit.diagnosis.finding import Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import span_of
from services.kit.documents import Documents
from services.kit.lease import SKEW, LeaseState

__all__ = ["lease_check", "lease_finding"]


def lease_check(leases: Documents[LeaseState], name: str, clock: Clock) -> Check:
    """Of the lease that this service's leader should hold."""

    async def look() -> Sequence[Finding]:
        document = await leases.load(name)
        return (lease_finding(name, document.state if document else None, clock.now()),)

    return Check(Section.LEASES, name, look, "mend the database first (above)")


def lease_finding(name: str, state: LeaseState | None, now: datetime) -> Finding:
    takes = "a living replica takes it by itself: if this lasts, see the service's log"
    if state is None or state.holder is None:
        return warn(Section.LEASES, name, "nobody leads", takes)
    if state.until >= now:
        figure = f"replica {state.holder} leads for {span_of(state.until - now)} more"
        return ok(Section.LEASES, name, f"{figure}, fence {state.fence}")
    figure = f"replica {state.holder} led until {span_of(now - state.until)} ago"
    if now - state.until <= SKEW:
        return warn(Section.LEASES, name, figure, takes)
    return bad(Section.LEASES, name, figure, "see the log of each replica of this service")
