"""From a record to its event, whatever somebody wrote there: no record stops a reader (law 10)."""

import traceback

import structlog

from services.contracts import DecodeError, Envelope, Event, Stream, UnknownType, decode
from services.kit.bus.model import Record
from services.kit.bus.size import MAX_RECORD_BYTES, size_of
from services.kit.telemetry import metrics

__all__ = ["read", "read_or_tell"]

log = structlog.get_logger(__name__)


def read(record: Record, stream: Stream) -> Envelope[Event]:
    """The event in a record of `stream`. Raises DecodeError and nothing else."""
    if (size := size_of(record.wire)) > MAX_RECORD_BYTES:
        raise DecodeError("too_large", f"{size} bytes", record.wire)
    try:
        return decode(record.wire, stream)
    except DecodeError:
        raise
    except Exception as error:
        # Where, not what: the message may repeat what the record holds.
        where = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__} in {where.name}, line {where.lineno}"
        raise DecodeError("decoder_fault", detail, record.wire) from error


def read_or_tell(record: Record, stream: Stream, reader: str) -> Envelope[Event] | None:
    """The same for readers that are no group; what is no event is counted, told and passed over.

    No dead letter: each replica would write one.
    """
    try:
        return read(record, stream)
    except UnknownType:
        return None
    except DecodeError as error:
        metrics.RECORDS_UNREADABLE.add(1, reader=reader, stream=stream, reason=error.reason)
        log.warning(
            "record_unreadable",
            reader=reader,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=error.reason,
        )
        return None
