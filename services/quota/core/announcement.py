"""The limits as quota announces them: the seam that the adaptive law will move m through."""

from dataclasses import dataclass
from datetime import datetime

from services.contracts.events import LimitsChanged
from services.kit.documents import Change
from services.quota.core.plan import Plan

__all__ = ["DEFAULT_POOL", "PlanLimits", "announce", "limits_id"]

DEFAULT_POOL = "default"


@dataclass(frozen=True)
class PlanLimits:
    """One plan on one pool, as last announced. Its versions grow by compare-and-set."""

    announced: LimitsChanged


def limits_id(plan: Plan, pool: str = DEFAULT_POOL) -> str:
    return f"{plan.id}/{pool}"


def announce(
    state: PlanLimits | None, plan: Plan, heard: LimitsChanged | None, now: datetime
) -> Change[PlanLimits] | None:
    """Announces a plan that nobody has heard of, or whose data have changed; m stays as it is.

    `heard` is what the topic has: it may have lost what the database has, or have outlived it.
    """
    saved = state.announced if state else None
    if saved and heard and saved.version == heard.version and _says(saved, plan):
        return None
    last = max((said for said in (saved, heard) if said), key=_version, default=None)
    event = _after(last, plan, now) if last else _first(plan, now)
    return Change(PlanLimits(event), (event,))


def _version(said: LimitsChanged) -> int:
    return said.version


def _says(last: LimitsChanged, plan: Plan) -> bool:
    return (last.images, last.window_seconds, last.concurrency, last.adaptive) == (
        plan.images,
        plan.window_seconds,
        plan.concurrency,
        plan.adaptive,
    )


def _first(plan: Plan, now: datetime) -> LimitsChanged:
    return LimitsChanged(
        at=now,
        plan=plan.id,
        pool=DEFAULT_POOL,
        version=1,
        images=plan.images,
        window_seconds=plan.window_seconds,
        concurrency=plan.concurrency,
        adaptive=plan.adaptive,
        cause="The plan's own limit.",
        since=now,
    )


def _after(last: LimitsChanged, plan: Plan, now: datetime) -> LimitsChanged:
    """The plan's data as they are now; an adaptive plan keeps the m and the story in force."""
    story = _STORY if plan.adaptive and last.adaptive else ()
    return _first(plan, now).model_copy(
        update={"version": last.version + 1, **{name: getattr(last, name) for name in story}}
    )


_STORY = ("m", "heat", "rule", "cause", "since", "expected_end", "expected_end_latest")
