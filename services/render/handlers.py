"""The intake: from Kafka into the queue, each event once, whatever comes first."""

from services.contracts import Catalogue, Envelope, Event
from services.contracts.events import JobAdmitted, JobCancelRequested
from services.kit.clock import Clock
from services.kit.telemetry import current_traceparent
from services.render.core import admit, expects, line_of, render_cost, request_cancel
from services.render.repository import Lines, Queue

__all__ = ["Intake"]


class Intake:
    """Handles `decisions` and `cancellations`; what concerns others on them, it lets pass."""

    def __init__(self, queue: Queue, lines: Lines, catalogue: Catalogue, clock: Clock) -> None:
        self._queue = queue
        self._lines = lines
        self._catalogue = catalogue
        self._clock = clock

    async def __call__(self, envelope: Envelope[Event]) -> None:
        match envelope.data:
            case JobAdmitted() as admitted:
                await self._admit(admitted)
            case JobCancelRequested() as wish:
                await self._queue.decide(
                    wish.job,
                    lambda entry: request_cancel(entry, wish.job, wish.account, self._clock.now()),
                )
            case _:
                pass

    async def _admit(self, admitted: JobAdmitted) -> None:
        if not expects(await self._queue.load(admitted.job)):
            return
        spec = admitted.spec
        ticket = await self._lines.ticket(
            line_of(spec.pool, admitted.lane),
            admitted.account,
            admitted.job,
            render_cost(spec),
            self._clock.now(),
        )
        traceparent = current_traceparent()
        await self._queue.decide(
            admitted.job,
            lambda entry: admit(
                entry,
                admitted,
                model=self._catalogue.find(spec.model),
                ticket=ticket,
                traceparent=traceparent,
                now=self._clock.now(),
            ),
        )
