"""What is removed because its time is over."""

from services.kit.telemetry.instruments import Counter, Labels

__all__ = ["RETENTION_REMOVED"]


def _removed(*, what: str, reason: str) -> Labels:
    return {"what": what, "reason": reason}


RETENTION_REMOVED = Counter(
    "heatsink.retention.removed",
    "{thing}",
    "Prompts, pictures and accounts that a sweep removed, by why.",
    _removed,
)
