"""Dead letters as people and scripts are told of them, without what must stay private."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from services.kit.bus import DeadLetter, Deed, Letterbox, Slip
from services.kit.telemetry import REDACTED, is_private, mask, redact

__all__ = ["brief", "full", "overview", "printable"]

_SHORTEST_SECRET = 4


def overview(box: Letterbox) -> dict[str, Any]:
    """One topic in figures: open letters, and what was done with the others."""
    times = [slip.letter.at for slip in box.open]
    return {
        "topic": box.topic,
        "open": len(box.open),
        "oldest": min(times).isoformat() if times else None,
        "newest": max(times).isoformat() if times else None,
        "reasons": dict(Counter(slip.letter.reason for slip in box.open).most_common()),
        "consumers": dict(Counter(slip.letter.consumer for slip in box.open).most_common()),
        "replayed": box.count(Deed.REPLAYED),
        "dropped": box.count(Deed.DROPPED),
        "no_letters": box.strangers,
    }


def brief(slip: Slip) -> dict[str, Any]:
    """One letter in a line."""
    letter, record = slip.letter, slip.letter.record
    headers = dict(record.wire.headers)
    return {
        "at": str(slip.place),
        "buried_at": letter.at.isoformat(),
        "reason": letter.reason,
        "detail": mask(letter.detail),
        "consumer": letter.consumer,
        "origin": f"{record.topic}:{record.partition}:{record.offset}",
        "type": _text(headers.get("ce_type")),
        "event": _text(headers.get("ce_id")),
        "replay_of": _text(headers.get("replay_of")),
        "bytes": letter.cut or slip.size,
        "handled": slip.mark and slip.mark.deed.value,
        "handled_at": slip.mark and slip.mark.at.isoformat(),
    }


def full(slip: Slip, letter: DeadLetter, *, payload: bool) -> dict[str, Any]:
    """All of one letter; prompts and tokens only with `payload`."""
    wire = letter.record.wire
    hidden = () if payload else tuple(_secrets(_parsed(wire.value)))
    return {
        **brief(slip),
        "detail": _without(letter.detail, hidden),
        "stack": _without(letter.stack, hidden),
        "written_at": letter.record.time.isoformat(),
        "key": _text(wire.key),
        "headers": [[name, mask(_text(value) or "")] for name, value in wire.headers],
        "value": _payload(wire.value) if payload else _redacted(wire.value),
        "cut": bool(letter.cut),
    }


def printable(text: str) -> str:
    """Fit for a terminal: what a stranger wrote moves no cursor and rings no bell."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


def _payload(value: bytes | None) -> Any:
    try:
        return value and value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value or b"").decode()}


def _redacted(value: bytes | None) -> Any:
    parsed = _parsed(value)
    if parsed is None and value is not None:
        return f"{len(value)} bytes that are no JSON object"
    return redact(parsed)


def _parsed(value: bytes | None) -> dict[str, Any] | None:
    try:
        parsed = json.loads(value or b"")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _secrets(value: Any, *, private: bool = False) -> Iterator[str]:
    match value:
        case str() if private and len(value) >= _SHORTEST_SECRET:
            yield value
        case dict():
            for name, item in value.items():
                yield from _secrets(item, private=private or is_private(name))
        case list():
            for item in value:
                yield from _secrets(item, private=private)


def _without(text: str, hidden: tuple[str, ...]) -> str:
    for secret in hidden:
        text = text.replace(secret, REDACTED)
    return mask(text)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")
