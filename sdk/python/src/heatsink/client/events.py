"""Server-sent events, line by line (HTML standard, 9.2), and where to go on."""

import json
import random
from collections.abc import Iterator

from heatsink.client.models import Event

__all__ = ["EventLines", "after_loss"]

_RETRY = 3.0


class EventLines:
    """`last` is the sequence to go on from; of `job` alone, if given, and `over` with that."""

    def __init__(self, after: int | None = None, job: str | None = None) -> None:
        self.last = after
        self.job = job
        self.over = False
        self.retry = _RETRY
        self._fields: dict[str, str] = {}

    def feed(self, line: str) -> Iterator[Event]:
        """The event that this line ends, if it ends one."""
        if line:
            name, _, value = line.partition(":")
            self._take(name, value.removeprefix(" "))
            return
        fields, self._fields = self._fields, {}
        sequence = int(fields["id"]) if fields.get("id", "").isdigit() else None
        self.last = sequence if sequence is not None else self.last
        if "data" not in fields:
            return
        event = Event(fields.get("event", "message"), json.loads(fields["data"]), sequence)
        self.over |= self.job is not None and event.ends(self.job)
        yield event

    def _take(self, name: str, value: str) -> None:
        if name == "retry" and value.isdigit():
            self.retry = int(value) / 1000
        elif name == "data" and "data" in self._fields:
            self._fields["data"] += f"\n{value}"
        elif name:
            self._fields[name] = value


def after_loss(lines: EventLines) -> float:
    """Seconds until the next try: as the service asked, spread so that not all come at once."""
    return lines.retry * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
