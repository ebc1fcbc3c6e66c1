from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from services.cli.dlq.replay import Heads, Replay, Report
from services.contracts import Stream, WireRecord
from services.kit.bus import DeadLetter, Mark, Place, Record
from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from tests.unit.kit.bus.samples import CANCELLATIONS, NOW, cancel, garbage, record

TOPIC = f"{CANCELLATIONS}.dlq"


class Sender:
    """Remembers, and fails from the `fail_at`-th record on."""

    def __init__(self, fail_at: int = 1_000) -> None:
        self.sent: list[tuple[str, WireRecord]] = []
        self._fail_at = fail_at

    async def send(self, topic: str, wire: WireRecord) -> None:
        if len(self.sent) >= self._fail_at:
            raise Unavailable("bus")
        self.sent.append((topic, wire))

    @property
    def events(self) -> list[WireRecord]:
        return [wire for topic, wire in self.sent if topic == CANCELLATIONS]

    @property
    def marked(self) -> list[Place]:
        marks = [Mark.decode(wire) for topic, wire in self.sent if topic == TOPIC]
        return [place for mark in marks for place in mark.places]


class Running(ManualClock):
    """Time that passes by itself: what sleeps is awake at once, and how long is known."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


def letter(of: Record) -> DeadLetter:
    return DeadLetter(of, "handler_fault", "", "", "quota", NOW)


async def replayed(
    sender: Sender,
    *of: DeadLetter,
    dry: bool = False,
    heads: Heads | None = None,
    clock: Running | None = None,
) -> Report:
    async def letters() -> AsyncIterator[tuple[Place, DeadLetter]]:
        for offset, one in enumerate(of):
            yield Place(0, offset), one

    replay = Replay(TOPIC, sender, clock or Running(), rate=10, dry=dry)
    return await replay.run(letters(), Stream.CANCELLATIONS, heads or {})


async def test_a_letter_becomes_the_very_record_it_was_and_says_of_what_it_is_a_replay() -> None:
    sender, was = Sender(), record(cancel(), offset=3)
    report = await replayed(sender, letter(was))

    [event] = sender.events
    assert event.headers == (*was.wire.headers, ("replay_of", f"{TOPIC}:0:0".encode()))
    assert (event.key, event.value) == (was.wire.key, was.wire.value)
    assert (report.replayed, report.sent, sender.marked) == ([Place(0, 0)], 1, [Place(0, 0)])


async def test_a_replay_that_died_again_names_its_last_letter_only() -> None:
    sender, was = Sender(), record()
    again = replace(was.wire, headers=(*was.wire.headers, ("replay_of", b"x.dlq:0:7")))
    await replayed(sender, letter(replace(was, wire=again)))

    assert [value for name, value in sender.events[0].headers if name == "replay_of"] == [
        f"{TOPIC}:0:0".encode()
    ]


async def test_letters_of_several_readers_of_one_record_are_sent_once_and_all_marked() -> None:
    sender, was = Sender(), record()
    report = await replayed(sender, letter(was), letter(was), letter(replace(was, offset=9)))

    assert (len(sender.events), report.sent, len(sender.marked)) == (2, 2, 3)


async def test_a_letter_is_marked_only_after_it_was_sent() -> None:
    sender = Sender(fail_at=1)
    try:
        await replayed(sender, letter(record()))
    except Unavailable:
        assert (len(sender.events), sender.marked) == (1, [])
    else:
        raise AssertionError("the mark could not be sent, and nobody said so")


async def test_a_dry_run_sends_nothing_and_tells_the_same() -> None:
    sender = Sender()
    of = [letter(record()), letter(garbage())]
    dry = await replayed(sender, *of, dry=True)

    assert sender.sent == []
    assert dry == await replayed(Sender(), *of)


async def test_the_rate_is_kept() -> None:
    clock = Running()
    letters = [letter(record(offset=offset)) for offset in range(20)]
    await replayed(Sender(), *letters, clock=clock)

    assert round(clock.slept, 6) == 2.0


async def test_what_would_die_again_or_do_harm_is_left() -> None:
    sender, good = Sender(), record(offset=3)
    elsewhere = replace(good, topic="heatsink.renders.v1")
    report = await replayed(
        sender,
        letter(garbage()),
        replace(letter(good), cut=2_000_000),
        letter(elsewhere),
        letter(good),
        heads={good.wire.key: (4, b"evt_of_another")},
    )

    assert sender.sent == []
    assert list(report.left.values()) == ["not_a_cloudevent", "cut", "foreign_origin", "superseded"]


async def test_an_event_that_readers_may_have_forgotten_is_left() -> None:
    old = record(cancel(at=NOW - timedelta(days=31)))
    report = await replayed(Sender(), letter(old), letter(record(offset=1)))

    assert report.left == {Place(0, 0): "too_old"}


async def test_an_event_is_not_superseded_by_its_own_replay() -> None:
    envelope = cancel()
    was = record(envelope, offset=3)
    report = await replayed(
        Sender(), letter(was), heads={was.wire.key: (4, str(envelope.id).encode())}
    )

    assert report.left == {}
