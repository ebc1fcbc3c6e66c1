"""Every event, one module per stream."""

from services.contracts.events.accounts import (
    AccountChanged,
    AccountForgotten,
    AccountStatus,
    KeyGrant,
    Scope,
)
from services.contracts.events.cancellations import JobCancelRequested
from services.contracts.events.decisions import JobAdmitted, JobRejected, Offer, QuotaFacts, Rule
from services.contracts.events.demand import DemandReported
from services.contracts.events.erasures import AccountErased
from services.contracts.events.limits import LimitsChanged
from services.contracts.events.load import Heat, LaneLoad, LoadReported, WorkerLoad, WorkerPhase
from services.contracts.events.progress import JobProgressed
from services.contracts.events.renders import (
    FailureCode,
    JobCancelled,
    JobCompleted,
    JobDeferred,
    JobFailed,
    JobQueued,
    JobRequeued,
    JobStarted,
)
from services.contracts.events.requests import JobRequested, SubmissionRefused
from services.contracts.events.submissions import CancelSubmitted, JobSubmitted
from services.contracts.events.usage import GrantInUse, UsageChanged, UsageForgotten

__all__ = [
    "AccountChanged",
    "AccountErased",
    "AccountForgotten",
    "AccountStatus",
    "CancelSubmitted",
    "DemandReported",
    "FailureCode",
    "GrantInUse",
    "Heat",
    "JobAdmitted",
    "JobCancelRequested",
    "JobCancelled",
    "JobCompleted",
    "JobDeferred",
    "JobFailed",
    "JobProgressed",
    "JobQueued",
    "JobRejected",
    "JobRequested",
    "JobRequeued",
    "JobStarted",
    "JobSubmitted",
    "KeyGrant",
    "LaneLoad",
    "LimitsChanged",
    "LoadReported",
    "Offer",
    "QuotaFacts",
    "Rule",
    "Scope",
    "SubmissionRefused",
    "UsageChanged",
    "UsageForgotten",
    "WorkerLoad",
    "WorkerPhase",
]
