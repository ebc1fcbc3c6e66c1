"""Plans as data, and the limits that quota announces for them."""

import pytest
from pydantic import ValidationError

from services.contracts import hash_offset
from services.contracts.events import LimitsChanged, QuotaFacts, Rule
from services.quota.core import Plan, Plans, PoolLimits, Terms, announce, limits_id
from services.quota.core.law import Constants, LawState, Mode
from services.quota.core.reasons import sentence
from tests.unit.quota.cases import ACCOUNT, FREE, HOUR, NOON, PLANS, PLUS, limits


def changed(plan: Plan, **fields: object) -> Plan:
    return Plan.model_validate({**plan.model_dump(), **fields})


def said(state: PoolLimits, plan: Plan, *heard: LimitsChanged) -> LimitsChanged:
    told = {event.key: event for event in heard}
    change = announce(state, Plans(plans=(plan,)), told, NOON, Constants())
    assert change is not None
    (event,) = change.events
    assert isinstance(event, LimitsChanged)
    assert change.state.said_of(plan.id) == event
    return event


def told(last: LimitsChanged) -> PoolLimits:
    """A pool under load whose last word this was."""
    law = LawState(at=NOON, m=last.m, smooth=last.m, mode=Mode.LOAD, ends_in=3600.0)
    return PoolLimits(law=law, announced=(last,))


def test_a_plan_is_found_by_its_id() -> None:
    assert PLANS.find("plus") == PLUS
    assert PLANS.find("gold") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Free plan"),
        ("images", 0),
        ("window_seconds", 0),
        ("window_seconds", 32 * 86_400),
        ("concurrency", 0),
        ("lane", "express"),
        ("rounding_seconds", 86_400),
        ("imges", 3),
    ],
)
def test_plans_that_make_no_sense_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        changed(FREE, **{field: value})


def test_a_plan_of_many_images_must_round_so_that_its_use_fits_into_an_event() -> None:
    with pytest.raises(ValidationError, match="at 2000 moments; expected: rounding_seconds"):
        changed(FREE, images=2000)
    assert changed(FREE, images=1_000_000, rounding_seconds=900).images == 1_000_000


def test_two_plans_of_one_id_are_refused() -> None:
    with pytest.raises(ValidationError, match="share one id"):
        Plans(plans=(FREE, FREE))


def test_a_plan_nobody_heard_of_is_announced_with_its_own_limit() -> None:
    event = said(PoolLimits(), FREE)
    assert (event.version, event.m, event.key) == (1, 1.0, limits_id(FREE))
    assert (event.images, event.window_seconds, event.concurrency) == (3, 86_400, 2)
    assert event.adaptive
    assert (event.rule, event.cause, event.budget) == ("plan", "The plan's own limit.", None)


def test_a_plan_that_is_announced_is_not_announced_again() -> None:
    event = said(PoolLimits(), FREE)
    state = PoolLimits(announced=(event,))
    free = Plans(plans=(FREE,))
    assert announce(state, free, {event.key: event}, NOON, Constants()) is None


def test_changed_data_are_announced_under_the_m_in_force() -> None:
    last = limits(0.4)
    event = said(told(last), changed(FREE, images=5), last)
    assert (event.version, event.images, event.m) == (8, 5, 0.4)
    assert (event.rule, event.expected_end) == ("load", NOON + HOUR)


def test_a_plan_that_became_exempt_is_free_of_m() -> None:
    last = limits(0.4)
    event = said(told(last), changed(FREE, adaptive=False), last)
    assert (event.version, event.m, event.adaptive) == (8, 1.0, False)
    assert event.cause == "The plan's own limit."


def test_a_topic_that_lost_the_limits_is_told_again() -> None:
    assert said(told(limits(0.4, version=7)), FREE).version == 8


def test_a_database_that_lost_the_limits_goes_on_from_the_topic() -> None:
    heard = limits(0.4, version=7).model_copy(update={"rule": "load"})
    assert said(PoolLimits(), FREE, heard).version == 8
    older = PoolLimits(announced=(limits(1.0, version=2),))
    event = said(older, FREE, heard)
    assert (event.version, event.m) == (8, 0.4)


def test_hash_offsets_are_spread_and_stay() -> None:
    assert 0 <= hash_offset(ACCOUNT, NOON) < 1
    assert hash_offset(ACCOUNT, NOON) == hash_offset(ACCOUNT, NOON)
    offsets = [hash_offset(type(ACCOUNT)(f"acc_{number:032x}"), NOON) for number in range(1_000)]
    assert 0.45 < sum(offsets) / len(offsets) < 0.55


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(86_400, "24 hours"), (3_600, "1 hour"), (5_400, "90 minutes"), (61, "61 seconds")],
)
def test_a_window_is_said_in_whole_units(seconds: int, words: str) -> None:
    plan = changed(FREE, window_seconds=seconds)
    facts = QuotaFacts(
        plan="free", window_seconds=seconds, limit=3, limit_normally=3, used=0, units=4
    )
    assert sentence(Rule.REQUEST_TOO_LARGE, Terms(plan), facts, None).endswith(f"in {words}.")


def test_one_job_at_once_is_said_in_the_singular() -> None:
    plan = changed(FREE, concurrency=1)
    facts = QuotaFacts(plan="free", window_seconds=1, limit=3, limit_normally=3, used=0, units=1)
    assert "runs 1 job at once" in sentence(Rule.CONCURRENCY, Terms(plan), facts, None)


def test_a_rule_that_weighs_no_units_has_no_sentence_here() -> None:
    facts = QuotaFacts(plan="free", window_seconds=1, limit=3, limit_normally=3, used=0, units=1)
    with pytest.raises(ValueError, match="weighs no units"):
        sentence(Rule.UNKNOWN_PLAN, Terms(FREE), facts, None)
