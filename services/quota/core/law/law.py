"""The backpressure law: load and demand in, the one multiplier of all adaptive plans out.

m stays exactly 1 until the fleet is in trouble for a while. Then it follows the multiplier that
lets in the free budget: down at once, up slowly and only after a lull. Constants and reasons are in
`constants`, the idea of acting on predicted waits is DAGOR's (SoCC 2018), two bands and times of
confirmation are as in any hysteresis.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime

from services.contracts.events import Heat
from services.quota.core.law.budget import budget_of
from services.quota.core.law.constants import Constants
from services.quota.core.law.outlook import ends_in
from services.quota.core.law.signal import Pressure, Signal, pressure_of, room_of
from services.quota.core.law.state import LawState, Mode
from services.quota.core.law.wishes import Wishes

__all__ = ["Seen", "follow"]

_EARLIEST = 0.5
_LONGEST_TICK = 2.0
_SKEW = 60.0
_HASTE = 0.6


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the law is shown: the newest load report, if there ever was one, and the wishes."""

    now: datetime
    signal: Signal | None
    heat: Heat
    wishes: Wishes


def follow(state: LawState, seen: Seen, k: Constants) -> LawState:
    """One tick; called too early, as by a second leader or a clock that is behind, it does nothing.

    A memory from farther ahead than clocks may be apart was written by a clock that was wrong.
    """
    elapsed = (seen.now - state.at).total_seconds() if state.at else k.tick
    if -_SKEW < elapsed < _EARLIEST * k.tick:
        return state
    elapsed = min(elapsed, _LONGEST_TICK * k.tick) if elapsed > 0 else k.tick
    moved = replace(state, at=seen.now)
    if seen.signal is None:
        return moved
    age = (seen.now - seen.signal.at).total_seconds()
    if age > k.stale_after:
        return _blind(moved, elapsed, seen, seen.signal, k)
    return _seeing(moved, seen, seen.signal, elapsed, k)


def _blind(state: LawState, elapsed: float, seen: Seen, signal: Signal, k: Constants) -> LawState:
    """No signal is not "no limits": m is held where it is low, and sinks where it is high."""
    rest = room_of(signal.capacity, seen.wishes.exempt, k)
    sunk = k.blind * (state.m / k.blind) ** math.exp(-elapsed / k.blind_pace)
    return replace(
        state,
        m=min(state.m, sunk),
        smooth=min(state.m, sunk),
        mode=Mode.STALE,
        since=state.since if state.mode is Mode.STALE else seen.now,
        budget=k.blind_budget * rest,
        hot_for=0.0,
        loose_for=0.0,
        calm_for=0.0,
        ends_in=None,
    )


def _seeing(state: LawState, seen: Seen, signal: Signal, elapsed: float, k: Constants) -> LawState:
    wishes = seen.wishes
    exempt, adaptive = wishes.exempt, wishes.adaptive
    pressure = pressure_of(signal, exempt, adaptive, k)
    room = room_of(signal.capacity, exempt, k)
    noise = wishes.noise(room)
    slow = min(k.slowest, max(1.0, noise / k.quiet))
    budget = budget_of(signal, pressure, exempt, k, slow)
    state = replace(
        state,
        budget=budget,
        room=room,
        wanted=adaptive,
        heat=seen.heat,
        free_wait=pressure.free,
    )
    state = _entered(state, pressure, elapsed, seen.now, k)
    if not state.tight:
        return state
    raw = max(k.least, wishes.multiplier(budget))
    k = _in_noise(k, noise)
    state = _filtered(state, raw, pressure, slow, k)
    state = _moved(state, raw, signal, elapsed, k)
    state = _left(state, pressure, elapsed, seen.now, k)
    return replace(state, ends_in=ends_in(state, signal, exempt, k))


def _in_noise(k: Constants, noise: float) -> Constants:
    """With bands that are wide enough for few wishes."""
    band = min(k.widest, k.noise_bands * noise)
    return replace(
        k, tighten_band=min(k.tighten_band, 1 - band), relax_band=max(k.relax_band, 1 + band)
    )


def _entered(
    state: LawState, pressure: Pressure, elapsed: float, now: datetime, k: Constants
) -> LawState:
    """Tight once there was trouble for long enough; seeing again ends blindness in any case."""
    if state.mode is Mode.STALE:
        return replace(state, mode=Mode.LOAD)
    if state.tight:
        return state
    hot = pressure.worst >= 1 or pressure.ahead >= k.early * k.free_wait
    hot_for = state.hot_for + elapsed if hot else 0.0
    if hot_for < k.hot_for:
        return replace(state, hot_for=hot_for)
    return replace(
        state, mode=Mode.LOAD, since=now, hot_for=0.0, loose_for=0.0, calm_for=0.0, smooth=state.m
    )


def _filtered(
    state: LawState, raw: float, pressure: Pressure, slow: float, k: Constants
) -> LawState:
    """The logarithm is smoothed, as bands are ratios; in haste the newest value counts alone."""
    haste = pressure.free > k.early * k.free_wait or raw < _HASTE * state.m
    weight = 1.0 if haste else k.smoothing / slow
    if _is_idle(pressure.free, k) and raw > k.far * state.smooth:
        weight = k.catch_up
    smooth = math.exp((1 - weight) * math.log(state.smooth) + weight * math.log(raw))
    return replace(state, smooth=smooth)


def _moved(state: LawState, raw: float, signal: Signal, elapsed: float, k: Constants) -> LawState:
    m = state.m
    urgent = signal.free_wait > k.early * k.free_wait or state.smooth < _HASTE * m
    if state.smooth < k.tighten_band * m:
        to = state.smooth if urgent else _half_way(m, state.smooth)
        return replace(state, m=max(to, k.steepest * m), loose_for=0.0)
    idle = _is_idle(signal.free_wait, k)
    if not (raw >= 1 or state.smooth > m * (k.idle_band if idle else k.relax_band)):
        return replace(state, loose_for=0.0)
    loose_for = state.loose_for + elapsed
    if loose_for < (k.idle_for if idle else k.loose_for) or signal.leaving:
        return replace(state, loose_for=loose_for)
    risen = _risen(m, k)
    if state.smooth > k.far * m:
        risen = _risen(risen, k)
    most = 1.0 if raw >= 1 else max(m, _half_way(m, state.smooth))
    return replace(state, m=min(risen, most), loose_for=loose_for)


def _is_idle(free_wait: float, k: Constants) -> bool:
    """Workers may soon have nothing to draw."""
    return free_wait < k.idle * k.target * k.free_wait


def _half_way(m: float, to: float) -> float:
    """Bands are crossed by noise as often as not: the next ticks go the rest, if it was none."""
    return math.sqrt(m * to)


def _risen(m: float, k: Constants) -> float:
    return m * k.relax_factor + k.relax_step


def _left(
    state: LawState, pressure: Pressure, elapsed: float, now: datetime, k: Constants
) -> LawState:
    calm = state.m >= 1 and pressure.worst < k.calm
    calm_for = state.calm_for + elapsed if calm else 0.0
    if calm_for < k.calm_for:
        return replace(state, calm_for=calm_for)
    return replace(state, mode=Mode.PLAN, since=now, calm_for=0.0, smooth=1.0)
