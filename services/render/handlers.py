"""The intake: from Kafka into the queue, each event once, whatever comes first."""

from services.contracts import Catalogue, Envelope, Event, render_cost
from services.contracts.events import AccountChanged, AccountStatus, JobAdmitted, JobCancelRequested
from services.kit.clock import Clock
from services.kit.erasures import Erasures
from services.kit.telemetry import current_traceparent
from services.render.core import admit, expects, line_of, request_cancel
from services.render.repository import Lines, Queue

__all__ = ["Intake"]


class Intake:
    """Handles `decisions`, `cancellations` and erased accounts; the rest of them it lets pass."""

    def __init__(
        self,
        queue: Queue,
        lines: Lines,
        erasures: Erasures,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._erasures = erasures
        self._lines = lines
        self._catalogue = catalogue
        self._clock = clock

    async def __call__(self, envelope: Envelope[Event]) -> None:
        match envelope.data:
            case JobAdmitted() as admitted:
                await self._admit(admitted)
                await self._erasures.meets(admitted.account)
            case JobCancelRequested() as wish:
                await self._queue.decide(
                    wish.job,
                    lambda entry: request_cancel(entry, wish.job, wish.account, self._clock.now()),
                )
                await self._erasures.meets(wish.account)
            case AccountChanged(status=AccountStatus.ERASED) as erased:
                await self._erasures.begin(erased.account)
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
