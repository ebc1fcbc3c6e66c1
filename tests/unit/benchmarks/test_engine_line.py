"""The sides that the engine's figures compare differ in what they are said to differ in."""

import threading
from collections.abc import Callable

import pytest

from benchmarks.engine.jobs import Job
from benchmarks.engine.line import Line
from services.contracts import Lane

_WITHIN = 10.0
_A_WHILE = 0.05


class Drawing:
    """Each job is under way until it is let go; `begun` has them in order."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._news = threading.Condition()
        self._let_go: set[int] = set()

    def __call__(self, job: Job, on_step: Callable[[int], None]) -> None:
        on_step(0)
        with self._news:
            self.begun.append(job.number)
            self._news.notify_all()
            self._news.wait_for(lambda: job.number in self._let_go, _WITHIN)

    def let_go(self, *numbers: int) -> None:
        with self._news:
            self._let_go.update(numbers)
            self._news.notify_all()

    def await_begun(self, count: int) -> None:
        assert self.begins(count, _WITHIN)

    def begins(self, count: int, within: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: len(self.begun) >= count, within)


@pytest.mark.parametrize("by_lane", [False, True])
def test_paid_jobs_come_first_only_where_lanes_count(by_lane: bool) -> None:
    drawing = Drawing()
    line = Line(drawing, 1, by_lane=by_lane)
    first = line.submit(Job(0, 1))
    drawing.await_begun(1)
    rest = [line.submit(Job(1, 1)), line.submit(Job(2, 1, Lane.PAID))]
    drawing.let_go(0, 1, 2)
    for told in (first, *rest):
        told.result(_WITHIN)
    line.close()
    assert drawing.begun == ([0, 2, 1] if by_lane else [0, 1, 2])


def test_a_place_is_filled_as_soon_as_it_is_free() -> None:
    drawing = Drawing()
    line = Line(drawing, 2)
    told = [line.submit(Job(number, 1)) for number in range(3)]
    drawing.await_begun(2)
    drawing.let_go(0)
    drawing.await_begun(3)
    drawing.let_go(1, 2)
    for one in told:
        one.result(_WITHIN)
    line.close()


def test_a_gang_is_joined_by_nobody_before_all_of_it_have_left() -> None:
    drawing = Drawing()
    line = Line(drawing, 2, gangs=True)
    told = [line.submit(Job(number, 1)) for number in range(4)]
    drawing.await_begun(2)
    gang = list(drawing.begun)
    drawing.let_go(gang[0])
    told[gang[0]].result(_WITHIN)
    assert not drawing.begins(3, _A_WHILE)
    drawing.let_go(*range(4))
    for one in told:
        one.result(_WITHIN)
    line.close()
    assert sorted(drawing.begun) == [0, 1, 2, 3]


def test_what_still_waits_is_dropped_at_the_end() -> None:
    drawing = Drawing()
    line = Line(drawing, 1)
    under_way = line.submit(Job(0, 1))
    drawing.await_begun(1)
    waiting = line.submit(Job(1, 1))
    closing = threading.Thread(target=line.close)
    closing.start()
    drawing.let_go(0)
    closing.join(_WITHIN)
    assert under_way.done()
    assert not waiting.done()
