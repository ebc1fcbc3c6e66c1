"""A job's life, as gateway and quota see it."""

from services.kit.telemetry.instruments import Counter, Gauge, Histogram, Labels

__all__ = [
    "JOBS_ADMITTED",
    "JOBS_ENDED",
    "JOBS_REJECTED",
    "JOBS_REMINDED",
    "JOBS_SUBMITTED",
    "JOBS_UNDECIDED",
    "JOB_SECONDS",
    "LEAKED_GRANTS",
    "LIMIT_FACTOR",
    "OFFERED_COST",
    "SUBMISSIONS_REFUSED",
    "UNITS_SETTLED",
    "UNMATCHED_ENDS",
]


def _none() -> Labels:
    return {}


def _submitted(*, plan: str, origin: str) -> Labels:
    return {"plan": plan, "origin": origin}


def _code(*, code: str) -> Labels:
    return {"code": code}


def _admitted(*, plan: str, lane: str) -> Labels:
    return {"plan": plan, "lane": lane}


def _rejected(*, plan: str, rule: str) -> Labels:
    return {"plan": plan, "rule": rule}


def _ended(*, lane: str, status: str) -> Labels:
    return {"lane": lane, "status": status}


def _outcome(*, plan: str, status: str) -> Labels:
    return {"plan": plan, "status": status}


def _settled(*, plan: str, outcome: str) -> Labels:
    return {"plan": plan, "outcome": outcome}


def _end(*, status: str) -> Labels:
    return {"status": status}


def _plan(*, plan: str) -> Labels:
    return {"plan": plan}


def _plan_pool(*, plan: str, pool: str) -> Labels:
    return {"plan": plan, "pool": pool}


def _pool(*, pool: str) -> Labels:
    return {"pool": pool}


JOBS_SUBMITTED = Counter(
    "heatsink.jobs.submitted",
    "{job}",
    "Jobs taken in by gateway, by plan and entrance.",
    _submitted,
)
SUBMISSIONS_REFUSED = Counter(
    "heatsink.submissions.refused",
    "{submission}",
    "Messages of event producers that became no job, by code.",
    _code,
)
JOBS_UNDECIDED = Gauge(
    "heatsink.jobs.undecided",
    "{job}",
    "Jobs that quota has not decided on, up to the bound at which gateway takes no more.",
    _none,
)
JOBS_ADMITTED = Counter(
    "heatsink.jobs.admitted", "{job}", "Jobs that quota reserved units for.", _admitted
)
JOBS_REJECTED = Counter(
    "heatsink.jobs.rejected", "{job}", "Jobs that quota refused, by the rule that did.", _rejected
)
JOBS_REMINDED = Counter(
    "heatsink.jobs.reminded", "{job}", "Jobs asked for again: no answer had come.", _plan
)
JOBS_ENDED = Counter(
    "heatsink.jobs.ended", "{job}", "Admitted jobs that came to their one end in render.", _ended
)
JOB_SECONDS = Histogram(
    "heatsink.job.duration",
    "s",
    "From a job's submission to its end, as its client sees it.",
    _outcome,
    bounds=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600),
)
UNITS_SETTLED = Counter(
    "heatsink.quota.units.settled", "{unit}", "Reserved units, committed or given back.", _settled
)
LEAKED_GRANTS = Counter(
    "heatsink.quota.grants.leaked", "{grant}", "Grants that the sweep closed: no end came.", _plan
)
UNMATCHED_ENDS = Counter(
    "heatsink.quota.ends.unmatched", "{job}", "Ends of jobs that quota holds no grant for.", _end
)
LIMIT_FACTOR = Gauge(
    "heatsink.quota.limit.factor",
    "1",
    "Share of its own limit that a plan may use now.",
    _plan_pool,
)
OFFERED_COST = Gauge(
    "heatsink.quota.demand.offered",
    "1",
    "Megapixel-steps a second that were asked for in the last minute, admitted or not.",
    _pool,
)
