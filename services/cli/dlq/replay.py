"""Dead letters back onto the topics they came from, as the very events they were."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.contracts import STREAMS, DecodeError, Stream, WireRecord, decode
from services.contracts.streams import DEAD_LETTER_RETENTION
from services.kit.bus import Connection, DeadLetter, Deed, Mark, Place, read_through
from services.kit.bus.dead_letters import RecordSender
from services.kit.clock import Clock

__all__ = ["Heads", "Replay", "Report", "newest_of_keys", "objection"]

REPLAY_OF = "replay_of"

Letters = AsyncIterator[tuple[Place, DeadLetter]]

Heads = Mapping[bytes | None, tuple[int, bytes | None]]
"""By key: the offset and the event id of its newest record."""


@dataclass
class Report:
    """What was (or, dry, would be) replayed, and what stays and why.

    `sent` counts records: letters of several readers of one record are replayed by sending it once.
    """

    replayed: list[Place] = field(default_factory=list)
    sent: int = 0
    left: dict[Place, str] = field(default_factory=dict)

    @property
    def objections(self) -> Counter[str]:
        return Counter(self.left.values())


class Replay:
    """Sends, then marks: killed in between, it sends again, and readers drop what they have seen.

    At most `rate` records leave in a second; `dry` sends and marks nothing.
    """

    def __init__(
        self, topic: str, sender: RecordSender, clock: Clock, *, rate: float, dry: bool
    ) -> None:
        self._topic = topic
        self._sender = sender
        self._clock = clock
        self._rate = rate
        self._dry = dry
        self._sent: set[tuple[int, int]] = set()

    async def run(self, letters: Letters, stream: Stream, heads: Heads) -> Report:
        """Raises Unavailable; what was marked by then is done."""
        report = Report()
        async for place, letter in letters:
            if why := objection(letter, self._topic, stream, heads, self._clock.now()):
                report.left[place] = why
                continue
            await self._once(place, letter)
            report.replayed.append(place)
            report.sent = len(self._sent)
        return report

    async def _once(self, place: Place, letter: DeadLetter) -> None:
        origin = (letter.record.partition, letter.record.offset)
        if origin not in self._sent:
            self._sent.add(origin)
            await self._send(place, letter)
        if not self._dry:
            mark = Mark(Deed.REPLAYED, self._clock.now(), (place,))
            await self._sender.send(self._topic, mark.encode())

    async def _send(self, place: Place, letter: DeadLetter) -> None:
        if self._dry:
            return
        own = tuple(header for header in letter.record.wire.headers if header[0] != REPLAY_OF)
        headers = (*own, (REPLAY_OF, f"{self._topic}:{place}".encode()))
        await self._sender.send(letter.record.topic, replace(letter.record.wire, headers=headers))
        await self._clock.sleep(1 / self._rate)


def objection(
    letter: DeadLetter, topic: str, stream: Stream, heads: Heads, now: datetime
) -> str | None:
    """Why to replay this letter would be useless or do harm, in a stable word; none if it is not.

    `too_old`: readers may have forgotten that they handled it. `superseded`: the stream is
    compacted and has a newer event of the key, which a replay would erase.
    """
    if letter.topic != topic:
        return "foreign_origin"
    if letter.cut:
        return "cut"
    try:
        envelope = decode(letter.record.wire, stream)
    except DecodeError as error:
        return error.reason
    if not STREAMS[stream].compacted and now - envelope.time > DEAD_LETTER_RETENTION:
        return "too_old"
    newest = heads.get(letter.record.wire.key)
    if newest and newest[0] > letter.record.offset and newest[1] != _event_id(letter.record.wire):
        return "superseded"
    return None


async def newest_of_keys(connection: Connection, topic: str) -> Heads:
    """Raises TopicMissing or Unavailable."""
    heads: dict[bytes | None, tuple[int, bytes | None]] = {}
    async with aclosing(read_through(connection, topic)) as records:
        async for record in records:
            heads[record.wire.key] = (record.offset, _event_id(record.wire))
    return heads


def _event_id(wire: WireRecord) -> bytes | None:
    return next((value for name, value in wire.headers if name == "ce_id"), None)
