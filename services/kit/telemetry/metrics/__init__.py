"""Every metric of Heatsink, each declared once: `docs/metrics.md` is made from here."""

from opentelemetry.metrics import Meter

from services.kit.telemetry.instruments import Metric
from services.kit.telemetry.metrics import events, jobs, keeping, moderation, process, renders
from services.kit.telemetry.metrics.events import *  # noqa: F403 - a chapter's whole list
from services.kit.telemetry.metrics.jobs import *  # noqa: F403 - a chapter's whole list
from services.kit.telemetry.metrics.keeping import *  # noqa: F403 - a chapter's whole list
from services.kit.telemetry.metrics.moderation import *  # noqa: F403 - a chapter's whole list
from services.kit.telemetry.metrics.process import *  # noqa: F403 - a chapter's whole list
from services.kit.telemetry.metrics.renders import *  # noqa: F403 - a chapter's whole list

__all__ = ["CHAPTERS", "bind"]
__all__ += jobs.__all__
__all__ += renders.__all__
__all__ += events.__all__
__all__ += keeping.__all__
__all__ += moderation.__all__
__all__ += process.__all__

CHAPTERS: dict[str, tuple[Metric[...], ...]] = {
    (module.__doc__ or ""): tuple(
        metric for metric in vars(module).values() if isinstance(metric, Metric)
    )
    for module in (jobs, renders, events, keeping, moderation, process)
}


def bind(meter: Meter) -> None:
    """Sends what is measured from now on to this meter."""
    for chapter in CHAPTERS.values():
        for metric in chapter:
            metric.bind(meter)
