"""An event on its way: CloudEvents 1.0, binary mode on Kafka, attributes as `ce_` headers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import ValidationError

from services.contracts.event import Event, TypeName, event_class
from services.contracts.ids import EventId
from services.contracts.streams import Stream

__all__ = ["DecodeError", "Envelope", "UnknownType", "WireRecord", "decode", "encode"]

E_co = TypeVar("E_co", bound=Event, covariant=True)

Headers = tuple[tuple[str, bytes], ...]

_SPEC_VERSION = "1.0"
_CONTENT_TYPE = b"application/json"


@dataclass(frozen=True)
class WireRecord:
    """What Kafka carries, without the topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True)
class Envelope(Generic[E_co]):
    """An event with the attributes that travel beside it.

    `source` is the service that says it, `traceparent` the W3C trace context of the act.
    """

    id: EventId
    source: str
    data: E_co
    traceparent: str | None = None

    @property
    def stream(self) -> Stream:
        return self.data.stream

    @property
    def time(self) -> datetime:
        return self.data.at


class DecodeError(ValueError):
    """A record that is no event of ours. `reason` is a stable word, `raw` the record as it came."""

    def __init__(self, reason: str, detail: str, raw: WireRecord) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.raw = raw


class UnknownType(DecodeError):
    """An event that was added to the stream after this code was built: readers ignore it."""


def encode(envelope: Envelope[Event]) -> WireRecord:
    event = envelope.data
    headers = [
        ("ce_specversion", _SPEC_VERSION),
        ("ce_id", str(envelope.id)),
        ("ce_type", event.type()),
        ("ce_source", f"/heatsink/{envelope.source}"),
        ("ce_subject", event.key),
        ("ce_time", event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
    ]
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent))
    return WireRecord(
        key=event.key.encode(),
        value=None if event.erases else event.model_dump_json().encode(),
        headers=(
            ("content-type", _CONTENT_TYPE),
            *((name, value.encode()) for name, value in headers),
        ),
    )


def decode(record: WireRecord, stream: Stream | None = None) -> Envelope[Event]:
    """The event in a record, read from `stream`. Raises DecodeError with the raw record.

    UnknownType among these means that there is nothing wrong with it. A newer major version of an
    event that this code knows is no such thing: to ignore it would be to lose it.
    """
    attributes = _attributes(record)
    event_type = _required(attributes, "ce_type", record)
    event_id = _required(attributes, "ce_id", record)
    if (version := _required(attributes, "ce_specversion", record)) != _SPEC_VERSION:
        raise DecodeError("foreign_spec", f"CloudEvents {version[:20]}", record)
    cls = _class(event_type, stream, record)
    if record.value is None and not cls.erases:
        raise DecodeError("no_value", event_type, record)
    try:
        data = _data(cls, record.value, attributes)
    except ValidationError as error:
        raise DecodeError("invalid_data", _summary(error), record) from error
    try:
        identity = EventId(event_id)
    except ValueError as error:
        raise DecodeError("invalid_id", str(error), record) from error
    source = attributes.get("ce_source", "").removeprefix("/heatsink/")
    return Envelope(identity, source, data, attributes.get("traceparent"))


def _class(event_type: str, stream: Stream | None, record: WireRecord) -> type[Event]:
    name, shown = TypeName.parse(event_type), event_type[:100]
    if name is None:
        raise DecodeError("foreign_type", shown, record)
    if stream not in {None, name.stream}:
        raise DecodeError("wrong_stream", shown, record)
    if cls := event_class(event_type):
        return cls
    if name.is_known:
        raise DecodeError("unknown_version", shown, record)
    raise UnknownType("unknown_type", shown, record)


def _data(cls: type[Event], value: bytes | None, attributes: dict[str, str]) -> Event:
    if value is not None:
        return cls.model_validate_json(value)
    said = {"at": attributes.get("ce_time"), "account": attributes.get("ce_subject")}
    return cls.model_validate(said)


def _attributes(record: WireRecord) -> dict[str, str]:
    headers = [(name.lower(), value) for name, value in record.headers]
    try:
        own = {name: value.decode() for name, value in headers if name.startswith("ce_")}
    except UnicodeDecodeError as error:
        raise DecodeError("invalid_header", "a header is not UTF-8", record) from error
    # A trace is a help, never a reason to refuse an event.
    traces = {name: value.decode("ascii", "ignore") for name, value in headers}
    return own | {name: value for name, value in traces.items() if name == "traceparent"}


def _required(attributes: dict[str, str], name: str, record: WireRecord) -> str:
    if value := attributes.get(name):
        return value
    raise DecodeError("not_a_cloudevent", f"header {name} is missing", record)


def _summary(error: ValidationError) -> str:
    """Which fields are wrong and how, without their values: they may hold prompts."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['type']}"
        for item in error.errors(include_input=False, include_url=False)[:5]
    )
