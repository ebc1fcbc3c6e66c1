"""Kafka's settings of a topic, from the topic table."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from services.contracts import TopicSpec

__all__ = ["differences", "replaced", "wanted"]

_DYNAMIC_TOPIC_CONFIG = 1
_SHORTEST_SEGMENT = timedelta(minutes=1)
_LONGEST_SEGMENT = timedelta(days=1)
_COMPACTED_SEGMENT = 16 * 1024 * 1024
_LARGEST_BATCH = 1_048_588  # Kafka's own default; brokers may have another


def wanted(spec: TopicSpec) -> dict[str, str]:
    """Retention counts for whole, closed segments, so segments must be shorter than it.

    Of a compacted topic Kafka itself sets no time by which an old event has to go, and every reader
    begins at its beginning: small segments keep that near to what is still true.
    """
    segment = min(max(spec.retention / 4, _SHORTEST_SEGMENT), _LONGEST_SEGMENT)
    settings = {"segment.ms": _milliseconds(segment), "max.message.bytes": str(_LARGEST_BATCH)}
    if spec.compacted:
        return settings | {
            "cleanup.policy": "compact",
            "max.compaction.lag.ms": _milliseconds(spec.retention),
            "segment.bytes": str(_COMPACTED_SEGMENT),
        }
    return settings | {"cleanup.policy": "delete", "retention.ms": _milliseconds(spec.retention)}


def replaced(spec: TopicSpec, found: Iterable[Sequence[Any]]) -> dict[str, str] | None:
    """The full set to write where what is found differs; none where all is as wanted.

    The full set, because Kafka's AlterConfigs drops what it isn't told.
    """
    settings = wanted(spec)
    now = {name: value for name, value, *_ in found}
    if all(now.get(name) == value for name, value in settings.items()):
        return None
    own = {name: value for name, value, _, source, *_ in found if source == _DYNAMIC_TOPIC_CONFIG}
    return own | settings


def differences(spec: TopicSpec, found: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    """Each setting that is not as wanted, in words."""
    now = {name: value for name, value, *_ in found}
    return tuple(
        f"has {name}={now.get(name)}, not {value}"
        for name, value in wanted(spec).items()
        if now.get(name) != value
    )


def _milliseconds(length: timedelta) -> str:
    return str(int(length.total_seconds() * 1000))
