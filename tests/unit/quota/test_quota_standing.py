"""An account's plan and status, from whichever of its two sources is newer."""

from services.contracts.events import AccountChanged, AccountStatus, Rule, UsageChanged
from services.quota.core import AccountQuota, Verdict, change_account, reserve
from tests.unit.quota.cases import (
    ACCOUNT,
    BOOK,
    DAY,
    HOUR,
    NOON,
    admitted,
    after,
    drawn,
    rejected,
    requested,
)


def changed(
    version: int, plan: str = "free", status: AccountStatus = AccountStatus.ACTIVE
) -> AccountChanged:
    return AccountChanged(at=NOON, account=ACCOUNT, version=version, plan=plan, status=status)


def apply(state: AccountQuota | None, event: AccountChanged) -> AccountQuota:
    change = change_account(state, event, NOON)
    assert change is not None
    return change.state


def test_an_account_is_known_from_the_first_news_of_it() -> None:
    change = change_account(None, changed(4, "plus"), NOON)
    assert change is not None
    (usage,) = change.events
    assert isinstance(usage, UsageChanged)
    assert (usage.plan, usage.version, usage.grants) == ("plus", 1, ())
    decision = admitted(reserve(change.state, requested(1, plan="free", version=3), BOOK, NOON))
    assert decision.quota.plan == "plus", "the request knew an older version"


def test_a_request_may_know_the_newer_plan() -> None:
    state = apply(None, changed(1, "free", AccountStatus.SUSPENDED))
    decision = admitted(reserve(state, requested(1, plan="plus", version=2), BOOK, NOON))
    assert decision.quota.plan == "plus"


def test_old_news_changes_nothing() -> None:
    state = apply(None, changed(3, "plus"))
    assert change_account(state, changed(2, "free"), NOON) is None
    assert change_account(state, changed(3, "plus"), NOON) is None


def test_the_status_is_taken_though_a_request_told_the_version() -> None:
    state = after(reserve(None, requested(1, version=2), BOOK, NOON))
    state = apply(state, changed(2, "free", AccountStatus.SUSPENDED))
    assert rejected(reserve(state, requested(2, version=2), BOOK, NOON)).rule is (
        Rule.ACCOUNT_INACTIVE
    )


def test_a_change_of_keys_alone_is_not_told() -> None:
    change = change_account(apply(None, changed(1)), changed(2), NOON)
    assert change is not None
    assert change.state.account_version == 2
    assert change.events == ()


def test_a_plan_change_within_the_window_keeps_what_was_used() -> None:
    state = apply(drawn(None, 1, 2, 3), changed(2, "plus"))
    outcome = reserve(state, requested(4, plan="plus", version=2), BOOK, NOON)
    assert (admitted(outcome).quota.used, admitted(outcome).quota.left) == (3, 17)
    state = after(outcome)
    back = reserve(apply(state, changed(3, "free")), requested(5), BOOK, NOON + HOUR)
    assert rejected(back).rule is Rule.WINDOW
    assert rejected(back).retry_at == NOON + DAY
    assert after(back).used == 4, "the open job holds its unit"


def test_a_refused_request_of_a_newer_plan_is_told_as_such() -> None:
    state = drawn(None, 1)
    outcome = reserve(state, requested(2, plan="gold", version=2), BOOK, NOON)
    assert outcome.verdict is Verdict.REJECTED
    assert outcome.change is not None
    usage = outcome.change.events[1]
    assert isinstance(usage, UsageChanged)
    assert usage.plan == "gold"
