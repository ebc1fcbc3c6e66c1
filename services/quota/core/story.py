"""Why a plan's limit is what it is, in one sentence for whoever feels it."""

from datetime import datetime

from services.contracts.events import Heat
from services.quota.core.law import Constants, Mode
from services.quota.core.plan import Plan
from services.quota.core.pool import HoldKind, PoolLimits

__all__ = ["cause_of", "rule_of"]

_FLEET = {
    Heat.COOL: "The fleet is busy",
    Heat.WARM: "The fleet is warm",
    Heat.HOT: "The fleet is hot",
    Heat.MELTING: "The fleet is melting",
}


def rule_of(state: PoolLimits, plan: Plan, now: datetime) -> Mode:
    if not plan.adaptive:
        return Mode.PLAN
    return Mode.HELD if state.hold_of(plan.id, now) else state.law.mode


def cause_of(state: PoolLimits, plan: Plan, now: datetime, k: Constants) -> str:
    match rule_of(state, plan, now):
        case Mode.HELD:
            return _held(state, plan, now)
        case Mode.STALE:
            return "The fleet has not told how hot it is for a while, so limits stay careful."
        case Mode.LOAD:
            return _loaded(state, k)
        case _:
            return "The plan's own limit."


def _held(state: PoolLimits, plan: Plan, now: datetime) -> str:
    hold = state.hold_of(plan.id, now)
    assert hold is not None
    act = "holds this limit" if hold.kind is HoldKind.HOLD else "caps this limit"
    note = f": {hold.note.rstrip('.')}" if hold.note else ""
    return f"An operator {act} until {hold.until:%Y-%m-%d %H:%M} UTC{note}."


def _loaded(state: PoolLimits, k: Constants) -> str:
    law = state.law
    fleet = _FLEET[law.heat]
    if law.room <= 0:
        return f"{fleet}: no worker is there to draw."
    times = law.wanted / law.room
    wait = f"a free job would wait {law.free_wait:.0f} of {k.free_wait:.0f} s"
    if times <= 1:
        if law.free_wait > k.calm * k.free_wait:
            return f"{fleet}: {wait}."
        return "The fleet is cooling down, and limits are on their way back to normal."
    more = f"{fleet}: {times:.1f} times as many free images are wanted as it can draw"
    return f"{more}; {wait}." if law.free_wait >= 1 else f"{more}."
