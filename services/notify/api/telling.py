"""What a piece of news says, whatever channel it goes by."""

from typing import Any

from services.notify.core import LiveNotice, Notification
from services.notify.stream import Item, Quiet, Replay, Reset

__all__ = ["said"]


def said(item: Item) -> dict[str, Any]:
    match item:
        case Notification(sequence=sequence, notice=notice):
            moment = notice.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            told = {"type": notice.type, "sequence": sequence, "at": moment, "href": notice.href}
            return told | notice.facts
        case LiveNotice():
            return {"type": item.type, **item.facts}
        case Reset():
            return {"type": "reset", "after": int(item), "jobs": "/v1/jobs"}
        case Quiet():
            return {}
        case Replay():
            return {"type": f"replay.{item.name.lower()}"}
