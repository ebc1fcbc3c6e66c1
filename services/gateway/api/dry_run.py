"""`POST /v1/jobs/dry-run`: what a job would cost, and whether it would get in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.contracts import Lane, render_cost
from services.contracts.events import Rule
from services.gateway.api.auth import Reader
from services.gateway.api.context import Here
from services.gateway.api.documented import DRAWING, KEY, PHOTO
from services.gateway.api.intake import spec_of, with_inputs
from services.gateway.api.job_request import JobRequest
from services.gateway.api.limits import allowance_of
from services.gateway.api.sent_photos import inputs_from
from services.gateway.core.foresight import foresee
from services.gateway.core.pricing import units
from services.gateway.core.queueing import predicted_wait
from services.kit.http.documented import BODY, answers, documented_body
from services.kit.http.json_body import json_of

__all__ = ["Forecast", "router"]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_Posted = Annotated[JobRequest, Depends(json_of(JobRequest))]


class Forecast(BaseModel):
    """Nothing is drawn and nothing counts. What holds now may be otherwise in a second."""

    object: str = "forecast"
    model: str
    size: str
    drawn_size: str
    steps: int
    units: int = Field(description="What it would count on the plan's quota.")
    cost: float = Field(description="For the fleet, in megapixel-steps.")
    admitted: bool | None = Field(description="Null as long as quota has not told the limits.")
    rule: Rule | None = Field(description="The rule that would refuse it.")
    left_after: int | None = Field(description="Units left after it, or now where it is refused.")
    wait_seconds: float | None = Field(
        description="Predicted wait of one who joins now; null without workers."
    )


@router.post(
    "/dry-run",
    operation_id="forecastJob",
    summary="See what a job would cost",
    responses=answers(*KEY, *BODY, *DRAWING, *PHOTO),
    openapi_extra=documented_body(JobRequest),
)
async def dry_run(here: Here, caller: Reader, posted: _Posted) -> Forecast:
    """The same body as for `POST /v1/jobs`, checked in the same way."""
    inputs = await inputs_from(here, caller.account, posted.image, posted.mask)
    spec, model = spec_of(here, with_inputs(posted.wish, inputs))
    price = units(spec, model)
    mine = allowance_of(here, caller, spec.pool)
    foreseen = foresee(mine, price) if mine else None
    lane = Lane.PAID if mine and not mine.terms.adaptive else Lane.FREE
    return Forecast(
        model=spec.model,
        size=str(spec.size),
        drawn_size=str(spec.drawn_size),
        steps=spec.steps,
        units=price,
        cost=render_cost(spec),
        admitted=foreseen and foreseen.rule is None,
        rule=foreseen.rule if foreseen else None,
        left_after=foreseen.left_after if foreseen else None,
        wait_seconds=predicted_wait(here.tables.load.get(spec.pool), lane, here.clock.now()),
    )
