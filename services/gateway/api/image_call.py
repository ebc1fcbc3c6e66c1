"""One call for images, from the job that it makes to its answer, whole or as a stream."""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from services.contracts import JobStatus
from services.gateway.api.context import Gateway
from services.gateway.api.image_answer import answer, answer_headers, later_answer
from services.gateway.api.image_request import ImageRequest
from services.gateway.api.image_stream import ImageStream
from services.gateway.api.inputs import Inputs
from services.gateway.api.intake import Asked, give_up, take, wants_cancel
from services.gateway.api.patience import while_connected
from services.gateway.api.refusals import not_completed
from services.gateway.core.account import Caller
from services.gateway.core.spec import Wish
from services.gateway.desk import Receipt
from services.kit.moderation import Strictness

__all__ = ["ImageCall"]

_OWN = ("negative_prompt", "steps", "guidance", "seed", "strength")
_WITHIN = {name: f"/heatsink/{name}" for name in _OWN}


@dataclass(frozen=True, kw_only=True)
class ImageCall:
    """`verb` begins the names of its stream's events: `image_generation` or `image_edit`."""

    here: Gateway
    request: Request
    caller: Caller
    posted: ImageRequest
    wish: Wish
    verb: str
    inputs: Inputs | None = None

    async def respond(self) -> Response:
        """Raises ApiError and Unavailable."""
        if self.posted.stream:
            return await self._stream()
        with self.here.waits.one():
            return await self._wait()

    async def _stream(self) -> Response:
        if (full := self.here.waits.refusal()) is not None:
            raise full
        receipt = await self._taken()
        cancels = wants_cancel(self.request) and not receipt.replayed
        stream = ImageStream(self.here, self.posted, receipt.job, self.verb, cancels=cancels)
        headers = await stream.decided()
        if receipt.replayed:
            headers["Idempotent-Replayed"] = "true"
        return StreamingResponse(stream.body(), media_type="text/event-stream", headers=headers)

    async def _wait(self) -> Response:
        receipt = await self._taken()
        outcome = self.here.desk.outcome(receipt.job, self.here.settings.wait_seconds)
        job = await while_connected(self.request, outcome)
        if job is None:
            return await give_up(self.here, self.request, self.caller, receipt)
        headers = answer_headers(self.here, job)
        if job.is_put_off:
            later = later_answer(self.here, self.posted, job)
            content = later.model_dump(mode="json", exclude_none=True)
            return JSONResponse(content, status_code=202, headers=headers)
        if job.status is not JobStatus.COMPLETED:
            raise not_completed(job, self.here.clock.now(), self.here.desk.obstacle(waits=True))
        if receipt.replayed:
            headers["Idempotent-Replayed"] = "true"
        response = await answer(self.here, self.posted, job)
        content = response.model_dump(mode="json", exclude_none=True)
        return JSONResponse(content, headers=headers)

    async def _taken(self) -> Receipt:
        asked = Asked(
            wish=self.wish,
            posted=self.posted,
            inputs=self.inputs,
            end_user=self.posted.end_user,
            is_retry=_is_retry(self.request),
            waits=True,
            allow_deferred=self.posted.own.allow_deferred,
            allow_degraded=self.posted.own.allow_degraded,
            strictness=Strictness(self.posted.moderation or Strictness.AUTO),
            within=_WITHIN,
        )
        return await take(self.here, self.request, self.caller, asked)


def _is_retry(request: Request) -> bool:
    count = request.headers.get("x-stainless-retry-count", "0")
    return count.isdecimal() and int(count) > 0
