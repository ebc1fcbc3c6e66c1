"""`GET /v1/limits`: what may be used right now, and why."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.contracts import Lane
from services.contracts.events import Heat, WorkerPhase
from services.gateway.api.auth import Anyone
from services.gateway.api.context import Gateway, Here
from services.gateway.api.documented import KEY
from services.gateway.core.account import Caller
from services.gateway.core.limits import Allowance, allowance, plan_limit
from services.kit.http.documented import answers

__all__ = ["LaneHeat", "LimitLinks", "Limits", "PlanLimits", "PoolHeat", "allowance_of", "router"]

router = APIRouter(tags=["limits"])


class LaneHeat(BaseModel):
    lane: Lane
    waiting: int
    wait_seconds: float = Field(description="Predicted wait of one who joins now.")


class PoolHeat(BaseModel):
    """How hot the workers of a pool are, as they last reported."""

    pool: str
    heat: Heat
    workers: int
    capacity: float = Field(description="Megapixel-steps a second of the workers that are ready.")
    running: int
    lanes: list[LaneHeat]
    at: datetime


class PlanLimits(BaseModel):
    """What a plan gives right now. `until`: when the cause should be over."""

    plan: str
    pool: str
    window_seconds: int
    limit: int
    limit_normally: int
    concurrency: int
    adaptive: bool
    m: float
    heat: Heat
    rule: str
    cause: str
    since: datetime
    until: datetime | None
    until_latest: datetime | None


class LimitLinks(BaseModel):
    events: str = Field(description="Server-sent events: changes of limits and usage as well.")


class Limits(BaseModel):
    """Heat, plans and pools are for everyone.

    What follows `heat` is the account's own, in units: null without a key, and as long as quota
    has not told the limits of its plan.
    """

    object: str = "limits"
    pool: str
    heat: Heat | None
    plan: str | None = None
    window_seconds: int | None = None
    used: int | None = None
    left: int | None = None
    limit: int | None = Field(None, description="In force now.")
    limit_normally: int | None = Field(None, description="The plan's own, when the fleet is cool.")
    resets_at: datetime | None = Field(None, description="When nothing used now counts any more.")
    frees_at: datetime | None = Field(None, description="When the first of it stops counting.")
    concurrency: int | None = Field(None, description="Jobs without an end at the same time.")
    running: int | None = None
    m: float | None = Field(None, description="The multiplier in force, 0 to 1.")
    rule: str | None = Field(
        None, description="plan: its own limit; load, stale or held: why another is in force."
    )
    cause: str | None = None
    since: datetime | None = None
    until: datetime | None = Field(None, description="When the cause should be over.")
    until_latest: datetime | None = Field(None, description="And when it will be at the latest.")
    plans: list[PlanLimits]
    pools: list[PoolHeat]
    links: LimitLinks


@router.get(
    "/v1/limits",
    operation_id="getLimits",
    summary="What may be used right now",
    responses=answers(*KEY),
)
async def get_limits(
    here: Here,
    caller: Anyone,
    pool: Annotated[
        str | None, Query(description="A pool of workers; that of the first model by default.")
    ] = None,
) -> Limits:
    """With a key: the account's own limits too. The heat and the plans are for everyone."""
    pool = pool or here.catalogue.default.pool
    everyone = Limits(
        pool=pool,
        heat=_heat(here, pool),
        plans=_plans(here, pool),
        pools=_pools(here),
        links=LimitLinks(events=here.settings.events_url),
    )
    if caller is None:
        return everyone
    mine = allowance_of(here, caller, pool)
    return everyone.model_copy(update=_own(mine) if mine else {"plan": caller.plan})


def allowance_of(here: Gateway, caller: Caller, pool: str) -> Allowance | None:
    """None as long as quota has not told the limits of the caller's plan."""
    told = here.tables.limits.get(f"{caller.plan}/{pool}")
    if told is None:
        return None
    usage = here.tables.usage.get(caller.account)
    return allowance(told, caller.account, usage, here.clock.now())


def _own(mine: Allowance) -> dict[str, object]:
    terms = asdict(mine.terms)
    return {name: value for name, value in terms.items() if name in Limits.model_fields} | {
        "used": mine.used,
        "left": mine.left,
        "running": mine.running,
        "resets_at": mine.resets_at,
        "frees_at": mine.frees_at,
    }


def _plans(here: Gateway, pool: str) -> list[PlanLimits]:
    told = sorted(here.tables.limits.values(), key=lambda limits: limits.plan)
    return [PlanLimits(**asdict(plan_limit(limits))) for limits in told if limits.pool == pool]


def _heat(here: Gateway, pool: str) -> Heat | None:
    load = here.tables.load.get(pool)
    return load.heat if load else None


def _pools(here: Gateway) -> list[PoolHeat]:
    return [
        PoolHeat(
            pool=load.pool,
            heat=load.heat,
            workers=sum(worker.phase is WorkerPhase.READY for worker in load.workers),
            capacity=load.capacity,
            running=load.running,
            lanes=[
                LaneHeat(lane=lane.lane, waiting=lane.waiting, wait_seconds=lane.wait_seconds)
                for lane in load.lanes
            ],
            at=load.at,
        )
        for load in sorted(here.tables.load.values(), key=lambda load: load.pool)
    ]
