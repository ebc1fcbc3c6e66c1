"""What lies in an outbox: an event as the bus will carry it, or a row as it will be stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.contracts import Envelope, Event, EventId, WireRecord, decode, encode
from services.kit.documents.codec import Fields, plain
from services.kit.documents.model import Change, Row

__all__ = ["Item", "Outbox", "items_of", "to_envelope", "to_row"]

Item = Fields


@dataclass(frozen=True)
class Outbox:
    """A document's outbox as of one version; oldest item first."""

    version: int
    items: tuple[Item, ...]


def items_of(
    change: Change[Any], source: str, now: datetime, traceparent: str | None
) -> list[Item]:
    """Rows come first, so each is there before the events that follow it."""
    envelopes = [Envelope(EventId.new(now), source, event, traceparent) for event in change.events]
    return [*map(_row_item, change.rows), *map(_event_item, envelopes)]


def to_envelope(item: Item) -> Envelope[Event]:
    """Raises DecodeError for an event that this version of the code doesn't know."""
    headers = tuple((name, value.encode()) for name, value in item["headers"])
    value = None if item["value"] is None else item["value"].encode()
    return decode(WireRecord(item["key"].encode(), value, headers))


def to_row(item: Item) -> Row:
    return Row(item["collection"], item["row"], item["fields"])


def _row_item(row: Row) -> Item:
    return {
        "id": f"{row.collection}/{row.id}",
        "kind": "row",
        "collection": row.collection,
        "row": str(row.id),
        "fields": plain(row.fields),
    }


def _event_item(envelope: Envelope[Event]) -> Item:
    record = encode(envelope)
    return {
        "id": str(envelope.id),
        "kind": "event",
        "key": (record.key or b"").decode(),
        "value": None if record.value is None else record.value.decode(),
        "headers": [[name, value.decode()] for name, value in record.headers],
    }
