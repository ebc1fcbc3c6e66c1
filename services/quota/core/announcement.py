"""The limits as quota announces them: what is news, and under which version."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from services.contracts.events import LimitsChanged
from services.kit.documents import Change
from services.quota.core.law import Constants, LawState, Mode, Seen, follow
from services.quota.core.plan import Plan, Plans
from services.quota.core.pool import PoolLimits, limits_id
from services.quota.core.story import cause_of, rule_of

__all__ = ["Heard", "announce", "steer"]


class Heard(Protocol):
    """What the topic has of limits, by `plan/pool`."""

    def get(self, key: str, /) -> LimitsChanged | None: ...


_DOUBT = 2.0
"""The latest expected end is this much farther away than the expected one."""


def announce(
    state: PoolLimits,
    plans: Plans,
    heard: Heard,
    now: datetime,
    k: Constants,
) -> Change[PoolLimits] | None:
    """Announces plans that nobody has heard of, or whose data have changed.

    The topic may have lost what the database has, or have outlived it.
    """
    state = _recalled(state, plans, heard)
    events = []
    for plan in plans.plans:
        saved, told = state.said_of(plan.id), heard.get(limits_id(plan, state.pool))
        if saved and told and saved.version == told.version and _says(saved, plan):
            continue
        last = max((said for said in (saved, told) if said), key=_version, default=None)
        events.append(_said(state, plan, last, now, k))
    return _announcing(state, events) if events else None


def _recalled(state: PoolLimits, plans: Plans, heard: Heard) -> PoolLimits:
    """A database that lost the law's memory goes on from what it said last."""
    told = [heard.get(limits_id(plan, state.pool)) for plan in plans.plans]
    last = next((said for said in told if said and said.rule in (Mode.LOAD, Mode.STALE)), None)
    if state.law.at is not None or last is None or last.m <= 0:
        return state
    law = LawState(m=last.m, smooth=last.m, mode=Mode.LOAD, since=last.since, heat=last.heat)
    return replace(state, law=law)


def steer(state: PoolLimits, plans: Plans, seen: Seen, k: Constants) -> Change[PoolLimits] | None:
    """One tick of the law; none where it changes nothing that anybody would miss.

    Two leaders at once do no harm: a tick that comes too early leaves everything as it is.
    """
    law = follow(state.law, seen, k)
    steered = replace(state, law=law)
    events = []
    for plan in plans.plans:
        last = state.said_of(plan.id)
        said = _said(steered, plan, last, seen.now, k)
        if plan.adaptive and (last is None or _is_news(last, said, k)):
            events.append(said)
    idle = not (law.tight or state.law.tight or law.hot_for or state.law.hot_for)
    if not events and idle:
        return None
    return _announcing(steered, events)


def _announcing(state: PoolLimits, events: list[LimitsChanged]) -> Change[PoolLimits]:
    for said in events:
        state = state.announcing(said)
    return Change(state, tuple(events))


def _version(said: LimitsChanged) -> int:
    return said.version


def _says(last: LimitsChanged, plan: Plan) -> bool:
    return (last.images, last.window_seconds, last.concurrency, last.adaptive) == (
        plan.images,
        plan.window_seconds,
        plan.concurrency,
        plan.adaptive,
    )


def _is_news(last: LimitsChanged, said: LimitsChanged, k: Constants) -> bool:
    if (last.rule, last.m == 1) != (said.rule, said.m == 1):
        return True
    if abs(said.m - last.m) > k.told_band * last.m:
        return True
    tight = said.rule != Mode.PLAN
    return tight and (said.at - last.at >= timedelta(seconds=k.repeat) or said.heat != last.heat)


def _said(
    state: PoolLimits, plan: Plan, last: LimitsChanged | None, now: datetime, k: Constants
) -> LimitsChanged:
    rule = rule_of(state, plan, now)
    tight = rule is not Mode.PLAN
    same = last is not None and last.rule == rule
    ends_in = _ends_in(state, plan, now)
    return LimitsChanged(
        at=now,
        plan=plan.id,
        pool=state.pool,
        version=last.version + 1 if last else 1,
        images=plan.images,
        window_seconds=plan.window_seconds,
        concurrency=plan.concurrency,
        adaptive=plan.adaptive,
        m=state.m_of(plan, now),
        heat=state.law.heat,
        rule=rule.value,
        cause=cause_of(state, plan, now, k),
        since=last.since if last and same else now,
        budget=state.law.budget if tight and state.law.tight else None,
        expected_end=None if ends_in is None else now + ends_in,
        expected_end_latest=None if ends_in is None else now + _DOUBT * ends_in,
    )


def _ends_in(state: PoolLimits, plan: Plan, now: datetime) -> timedelta | None:
    if hold := state.hold_of(plan.id, now) if plan.adaptive else None:
        return hold.until - now
    seconds = state.law.ends_in if plan.adaptive and state.law.tight else None
    return None if seconds is None else timedelta(seconds=seconds)
