"""Renders on threads of their own that meet for each step, at a model that a test conducts."""

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from services.contracts import Lane
from services.render.engine.batching.gatherer import Gatherer
from services.render.engine.batching.pace import StepPace
from services.render.engine.batching.seat import Seat
from services.render.engine.painter import InterruptedRenderError

SECONDS = 10.0


@dataclass(frozen=True)
class Ask:
    """A call that wants its number back."""

    number: int
    shape: Hashable = "square"
    rows: int = 1


@dataclass
class Model:
    """Answers each call with its number. With `gate`, each step waits to be let through."""

    gate: threading.Semaphore | None = None
    fails: Callable[[list[int]], Exception | None] = lambda _: None
    steps: list[list[int]] = field(default_factory=list)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def run(self, calls: Sequence[Ask]) -> list[int]:
        numbers = sorted(call.number for call in calls)
        self.steps.append(numbers)
        self.began.release()
        if self.gate is not None:
            assert self.gate.acquire(timeout=SECONDS)
        if error := self.fails(numbers):
            raise error
        return [call.number for call in calls]


@contextmanager
def gathering(model: Model, *, rows_at_once: int = 64) -> Iterator[Gatherer]:
    gatherer = Gatherer(model.run, StepPace(rows_at_once))
    try:
        yield gatherer
    finally:
        gatherer.close()


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def render(gatherer: Gatherer, asks: list[Ask], lane: Lane = Lane.FREE) -> list[int]:
    with gatherer.seat(lane, "ada") as seat:
        return [seat.step(ask) for ask in asks]


def test_one_render_alone_steps_without_waiting_for_anyone() -> None:
    model = Model()
    with gathering(model) as gatherer:
        assert render(gatherer, [Ask(1), Ask(2)]) == [1, 2]
    assert model.steps == [[1], [2]]


def test_renders_join_at_the_next_step_and_each_gets_its_own_answer() -> None:
    model = Model(gate=threading.Semaphore(0))
    with gathering(model) as gatherer, threads() as pool:
        first = pool.submit(render, gatherer, [Ask(1), Ask(1)])
        assert model.began.acquire(timeout=SECONDS)
        others = [pool.submit(render, gatherer, [Ask(n)] * 3) for n in (2, 3)]
        release_all(model, first, *others)
        assert first.result() == [1, 1]
        assert [other.result() for other in others] == [[2] * 3, [3] * 3]
    assert model.steps[0] == [1]
    assert any(len(step) > 1 for step in model.steps[1:])


def release_all(model: Model, *renders: "Future[list[int]]") -> None:
    assert model.gate
    while not all(one.done() for one in renders):
        model.gate.release()
        model.began.acquire(timeout=0.05)


def test_every_call_is_answered_once_whatever_joins_leaves_and_stops() -> None:
    model = Model()
    with gathering(model, rows_at_once=4) as gatherer, threads() as pool:
        asks = {n: [Ask(n, shape=n % 3)] * (1 + n % 7) for n in range(40)}
        renders = {n: pool.submit(render, gatherer, asked) for n, asked in asks.items()}
        for n, made in renders.items():
            assert made.result(timeout=SECONDS) == [n] * len(asks[n])
    answered = sorted(number for step in model.steps for number in step)
    assert answered == sorted(ask.number for asked in asks.values() for ask in asked)
    assert max(map(len, model.steps)) <= 4


def test_one_calls_fault_fails_that_render_alone() -> None:
    model = Model(
        gate=threading.Semaphore(0),
        fails=lambda numbers: ValueError("bad number") if 13 in numbers else None,
    )
    with gathering(model) as gatherer, threads() as pool:
        blocker = pool.submit(render, gatherer, [Ask(0)])
        assert model.began.acquire(timeout=SECONDS)
        renders = {n: pool.submit(render, gatherer, [Ask(n)]) for n in (12, 13, 14)}
        release_all(model, blocker, *renders.values())
        assert [renders[n].result() for n in (12, 14)] == [[12], [14]]
        with pytest.raises(ValueError, match="bad number"):
            renders[13].result()


def test_a_step_that_does_not_fit_into_memory_is_halved_and_the_size_remembered() -> None:
    model = Model(fails=lambda numbers: MemoryError() if len(numbers) > 2 else None)
    pace = StepPace(64)
    gatherer = Gatherer(model.run, pace)
    with threads() as pool:
        renders = [pool.submit(render, gatherer, [Ask(n)] * 20) for n in range(6)]
        assert [one.result(timeout=SECONDS) for one in renders] == [[n] * 20 for n in range(6)]
    gatherer.close()
    too_large = [step for step in model.steps if len(step) > 2]
    assert len(too_large) <= 3


def test_a_fault_of_the_device_fails_all_at_once() -> None:
    torch = pytest.importorskip("torch")
    lost = torch.AcceleratorError("CUDA error")
    model = Model(
        gate=threading.Semaphore(0), fails=lambda numbers: lost if 0 not in numbers else None
    )
    with gathering(model) as gatherer, threads() as pool:
        blocker = pool.submit(render, gatherer, [Ask(0)])
        assert model.began.acquire(timeout=SECONDS)
        renders = [pool.submit(render, gatherer, [Ask(n)]) for n in (1, 2)]
        release_all(model, blocker, *renders)
        for one in renders:
            with pytest.raises(torch.AcceleratorError):
                one.result()


def test_a_parked_render_stops_while_it_waits() -> None:
    model = Model(gate=threading.Semaphore(0))
    seats: list[Seat] = []

    def parked(gatherer: Gatherer) -> None:
        with gatherer.seat(Lane.FREE, "ada") as seat:
            seats.append(seat)
            seat.step(Ask(2))

    with gathering(model) as gatherer, threads() as pool:
        busy = pool.submit(render, gatherer, [Ask(1)], Lane.PAID)
        assert model.began.acquire(timeout=SECONDS)
        waiting = pool.submit(parked, gatherer)
        while not (seats and seats[0].inputs):
            pass
        seats[0].stop()
        with pytest.raises(InterruptedRenderError):
            waiting.result(timeout=SECONDS)
        assert not busy.done(), "the step under way is not disturbed"
        release_all(model, busy)
    assert model.steps == [[1]]


def test_who_was_stopped_before_a_step_takes_none() -> None:
    model = Model()
    with gathering(model) as gatherer, gatherer.seat(Lane.FREE, "ada") as seat:
        seat.stop()
        with pytest.raises(InterruptedRenderError):
            seat.step(Ask(1))
    assert model.steps == []


def test_a_closed_gatherer_lets_nobody_wait() -> None:
    model = Model()
    with gathering(model) as gatherer:
        pass
    with pytest.raises(InterruptedRenderError):
        render(gatherer, [Ask(1)])


def test_a_render_alone_steps_on_its_own_thread_and_others_on_the_denoisers() -> None:
    ran: list[str] = []
    model = Model(gate=threading.Semaphore(0))

    def run(calls: Sequence[Ask]) -> list[int]:
        ran.append(threading.current_thread().name)
        return model.run(calls)

    gatherer = Gatherer(run, StepPace(64))
    with threads() as pool:
        first = pool.submit(render, gatherer, [Ask(1), Ask(1)])
        assert model.began.acquire(timeout=SECONDS)
        assert ran[0] != "denoiser"
        others = [pool.submit(render, gatherer, [Ask(n)]) for n in (2, 3)]
        release_all(model, first, *others)
    gatherer.close()
    assert "denoiser" in ran[1:], "those that came meanwhile were waited for, not stepped beside"
    assert sum(map(len, model.steps)) == 4
