import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import DecodeError, Stream, UnknownType, WireRecord, decode, encode
from services.contracts.events import JobCancelRequested
from services.contracts.examples import example_envelopes

CANCEL = next(e for e in example_envelopes() if isinstance(e.data, JobCancelRequested))
WIRE = encode(CANCEL)


def wire_with(value: bytes | None = WIRE.value, **headers: bytes | None) -> WireRecord:
    """The good record with headers replaced, or left out where None."""
    kept = [(name, found) for name, found in WIRE.headers if name not in headers]
    new = [(name, found) for name, found in headers.items() if found is not None]
    return WireRecord(WIRE.key, value, tuple(kept + new))


# Fourteen hours before the year 1: Python has no such instant.
AT_THE_BEGINNING_OF_TIME = json.dumps(
    {**CANCEL.data.model_dump(mode="json"), "at": "0001-01-01T00:00:00+14:00"}
).encode()


@pytest.mark.parametrize("envelope", example_envelopes(), ids=lambda e: type(e.data).__name__)
def test_what_goes_in_comes_out(envelope: object) -> None:
    assert decode(encode(envelope)) == envelope  # type: ignore[arg-type]  # parametrised


def test_an_envelope_tells_its_stream_and_may_lack_a_trace() -> None:
    bare = replace(CANCEL, traceparent=None)
    assert decode(encode(bare)).traceparent is None
    assert bare.stream is Stream.CANCELLATIONS


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (wire_with(ce_type=None), "not_a_cloudevent"),
        (wire_with(ce_id=None), "not_a_cloudevent"),
        (wire_with(ce_specversion=b"0.3"), "foreign_spec"),
        (wire_with(ce_type=b"heatsink.renders.JobMelted.v1"), "unknown_type"),
        (wire_with(ce_type=b"heatsink.renders.JobMelted.v2"), "unknown_type"),
        (wire_with(ce_type=b"heatsink.cancellations.JobCancelRequested.v2"), "unknown_version"),
        (wire_with(ce_type=b"com.example.Ordered.v1"), "foreign_type"),
        (wire_with(ce_type=b"heatsink.weather.JobMelted.v1"), "foreign_type"),
        (wire_with(ce_type=b"heatsink.renders.\x1b[2J.v1"), "foreign_type"),
        (wire_with(ce_id=b"42"), "invalid_id"),
        (wire_with(ce_source=b"\xff\xfe"), "invalid_header"),
        (wire_with(None), "no_value"),
        (wire_with(b""), "invalid_data"),
        (wire_with(b'{"account": 3}'), "invalid_data"),
        (wire_with(b"\xff\xd8 a picture"), "invalid_data"),
        (wire_with(b"[" * 100_000), "invalid_data"),
        (wire_with(AT_THE_BEGINNING_OF_TIME), "invalid_data"),
    ],
)
def test_a_foreign_record_is_refused_with_its_reason_and_bytes(
    record: WireRecord, reason: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(record)
    assert caught.value.reason == reason
    assert caught.value.raw is record


def test_an_event_added_to_a_stream_later_is_told_from_what_is_wrong() -> None:
    with pytest.raises(UnknownType):
        decode(wire_with(ce_type=b"heatsink.cancellations.JobParked.v1"), Stream.CANCELLATIONS)
    with pytest.raises(DecodeError) as caught:
        decode(wire_with(ce_type=b"heatsink.cancellations.JobParked.v1"), Stream.RENDERS)
    assert caught.value.reason == "wrong_stream"


def test_an_event_is_refused_on_a_stream_that_is_not_its_own() -> None:
    assert decode(WIRE, Stream.CANCELLATIONS) == CANCEL
    with pytest.raises(DecodeError) as caught:
        decode(WIRE, Stream.DECISIONS)
    assert caught.value.reason == "wrong_stream"


def test_a_broken_trace_costs_the_trace_and_not_the_event() -> None:
    assert decode(wire_with(traceparent=b"\xff\x00")).data == CANCEL.data


def test_a_refusal_never_repeats_what_the_record_held() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(wire_with(b'{"account": "a secret wish"}'))
    assert "secret" not in str(caught.value)


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=20), st.binary(max_size=50)))
def test_any_bytes_decode_or_raise_a_decode_error(value: bytes, extra: dict[str, bytes]) -> None:
    with suppress(DecodeError):
        decode(WireRecord(b"k", value, (*WIRE.headers[:4], *extra.items())))


def test_readers_ignore_fields_they_do_not_know() -> None:
    assert WIRE.value
    newer = wire_with(WIRE.value.replace(b"{", b'{"mood": "hot", ', 1))
    assert decode(newer) == CANCEL


def test_times_are_utc_and_whole_milliseconds() -> None:
    local = datetime(2026, 3, 25, 20, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    event = CANCEL.data.model_validate({**CANCEL.data.model_dump(), "at": local})
    assert event.at == datetime(2026, 3, 25, 18, 0, 0, 1000, tzinfo=UTC)


def test_a_time_without_its_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        CANCEL.data.model_validate({**CANCEL.data.model_dump(), "at": datetime(2026, 3, 25)})  # noqa: DTZ001 - the point
