"""Webhooks as their account sends and reads them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.contracts import DeliveryId, EndpointId
from services.notify.core.delivery import Delivery, DeliveryStatus, Outcome
from services.notify.core.endpoint import Endpoint

__all__ = [
    "ENDS",
    "DeliveryBody",
    "DeliveryList",
    "EndpointBody",
    "EndpointChange",
    "EndpointList",
    "EndpointMade",
    "EndpointRequest",
    "Redelivered",
    "Redelivery",
    "Rotation",
    "StrictBody",
    "Type",
    "delivery_body",
    "endpoint_body",
]

Type = Literal[
    "job.completed",
    "job.failed",
    "job.cancelled",
    "job.rejected",
    "job.admitted",
    "job.queued",
    "job.started",
    "job.requeued",
    "job.deferred",
    "webhook.disabled",
    "limits.changed",
]


ENDS: tuple[Type, ...] = ("job.completed", "job.failed", "job.cancelled", "job.rejected")


class StrictBody(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class EndpointRequest(StrictBody):
    url: str = Field(
        description="https, a public host, port 443.", examples=["https://a.example/h"]
    )
    types: list[Type] = Field(
        list(ENDS), min_length=1, description="What to be told of: by default each end."
    )


class EndpointChange(StrictBody):
    """What is left out stays as it is."""

    types: list[Type] | None = Field(None, min_length=1)
    enabled: bool | None = Field(None, description="true also takes up one that was disabled.")


class Rotation(StrictBody):
    overlap_hours: float = Field(
        24, ge=0, le=168, description="For so long the old secret signs along."
    )


class Redelivery(StrictBody):
    """Which deliveries to send once more: those named, or all of a range of the feed."""

    ids: list[DeliveryId] | None = Field(None, max_length=100)
    since: int | None = Field(None, ge=1, description="From this sequence on.")
    status: DeliveryStatus | None = Field(None, description="Of the range: only these.")


class EndpointBody(BaseModel):
    id: EndpointId
    object: str = "webhook"
    url: str
    types: list[str]
    status: Literal["enabled", "failing", "disabled"]
    disabled_because: str | None = Field(description="gone (410), failing (five days), or asked.")
    created_at: datetime
    failing_since: datetime | None


class EndpointMade(EndpointBody):
    secret: str = Field(description="Shown this once: it verifies what is sent.")


class EndpointList(BaseModel):
    object: str = "list"
    data: list[EndpointBody]


class AttemptBody(BaseModel):
    at: datetime
    outcome: Outcome
    status: int | None
    seconds: float


class DeliveryBody(BaseModel):
    id: DeliveryId
    object: str = "delivery"
    event: str = Field(description="The `webhook-id` of each attempt.")
    sequence: int | None = Field(description="None for news that no feed holds.")
    type: str
    status: DeliveryStatus
    attempts: list[AttemptBody] = Field(description="The last of them.")
    next_at: datetime | None
    created_at: datetime


class DeliveryList(BaseModel):
    object: str = "list"
    data: list[DeliveryBody]
    next_before: str | None = Field(description="`before` of the next page.")


class Redelivered(BaseModel):
    object: str = "redelivery"
    count: int


def endpoint_body(endpoint: Endpoint) -> EndpointBody:
    failing = "failing" if endpoint.failing_since else "enabled"
    return EndpointBody(
        id=endpoint.id,
        url=endpoint.url,
        types=list(endpoint.types),
        status="disabled" if endpoint.disabled_at else failing,
        disabled_because=endpoint.disabled_because,
        created_at=endpoint.created_at,
        failing_since=endpoint.failing_since,
    )


def delivery_body(delivery: Delivery) -> DeliveryBody:
    return DeliveryBody(
        id=delivery.id,
        event=delivery.event,
        sequence=delivery.sequence,
        type=delivery.type,
        status=delivery.status,
        attempts=[AttemptBody(**vars(one)) for one in delivery.attempts],
        next_at=delivery.next_at,
        created_at=delivery.created_at,
    )
