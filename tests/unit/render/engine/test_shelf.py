"""Models that come into memory when they are asked for, with a library that a test conducts."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from services.render.engine.messages import Shelved
from services.render.engine.painter import InterruptedRenderError, Sketch
from services.render.engine.shelf import Shelf

SECONDS = 10.0


class Books:
    """Each model takes as many bytes as its name is long; `fetched` and `released` are in order."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.released: list[str] = []
        self.error: Exception | None = None

    def size(self, model: str) -> int:
        return len(model)

    def fetch(self, model: str) -> str:
        if self.error:
            raise self.error
        self.fetched.append(model)
        return model.upper()

    def release(self, model: str) -> None:
        self.released.append(model.lower())

    def sweep(self) -> None:
        """Nothing is left over."""


class Wish:
    """A watch that a test may stop."""

    def __init__(self) -> None:
        self.acts: list[Callable[[], None]] = []
        self.heard = threading.Event()

    def on_stop(self, act: Callable[[], None]) -> None:
        self.acts.append(act)
        self.heard.set()

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        """It takes no steps."""

    def stop(self) -> None:
        assert self.heard.wait(SECONDS)
        for act in self.acts:
            act()


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def told() -> list[Shelved]:
    return []


@pytest.fixture
def shelf(books: Books, told: list[Shelved]) -> Shelf[str]:
    return Shelf(books, 6, told.append, now=lambda: 0.0)


@contextmanager
def reader(shelf: Shelf[str], model: str) -> Iterator[threading.Event]:
    """Another thread that keeps the model until the event it yields is set."""
    got, go = threading.Event(), threading.Event()

    def read() -> None:
        with shelf.borrowed(model, Wish()):
            got.set()
            assert go.wait(SECONDS)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        try:
            assert got.wait(SECONDS)
            yield go
        finally:
            go.set()
            reading.result(SECONDS)


def in_line(shelf: Shelf[str], count: int) -> None:
    until = time.monotonic() + SECONDS
    while len(shelf._line) < count:
        assert time.monotonic() < until, "nobody joined the line"


def ask(shelf: Shelf[str], model: str) -> str:
    with shelf.borrowed(model, Wish()) as borrowed:
        return borrowed


def test_a_model_is_fetched_once_for_all_that_ask(shelf: Shelf[str], books: Books) -> None:
    assert [ask(shelf, "aaa"), ask(shelf, "aaa")] == ["AAA", "AAA"]
    assert books.fetched == ["aaa"]


def test_the_least_recently_used_leaves_for_one_that_needs_the_room(
    shelf: Shelf[str], books: Books
) -> None:
    for model in ("aaa", "bbb", "aaa", "ccc"):
        ask(shelf, model)
    assert books.released == ["bbb"]
    assert shelf.state.models == ("aaa", "ccc")


def test_without_a_budget_nothing_leaves(books: Books, told: list[Shelved]) -> None:
    shelf = Shelf(books, None, told.append)
    for model in ("aaaa", "bbbb", "cccc"):
        ask(shelf, model)
    assert books.released == []


def test_each_change_is_told(shelf: Shelf[str], told: list[Shelved]) -> None:
    for model in ("aaaa", "bbbb"):
        ask(shelf, model)
    assert told == [
        Shelved(fetching="aaaa"),
        Shelved(models=("aaaa",), seconds={"aaaa": 0.0}),
        Shelved(fetching="bbbb", seconds={"aaaa": 0.0}),
        Shelved(models=("bbbb",), seconds={"aaaa": 0.0, "bbbb": 0.0}),
    ]


def test_a_model_that_is_drawn_with_stays_until_its_renders_are_over(
    shelf: Shelf[str], books: Books
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with reader(shelf, "aaaa"):
            waiting = pool.submit(ask, shelf, "bbbb")
            assert not waiting.done()
            assert books.released == []
        assert waiting.result(SECONDS) == "BBBB"
    assert books.released == ["aaaa"]


def test_who_waits_for_room_is_not_passed_by_those_whose_model_is_there(
    shelf: Shelf[str], books: Books
) -> None:
    wish = Wish()

    def wait_for_room() -> None:
        with shelf.borrowed("bbbb", wish):
            pass

    with ThreadPoolExecutor(2) as pool:
        with reader(shelf, "aaaa"):
            waiting = pool.submit(wait_for_room)
            assert wish.heard.wait(SECONDS)
            in_line(shelf, 1)
            late = pool.submit(ask, shelf, "aaaa")
            in_line(shelf, 2)
            assert not late.done()
        waiting.result(SECONDS)
        late.result(SECONDS)
    assert books.fetched == ["aaaa", "bbbb", "aaaa"]


def test_who_is_stopped_waits_no_longer_and_fetches_nothing(
    shelf: Shelf[str], books: Books
) -> None:
    wish = Wish()

    def wait_for_room() -> None:
        with shelf.borrowed("bbbb", wish):
            raise AssertionError("it was stopped")

    with ThreadPoolExecutor(1) as pool, reader(shelf, "aaaa"):
        waiting = pool.submit(wait_for_room)
        wish.stop()
        with pytest.raises(InterruptedRenderError):
            waiting.result(SECONDS)
    assert books.fetched == ["aaaa"]
    assert ask(shelf, "aaaa") == "AAAA", "and the line goes on"


def test_a_fetch_that_fails_is_told_to_who_asked_and_tried_again_for_the_next(
    shelf: Shelf[str], books: Books
) -> None:
    books.error = OSError("a bad disk")
    with pytest.raises(OSError, match="a bad disk"):
        ask(shelf, "aaa")
    assert shelf.state == Shelved()
    books.error = None
    assert ask(shelf, "aaa") == "AAA"
