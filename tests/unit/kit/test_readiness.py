from services.kit.component import Readiness


def test_a_process_waits_for_what_it_was_told_to_wait_for() -> None:
    readiness = Readiness("tail")
    assert not readiness.ready
    readiness.clear("tail")
    assert readiness.ready


def test_what_only_degrades_is_told_and_does_not_block() -> None:
    readiness = Readiness()
    readiness.degrade("tail", "bus_unavailable")
    assert readiness.ready
    assert readiness.reasons == {"tail": "bus_unavailable"}


def test_a_reason_may_become_worse_and_better() -> None:
    readiness, told = Readiness(), list[tuple[bool, str | None]]()
    readiness.watch(lambda _, reason: told.append((readiness.ready, reason)))
    readiness.degrade("tail", "away")
    readiness.degrade("tail", "away")
    readiness.block("tail", "away")
    readiness.degrade("tail", "away")
    readiness.clear("tail")
    readiness.clear("tail")
    assert told == [(True, "away"), (False, "away"), (True, "away"), (True, None)]
