"""One claimed job on its way through the engine to its outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar, assert_never

import structlog

from services.contracts import UploadId
from services.contracts.events import FailureCode
from services.kit.blobs import BlobMissing
from services.kit.documents import Change
from services.kit.errors import KitError, Unavailable
from services.kit.moderation import Verdict
from services.kit.pause import pause
from services.kit.telemetry import metrics, span
from services.render.core import Claim, Entry, Order, Pace, Running, keeps_images, outcome, settle
from services.render.engine import (
    Cancelled,
    Draw,
    Drawn,
    EngineNotReadyError,
    Failed,
    Picture,
    Stepped,
)
from services.render.worker.desk import Box, CancelWish, EngineGone, GiveBack, News
from services.render.worker.herald import Herald
from services.render.worker.keeper import Keeper
from services.render.worker.tools import Tools

__all__ = ["Attempt"]

_log = structlog.get_logger("render.worker")

T = TypeVar("T")

_RETRY_SECONDS = 0.5
_REFUSED = "The content policy refuses what was drawn. It did not count."


class _GaveUpError(Exception):
    """A part did not answer until the claim was lost or the worker had to stop."""


class Attempt:
    """Follows the render, keeps its claim, stores its pictures, writes its outcome.

    `drawn` is called when the engine has done with it, while pictures and outcome are yet to be
    written: another render may have its place there.
    """

    def __init__(
        self, claim: Claim, entry: Running, tools: Tools, drawn: Callable[[], None]
    ) -> None:
        self.claim = claim
        self.suspect = entry.tries.suspect
        self._drawn = drawn
        self._order = entry.order
        self._tools = tools
        self._keeper = Keeper(claim, tools.queue, tools.clock, tools.lease, self.cancel)
        self._herald = Herald(
            claim,
            entry.order,
            images=tools.images,
            publisher=tools.publisher,
            clock=tools.clock,
            pace=Pace(tools.progress_per_second),
        )
        self._cancelling = entry.cancel_requested
        self._stopping = asyncio.Event()
        self._step = 0

    async def run(self) -> None:
        with span(
            "render",
            parent=self._order.traceparent,
            job=self.claim.job,
            attempt=self.claim.attempt,
            worker=self.claim.worker,
            model=self._order.spec.model,
        ):
            async with asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(self._keeper.run())
                await self._see_through()
                keeping.cancel()

    async def cancel(self) -> None:
        """Asks the engine to stop at its next step; the outcome says what became of it."""
        self._cancelling = True
        await self._tools.host.cancel(self.claim.job, self.claim.attempt)

    def give_back(self) -> None:
        """The worker stops: the job goes back to the queue, as if it had never been claimed."""
        self._stopping.set()
        self._tools.desk.tell(self.claim, GiveBack())

    async def _see_through(self) -> None:
        with self._tools.desk.box(self.claim) as box:
            result = await self._result(box)
        try:
            await (self._fenced(result) if self._keeper.lost else self._conclude(result))
        except _GaveUpError:
            _log.error("outcome_not_written", job=self.claim.job, attempt=self.claim.attempt)
        except KitError:
            # Nothing of this job is certain now but its lease, which runs out by itself.
            _log.exception("outcome_refused", job=self.claim.job, attempt=self.claim.attempt)

    async def _result(self, box: Box) -> outcome.Outcome:
        try:
            draw = await self._begun_with(_draw(self.claim, self._order))
            await self._tools.host.submit(draw)
            if self._cancelling:
                await self.cancel()
            end = await self._follow(box)
            self._drawn()
            return await self._stored(end) if isinstance(end, Drawn) else end
        except EngineNotReadyError:
            return outcome.Crashed("engine_not_ready")
        except BlobMissing:
            gone = "The photo that this render begins with is gone."
            return outcome.Failed(FailureCode.INVALID_SPEC, gone, permanent=True)
        except _GaveUpError:
            return outcome.Released("worker_stopped")
        except KitError:
            _log.exception("images_not_stored", job=self.claim.job, attempt=self.claim.attempt)
            return outcome.Crashed("images_not_stored")

    async def _begun_with(self, draw: Draw) -> Draw:
        """With the bytes of its photo and its mask."""
        spec = self._order.spec
        if not spec.images:
            return draw
        photo = await self._fetched(spec.images[0])
        mask = await self._fetched(spec.mask) if spec.mask else None
        return replace(draw, photo=photo, mask=mask)

    async def _fetched(self, upload: UploadId) -> bytes:
        fetch, account = self._tools.images.upload, self._order.account
        return await self._insist(lambda: fetch(account, upload))

    async def _follow(self, box: Box) -> outcome.Outcome | Drawn:
        while True:
            news = await self._next(box)
            match news:
                case Stepped():
                    await self._stepped(news)
                case Drawn():
                    return news
                case Failed(code=code, message=message, permanent=permanent):
                    return outcome.Failed(code, message, permanent)
                case Cancelled():
                    return outcome.Cancelled() if self._cancelling else outcome.Released("engine")
                case EngineGone(reason=reason):
                    return outcome.Crashed(reason)
                case CancelWish():
                    await self.cancel()
                case GiveBack():
                    await self._tools.host.cancel(self.claim.job, self.claim.attempt)
                    return outcome.Released("worker_stopped")
                case _:
                    assert_never(news)

    async def _next(self, box: Box) -> News:
        """One span for each step, and one for what comes after the last."""
        name = "render.step" if self._step < self._order.spec.steps else "render.finish"
        with span(name, step=self._step + 1):
            return await box.get()

    async def _stepped(self, step: Stepped) -> None:
        fresh = step.step - self._step
        self._step = step.step
        self._tools.meter.worked(self._order.cost * fresh / step.steps)
        metrics.STEPS.add(fresh, model=self._order.spec.model)
        await self._herald.stepped(step)

    async def _stored(self, drawn: Drawn) -> outcome.Outcome:
        """What a moderator refuses is never stored."""
        for picture in drawn.pictures:
            if (verdict := await self._moderated(picture)).refused:
                metrics.MODERATION_REFUSED.add(1, stage="output")
                return outcome.Failed(
                    FailureCode.CONTENT_REFUSED, _REFUSED, True, verdict.categories
                )
        store = self._tools.images.store
        return outcome.Completed(await self._insist(lambda: store(self.claim, drawn.pictures)))

    async def _moderated(self, picture: Picture) -> Verdict:
        ask, media_type = self._tools.moderator.picture, picture.format.media_type
        return await self._insist(lambda: ask(picture.content, media_type))

    async def _conclude(self, result: outcome.Outcome) -> None:
        def decision(entry: Entry | None) -> Change[Entry] | None:
            return settle(
                entry,
                self.claim,
                result,
                now=self._tools.clock.now(),
                policy=self._tools.retries,
                jitter=self._tools.jitter(),
            )

        change = await self._insist(lambda: self._keeper.settle(decision))
        if change is None:
            await self._fenced(result)
        else:
            await self._tidy(change.state, result)

    async def _fenced(self, result: outcome.Outcome) -> None:
        """Someone else decides about this job now: what we have comes too late."""
        entry = await self._insist(lambda: self._tools.queue.load(self.claim.job))
        if isinstance(result, outcome.Completed | outcome.Failed):
            metrics.FENCED_RESULTS.add(1)
            _log.warning("result_fenced", job=self.claim.job, attempt=self.claim.attempt)
        await self._tidy(entry, result)

    async def _tidy(self, entry: Entry | None, result: outcome.Outcome) -> None:
        """Pictures that are nobody's go; where the store is away, they stay for a sweep."""
        if isinstance(result, outcome.Completed) and not keeps_images(entry, self.claim):
            with suppress(Unavailable):
                await self._tools.images.discard(result.images)

    async def _insist(self, act: Callable[[], Awaitable[T]]) -> T:
        """Calls until a part answers that is away. Raises _GaveUpError when that makes no sense."""
        while True:
            try:
                return await act()
            except Unavailable as error:
                _log.warning("part_away", part=error.part, job=self.claim.job)
            if self._keeper.lost or await pause(self._tools.clock, _RETRY_SECONDS, self._stopping):
                raise _GaveUpError


def _draw(claim: Claim, order: Order) -> Draw:
    spec = order.spec
    return Draw(
        job=claim.job,
        attempt=claim.attempt,
        model=spec.model,
        kind=spec.task,
        prompt=spec.prompt,
        negative_prompt=spec.negative_prompt,
        width=spec.width,
        height=spec.height,
        steps=spec.steps,
        guidance=spec.guidance,
        seeds=spec.seeds,
        previews=spec.previews,
        output=spec.output,
        format=spec.format,
        compression=spec.compression,
        strength=1.0 if spec.strength is None else spec.strength,
        lane=order.lane,
        account=order.account,
    )
