"""Accounts, plans, requests and ends for quota's tests."""

from datetime import UTC, datetime, timedelta

from services.contracts import AccountId, ImageRef, JobId, JobSpec, Lane
from services.contracts.events import (
    FailureCode,
    JobAdmitted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobRejected,
    JobRequested,
    LimitsChanged,
)
from services.quota.core import AccountQuota, Book, Outcome, Plan, Plans, reserve, settle

NOON = datetime(2036, 1, 1, 12, tzinfo=UTC)  # not so old that a database takes its rows away
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

ACCOUNT = AccountId("acc_" + "a" * 32)

FREE = Plan(
    id="free",
    title="Free",
    images=3,
    window_seconds=86_400,
    lane=Lane.FREE,
    adaptive=True,
    concurrency=2,
    deferral=True,
    degrading=True,
)
PLUS = Plan(
    id="plus",
    title="Plus",
    images=20,
    window_seconds=3_600,
    lane=Lane.PAID,
    adaptive=False,
    concurrency=4,
    rounding_seconds=60,
)
PLANS = Plans(plans=(FREE, PLUS))
BOOK = Book(PLANS)


def job(number: int) -> JobId:
    """Jobs by birth: a higher number is a later id."""
    return JobId(f"job_{number:032x}")


def requested(
    number: int,
    *,
    units: int = 1,
    images: int | None = None,
    plan: str = "free",
    version: int = 1,
    account: AccountId = ACCOUNT,
    pool: str = "default",
    start_by: datetime | None = None,
) -> JobRequested:
    return JobRequested(
        at=NOON,
        account=account,
        job=job(number),
        plan=plan,
        account_version=version,
        units=units,
        start_by=start_by,
        spec=JobSpec(
            model="ember",
            pool=pool,
            prompt="a red fox",
            n=images or min(units, 10),
            width=128,
            height=128,
            steps=8,
            guidance=3.0,
            seed=1,
        ),
    )


def completed(number: int, *, images: int = 1, account: AccountId = ACCOUNT) -> JobCompleted:
    drawn = tuple(
        ImageRef(
            index=index,
            blob=f"images/{number}/{index}.png",
            sha256="0" * 64,
            bytes=1,
            width=128,
            height=128,
            seed=index,
        )
        for index in range(images)
    )
    return JobCompleted(
        at=NOON, account=account, job=job(number), attempt=1, images=drawn, seconds=1
    )


def failed(number: int, *, account: AccountId = ACCOUNT) -> JobFailed:
    code = FailureCode.RENDER_ERROR
    return JobFailed(at=NOON, account=account, job=job(number), code=code, detail="it broke")


def cancelled(number: int, *, account: AccountId = ACCOUNT) -> JobCancelled:
    return JobCancelled(at=NOON, account=account, job=job(number))


def limits(
    m: float,
    *,
    plan: Plan = FREE,
    version: int = 7,
    cause: str = "The fleet is melting.",
    expected_end: datetime | None = None,
) -> LimitsChanged:
    return LimitsChanged(
        at=NOON,
        plan=plan.id,
        pool="default",
        version=version,
        images=plan.images,
        window_seconds=plan.window_seconds,
        concurrency=plan.concurrency,
        adaptive=plan.adaptive,
        m=m,
        cause=cause,
        since=NOON,
        expected_end=expected_end,
    )


def book(*said: LimitsChanged, plans: Plans = PLANS) -> Book:
    return Book(plans, {event.key: event for event in said})


def after(outcome: Outcome) -> AccountQuota:
    assert outcome.change is not None, f"{outcome.verdict} changes nothing"
    return outcome.change.state


def admitted(outcome: Outcome) -> JobAdmitted:
    assert isinstance(outcome.decision, JobAdmitted), outcome.decision
    return outcome.decision


def rejected(outcome: Outcome) -> JobRejected:
    assert isinstance(outcome.decision, JobRejected), outcome.decision
    return outcome.decision


def drawn(
    state: AccountQuota | None, *numbers: int, plan: str = "free", now: datetime = NOON
) -> AccountQuota:
    """The account after these jobs of one image each were admitted and completed."""
    for number in numbers:
        state = after(reserve(state, requested(number, plan=plan), BOOK, now))
        state = after(settle(state, completed(number), now))
    assert state is not None, "at least one job"
    return state
