"""A lighter render instead of a refusal: who gets one, and that it takes its own share only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import AccountId, LighterRender, hash_offset, render_cost
from services.contracts.events import JobAdmitted, JobRejected, JobRequested, Offer, Rule
from services.quota.core import (
    OPEN,
    AccountQuota,
    Doorway,
    Light,
    Outcome,
    explain,
    reserve,
    settle,
    wish_of,
)
from tests.unit.quota.cases import (
    NOON,
    PLANS,
    after,
    book,
    completed,
    failed,
    job,
    limits,
    requested,
)

HALF = LighterRender(steps=4, width=128, height=128)
SAME = LighterRender(steps=8, width=128, height=128)
SHARES = st.sampled_from([0.25, 0.5, 0.8])


def account_at(low: float, high: float) -> AccountId:
    accounts = (AccountId(f"acc_{number:032x}") for number in range(1_000))
    return next(one for one in accounts if low <= hash_offset(one, NOON) < high)


def light(number: int, account: AccountId, *, allowed: bool = True) -> JobRequested:
    """A request that may be drawn in half of its steps."""
    update = {"lighter": HALF, "allow_degraded": allowed}
    return requested(number, account=account).model_copy(update=update)


def asked(
    m: float,
    account: AccountId,
    request: JobRequested,
    state: AccountQuota | None = None,
    doorway: Doorway = OPEN,
) -> Outcome:
    return reserve(state, request, book(limits(m)), NOON, doorway=doorway)


def test_a_request_that_m_refuses_gets_the_lighter_render_that_its_caller_allowed() -> None:
    account = account_at(0.45, 0.65)
    decision = asked(0.1, account, light(1, account)).decision
    assert isinstance(decision, JobAdmitted)
    assert (decision.degraded, decision.spec.steps, decision.lane) == (True, 4, "free")
    assert decision.quota.limit == 1


def test_a_request_that_fits_is_drawn_in_full() -> None:
    account = account_at(0.45, 0.65)
    decision = asked(0.5, account, light(1, account)).decision
    assert isinstance(decision, JobAdmitted)
    assert (decision.degraded, decision.spec.steps) == (False, 8)


def test_who_did_not_allow_it_is_offered_it_before_to_be_deferred() -> None:
    account = account_at(0.45, 0.65)
    doorway = Doorway(may_defer=True)
    refused = asked(0.1, account, light(1, account, allowed=False), doorway=doorway).decision
    assert isinstance(refused, JobRejected)
    assert refused.offers == (Offer.DEGRADED, Offer.DEFERRED)


@pytest.mark.parametrize(
    "unable",
    [
        {"lighter": None},
        {"lighter": SAME},
        {"plan": "plus"},
    ],
)
def test_nothing_is_offered_that_would_not_help(unable: dict[str, object]) -> None:
    account = account_at(0.45, 0.65)
    request = light(1, account, allowed=False).model_copy(update=unable)
    decision = asked(0.1, account, request).decision
    assert not isinstance(decision, JobRejected) or decision.offers == ()


def test_a_full_fleet_takes_no_light_render_either() -> None:
    account = account_at(0.45, 0.65)
    decision = asked(0.1, account, light(1, account), doorway=Doorway(shut=True)).decision
    assert isinstance(decision, JobRejected)
    assert (decision.rule, decision.offers) == (Rule.LOAD, ())


def test_light_renders_leave_room_for_more_of_them_and_are_given_back_like_others() -> None:
    account = account_at(0.2, 0.4)
    full = after(asked(0.5, account, light(1, account)))
    assert (full.used, full.saved) == (1, 0)
    both = after(asked(0.5, account, light(2, account), full))
    assert (both.used, both.saved) == (2, 0.5)
    assert isinstance(asked(0.5, account, light(3, account), both).decision, JobRejected)
    kept = after(settle(both, completed(2, account=account), NOON))
    assert (kept.used, kept.saved) == (2, 0.5)
    gone = after(settle(both, failed(2, account=account), NOON))
    assert (gone.used, gone.saved) == (1, 0)


def test_the_ledger_tells_the_law_from_which_m_on_it_would_have_passed() -> None:
    account = account_at(0.45, 0.65)
    row = asked(0.1, account, light(1, account)).row
    assert row is not None
    wish = wish_of(row, PLANS)
    assert wish is not None
    h = hash_offset(account, NOON)
    assert wish.critical == pytest.approx((1 - h) * 0.5 / 3)
    assert wish.cost == pytest.approx(render_cost(requested(1).spec) / 2)


def test_the_story_says_that_it_was_lighter() -> None:
    account = account_at(0.45, 0.65)
    row = asked(0.1, account, light(1, account)).row
    assert row is not None
    assert "a lighter render was allowed, at 50% of the cost" in explain([row])[1]
    assert row.job == job(1)


@given(SHARES, st.floats(0, 1))
def test_on_average_light_renders_cost_what_full_ones_would(share: float, m: float) -> None:
    offsets = [(number + 0.5) / 1_000 for number in range(1_000)]
    spent = sum(Light(share, 0.0).limit(3, m, h, 0) * share for h in offsets) / len(offsets)
    assert spent == pytest.approx(min(3 * m, 3 * share), abs=0.01)


@given(SHARES, st.floats(0, 1), st.floats(0, 0.999), st.integers(0, 2), st.integers(1, 3))
def test_the_critical_multiplier_is_the_least_that_lets_in(
    share: float, m: float, h: float, used: int, units: int
) -> None:
    if used + units > 3:
        return
    one = Light(share, used * (1 - share))
    critical = one.critical(3, h, used, units)
    assert one.limit(3, min(1.0, critical + 1e-6), h, used) >= used + units or critical == 1.0
    if critical > 1e-3:
        assert one.limit(3, critical - 1e-3, h, used) < used + units
