"""One render's place among those that step together."""

import threading
from collections.abc import Hashable
from typing import Any, Protocol

from services.contracts import Lane

__all__ = ["Inputs", "Seat", "Table"]


class Inputs(Protocol):
    """What one call asks of the model: rows in the batch, and a shape that others may share."""

    @property
    def rows(self) -> int: ...

    @property
    def shape(self) -> Hashable: ...


class Table(Protocol):
    """Where the seats are."""

    def wait(self, seat: "Seat", inputs: Inputs) -> None: ...

    def leave(self, seat: "Seat") -> None: ...

    def stop(self, seat: "Seat") -> None: ...


class Seat:
    """Belongs to one thread, but for `stop` and `answer`."""

    def __init__(self, number: int, lane: Lane, account: str, table: Table) -> None:
        self.number = number
        self.lane = lane
        self.account = account
        self.stopped = False
        self.inputs: Inputs | None = None
        self._table = table
        self._answered = threading.Event()
        self._output: Any = None
        self._error: Exception | None = None

    def step(self, inputs: Inputs) -> Any:
        """What the model answers to this call.

        Raises what the model raised, and InterruptedRenderError when the render is to stop.
        """
        self.inputs = inputs
        self._answered.clear()
        self._table.wait(self, inputs)
        self._answered.wait()
        output, error = self._output, self._error
        self.inputs = self._output = self._error = None
        if error is not None:
            raise error
        return output

    def leave(self) -> None:
        """The render has had its last step: the others wait for it no more."""
        self._table.leave(self)

    def stop(self) -> None:
        """Ends its waiting, also where it is parked. A step under way is not disturbed."""
        self._table.stop(self)

    def answer(self, output: Any = None, error: Exception | None = None) -> None:
        self._output, self._error = output, error
        self._answered.set()
