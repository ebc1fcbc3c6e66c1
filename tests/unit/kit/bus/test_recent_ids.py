from services.contracts import EventId
from services.kit.bus import RecentIds
from tests.unit.kit.bus.samples import NOW


def test_only_the_last_ids_are_remembered() -> None:
    recent = RecentIds(capacity=2)
    first, second, third = (EventId.new(NOW) for _ in range(3))
    for event_id in (first, second, third):
        recent.add(event_id)

    assert first not in recent
    assert second in recent
    assert third in recent


def test_an_id_that_comes_again_counts_as_new() -> None:
    recent = RecentIds(capacity=2)
    first, second, third = (EventId.new(NOW) for _ in range(3))
    for event_id in (first, second, first, third):
        recent.add(event_id)

    assert first in recent
    assert second not in recent
    assert len(recent) == 2
