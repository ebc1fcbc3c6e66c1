"""The engine process's loop, in a thread of this one, with a painter that a test conducts."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from services.contracts.events.renders import FailureCode
from services.render.engine.frames import pack_command
from services.render.engine.messages import (
    Cancel,
    Cancelled,
    Close,
    Command,
    Draw,
    Drawn,
    Failed,
    Picture,
    Ready,
    Reply,
    Shelved,
    Stepped,
    Unusable,
)
from services.render.engine.noop import flat_picture
from services.render.engine.painter import DeviceLostError, RenderError, UnusableError, Watch
from services.render.engine.renders import EXIT_DEVICE_LOST
from services.render.engine.server import EXIT_OK, EXIT_UNUSABLE, Server
from tests.unit.render.engine.draws import apple
from tests.unit.render.engine.wire import read_reply_now

SECONDS = 10.0


class ConductedPainter:
    """Each render waits for its gate before every step, then does as `ending` says."""

    def __init__(self, slots: int = 1) -> None:
        self.slots = slots
        self.left: list[int] = []
        self.gate = threading.Semaphore(0)
        self.ending: Callable[[Draw], object] = lambda _: None

    def load(self) -> Ready:
        shelf = Shelved(models=("ember",))
        return Ready(models=("ember",), shelf=shelf, device="test", slots=self.slots, seconds=0.0)

    def draw(self, draw: Draw, watch: Watch) -> tuple[Picture, ...]:
        for step in range(draw.steps):
            assert self.gate.acquire(timeout=SECONDS)
            watch.done((step + 1) / draw.steps)
        self.ending(draw)
        return tuple(flat_picture(draw, seed) for seed in draw.seeds)


class UselessPainter(ConductedPainter):
    def load(self) -> Ready:
        raise UnusableError("no model to be seen")


class Line:
    """The worker's end of the socket, without asyncio."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._replies = connection.makefile("rb")

    def close(self) -> None:
        self._replies.close()

    def say(self, *commands: Command) -> None:
        for command in commands:
            self._connection.sendall(pack_command(command))

    def hear(self) -> Reply:
        return read_reply_now(self._replies)

    def hear_end(self) -> Reply:
        while isinstance(reply := self.hear(), Stepped):
            pass
        return reply


@contextlib.contextmanager
def _serving(painter: ConductedPainter) -> Iterator[tuple[Line, list[int]]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    codes: list[int] = []
    with ours, theirs:
        thread = threading.Thread(
            target=lambda: codes.append(
                Server(theirs, lambda _: painter, leave=painter.left.append).run()
            )
        )
        thread.start()
        line = Line(ours)
        yield line, codes
        line.close()
        with contextlib.suppress(BrokenPipeError):  # it may have ended already
            line.say(Close())
        painter.gate.release(1000)
        thread.join(SECONDS)
        assert not thread.is_alive()


def _released_step_by_step(painter: ConductedPainter, line: Line) -> Reply:
    """A word sent before may be read a few steps later, so there must be steps to spare."""
    painter.gate.release()
    while isinstance(reply := line.hear(), Stepped):
        painter.gate.release()
    return reply


def test_a_render_tells_each_step_and_yields_its_pictures() -> None:
    painter = ConductedPainter()
    painter.gate.release(4)
    with _serving(painter) as (line, _):
        assert line.hear() == painter.load()
        line.say(apple(steps=4, seeds=(1, 2)))
        steps = [line.hear() for _ in range(4)]
        assert [reply.step for reply in steps if isinstance(reply, Stepped)] == [1, 2, 3, 4]
        match line.hear():
            case Drawn(job="job_1", attempt=1, pictures=(one, two)):
                assert (one.seed, two.seed) == (1, 2)
            case other:
                pytest.fail(f"heard {other}")


def test_a_cancelled_render_stops_at_its_next_step() -> None:
    painter = ConductedPainter()
    with _serving(painter) as (line, _):
        line.hear()
        line.say(apple(steps=50))
        painter.gate.release()
        assert isinstance(line.hear(), Stepped)
        line.say(Cancel(job="job_1", attempt=1))
        assert _released_step_by_step(painter, line) == Cancelled(job="job_1", attempt=1)
        line.say(apple("job_2", steps=1))
        painter.gate.release()
        assert isinstance(line.hear_end(), Drawn)


def test_a_cancel_of_another_attempt_changes_nothing() -> None:
    painter = ConductedPainter()
    with _serving(painter) as (line, _):
        line.hear()
        line.say(apple(steps=2), Cancel(job="job_1", attempt=2), Cancel(job="job_9", attempt=1))
        painter.gate.release(2)
        assert isinstance(line.hear_end(), Drawn)


def test_renders_run_side_by_side_in_as_many_slots_as_there_are() -> None:
    painter = ConductedPainter(slots=2)
    together = threading.Barrier(2, timeout=SECONDS)
    painter.ending = lambda _: together.wait()
    with _serving(painter) as (line, _):
        line.hear()
        line.say(apple("job_1", steps=1), apple("job_2", steps=1))
        painter.gate.release(2)
        ends = [line.hear_end(), line.hear_end()]
        assert {end.job for end in ends if isinstance(end, Drawn)} == {"job_1", "job_2"}


def test_a_known_failure_keeps_its_code_and_whether_it_is_for_good() -> None:
    painter = ConductedPainter()
    painter.gate.release(1)

    def overflow(_: Draw) -> None:
        raise RenderError(FailureCode.NOT_A_PICTURE, "numbers overflowed", permanent=True)

    painter.ending = overflow
    with _serving(painter) as (line, _):
        line.hear()
        line.say(apple(steps=1))
        assert line.hear_end() == Failed(
            job="job_1",
            attempt=1,
            code=FailureCode.NOT_A_PICTURE,
            message="numbers overflowed",
            permanent=True,
        )


def test_an_unforeseen_failure_tells_its_kind_and_nothing_of_the_prompt() -> None:
    painter = ConductedPainter()
    painter.gate.release(2)

    def quote(draw: Draw) -> None:
        raise ValueError(f"cannot draw {draw.prompt}")

    painter.ending = quote
    with capture_logs() as logs, _serving(painter) as (line, _):
        line.hear()
        line.say(apple(steps=1))
        failed = line.hear_end()
        painter.ending = lambda _: None
        line.say(apple("job_2", steps=1))
        assert isinstance(line.hear_end(), Drawn)
    assert failed == Failed(
        job="job_1",
        attempt=1,
        code=FailureCode.RENDER_ERROR,
        message="the model failed with ValueError",
        permanent=False,
    )
    assert [entry["error"] for entry in logs if entry["event"] == "engine.render_failed"] == [
        "ValueError"
    ]
    assert "apple" not in repr(logs)


def test_close_gives_every_open_render_an_end() -> None:
    painter = ConductedPainter()
    with _serving(painter) as (line, codes):
        line.hear()
        line.say(apple("job_1", steps=50), apple("job_2"), Close())
        assert _released_step_by_step(painter, line) == Cancelled(job="job_1", attempt=1)
        assert line.hear() == Cancelled(job="job_2", attempt=1)
    assert codes == [EXIT_OK]


def test_an_engine_that_can_draw_nothing_says_why_and_ends() -> None:
    with capture_logs(), _serving(UselessPainter()) as (line, codes):
        assert line.hear() == Unusable(reason="no model to be seen")
    assert codes == [EXIT_UNUSABLE]


def test_a_lost_device_fails_its_render_and_ends_the_engine() -> None:
    painter = ConductedPainter()
    painter.gate.release(1)

    def lose(_: Draw) -> None:
        raise DeviceLostError("the accelerator failed during the render")

    painter.ending = lose
    with _serving(painter) as (line, _):
        line.hear()
        line.say(apple(steps=1))
        failed = line.hear_end()
    assert isinstance(failed, Failed)
    assert not failed.permanent
    assert painter.left == [EXIT_DEVICE_LOST]


def test_an_engine_whose_worker_has_gone_does_not_wait_for_its_renders() -> None:
    painter = ConductedPainter()
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(pack_command(apple()))
        ours.shutdown(socket.SHUT_WR)
        painter.gate.release(1000)
        Server(theirs, lambda _: painter, leave=painter.left.append).run()
        ours.close()
    assert painter.left == [EXIT_OK]
