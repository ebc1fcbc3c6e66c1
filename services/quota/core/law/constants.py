"""The law's constants, each with its unit and the reason for its default."""

from dataclasses import dataclass, replace

__all__ = ["DEFAULTS", "Constants"]

_TIMES = frozenset(
    {
        "paid_wait",
        "free_wait",
        "tick",
        "settle",
        "look_ahead",
        "memory",
        "hot_for",
        "loose_for",
        "idle_for",
        "calm_for",
        "burst",
        "gap",
        "longest_shut",
        "repeat",
        "stale_after",
        "blind_pace",
        "deferral",
        "promise_kept",
        "turn_kept",
        "spread",
    }
)


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Times are in seconds, shares and multipliers without a unit."""

    paid_wait: float = 20.0
    """S_p: how long a paid job should wait at most. A product's choice; the loop scales with it."""
    free_wait: float = 120.0
    """S_f: the same for a free job. Render's heat is measured against the same two promises."""
    tick: float = 5.0
    """Between two decisions: five times faster than `settle` at least, or the loop rings."""
    settle: float = 60.0
    """T_d: in how long a wrong backlog is put right. Three times the largest signal delay of 20 s:
    an integrator with delay d does not ring while settle is over e * d."""
    target: float = 0.25
    """gamma: the free backlog aimed at, as a share of `free_wait`. Enough to keep workers busy
    between two ticks, and free waits stay under half a minute."""
    swing: float = 0.7
    """The backlog moves the budget by this share of what paid jobs leave at most: a multiplier that
    fell too far comes back only slowly, and workers stand idle meanwhile."""
    use: float = 0.95
    """rho: share of the capacity that is given out; the rest is for wrong costs."""
    floor: float = 0.05
    """phi: share of the capacity that free jobs keep, whatever paid ones do."""
    look_ahead: float = 30.0
    """H: how far surplus demand and starting workers are looked ahead; half of `settle`."""
    memory: float = 60.0
    """How long a wish counts: some hundred wishes give the multiplier within 5 %."""
    smoothing: float = 0.15
    """Weight of the newest tick in the filtered multiplier: its noise is under both bands then."""
    tighten_band: float = 0.90
    """The multiplier falls when the filtered one is under this share of it: twice the noise."""
    relax_band: float = 1.12
    """It rises when the filtered one is over this share of it: wider, as no wait is at stake."""
    quiet: float = 0.03
    """The relative standard error of a multiplier up to which `settle` and `smoothing` hold; in a
    small fleet, where one wish more or less is news, both are as much slower as it is larger."""
    slowest: float = 2.0
    """But so many times slower at most."""
    noise_bands: float = 2.5
    """Both bands are so many standard errors of the budget's multiplier at least: with few wishes a
    minute one more or less is no news."""
    widest: float = 0.4
    """But no wider than this."""
    steepest: float = 0.25
    """It falls to this share of itself in one tick at most: one wrong report costs no plan all."""
    relax_factor: float = 1.05
    """It rises by this factor a tick: from 0.05 to 1 in four minutes, as long as workers take."""
    relax_step: float = 0.003
    """And by this on top, so that it leaves the ground."""
    idle: float = 0.25
    """Free backlog, as a share of the one aimed at, under which workers may soon stand idle: then
    people are refused for nothing."""
    idle_band: float = 1.03
    """The band for relaxing then."""
    idle_for: float = 10.0
    """And how long room has to last."""
    far: float = 1.5
    """Where there is room for so many times as much, it rises at double pace: it fell too low."""
    catch_up: float = 0.5
    """Weight of the newest tick then, while workers may stand idle: it was wrong, not noisy."""
    least: float = 0.005
    """It falls to this at least: 1.5 % of the accounts of a plan of three images get one."""
    hot_for: float = 10.0
    """Trouble lasts for so long before limits are tight: two ticks, not one slow render."""
    loose_for: float = 30.0
    """Room lasts for so long before they relax: a lull is not the end of a wave."""
    calm_for: float = 60.0
    """They count as tight for so long after the multiplier is 1 again and waits are short."""
    early: float = 0.8
    """Share of a promised wait at which it counts as trouble, before it is broken."""
    calm: float = 0.6
    """Pressure under which the fleet counts as calm again."""
    wall: float = 0.75
    """Share of `free_wait` from which a free job is not let in, whatever its quota. Predictions may
    be a fifth too short: paid jobs come by chance, and a small fleet sees few of them a minute."""
    turns: float = 0.5
    """Share of the budget that is promised to those who are sent away: the queue has to shrink."""
    spread: float = 10.0
    """Over so long those come back whom a shut door has sent away with one moment."""
    turn_wall: float = 0.82
    """The same for one who was told to come now: who comes unasked finds the door shut before."""
    gap: float = 30.0
    """A pool whose last worker went is given so long to get another, before its door shuts."""
    longest_shut: float = 600.0
    """For so long at most a shut door sends people away: by then everything may be different."""
    bucket: float = 1.5
    """While tight, free jobs come in at this share of their budget at most: noise passes, a wave
    between two ticks does not."""
    burst: float = 15.0
    """So many seconds of that may come in at once."""
    repeat: float = 30.0
    """While tight, limits are told anew this often; else when they change."""
    told_band: float = 0.02
    """A smaller change of the multiplier is not worth a word."""
    stale_after: float = 60.0
    """So old a load report is no news: the multiplier is held until then."""
    blind: float = 0.33
    """Without news it sinks to this, never rises: one image of three while nobody knows."""
    blind_budget: float = 0.6
    """Share of the budget that is given out then; `bucket` times it stays under the whole."""
    blind_pace: float = 300.0
    """In so long it does, by the factor e."""
    deferral: float = 43_200.0
    """Twelve hours: the largest deferred backlog, by the capacity there is."""
    promise_margin: float = 0.8
    """What is promised is worth this share of the multiplier in force: it may fall a little."""
    promise_kept: float = 3600.0
    """For so long after its moment a promise is kept, though the multiplier fell meanwhile."""
    turn_kept: float = 300.0
    """And so long the moment that a shut door has named: others are told the next ones."""

    def faster(self, pace: float) -> "Constants":
        """The same law with every time divided by `pace`, for drills."""
        return replace(self, **{name: getattr(self, name) / pace for name in _TIMES})


DEFAULTS = Constants()
