"""What a service answers when it is asked for a diagnosis: on the health port's own thread."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.kit.build import build_info
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.diagnosis import Diagnosis, Finding, Report, Section, bad
from services.kit.lifecycle.liveness import Liveness

__all__ = ["MakeReport", "reporter"]

MakeReport = Callable[[], Awaitable[Report]]

_GRACE = 1.0
_STUCK = bad(
    Section.SERVICES,
    "event loop",
    "does not turn, so nothing more could be asked",
    "see this service's log; restart it if this lasts",
)


def reporter(
    service: str,
    replica: str,
    *,
    liveness: Liveness,
    readiness: Readiness,
    diagnosis: Diagnosis,
    clock: Clock,
) -> MakeReport:
    """To be made on the service's own loop, which runs the checks whoever asks."""
    loop = asyncio.get_running_loop()

    async def report() -> Report:
        findings = await _across(loop, diagnosis)
        build = build_info()
        return Report(
            service=service,
            replica=replica,
            version=build.version,
            commit=build.commit,
            now=clock.now(),
            live=liveness.reasons,
            ready=readiness.ready,
            reasons=readiness.reasons,
            findings=tuple(findings),
        )

    return report


async def _across(loop: asyncio.AbstractEventLoop, diagnosis: Diagnosis) -> Sequence[Finding]:
    """The findings of a loop that may hang: then that is the finding."""
    asked = asyncio.run_coroutine_threadsafe(diagnosis.findings(), loop)
    try:
        async with asyncio.timeout(diagnosis.within + _GRACE):
            return await asyncio.wrap_future(asked)
    except TimeoutError:
        return (_STUCK,)
