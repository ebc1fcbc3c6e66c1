"""The seam between the worker and whatever draws."""

from collections.abc import AsyncIterator
from typing import Protocol

from services.render.engine.messages import Draw, Event, Ready

__all__ = ["Engine", "EngineError", "EngineNotReadyError", "EngineStartError"]


class EngineError(Exception):
    """Something is wrong with the engine itself, not with one render."""


class EngineStartError(EngineError):
    """The engine didn't become ready; `reason` is one line for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EngineNotReadyError(EngineError):
    """A render was submitted before `start` returned, or after the engine's end."""


class Engine(Protocol):
    """Draws pictures, possibly several renders at once.

    An engine lives once: `start`, any number of renders, `close`. After its end, make a new one.
    All methods belong to one event loop; `events` has one reader.
    """

    @property
    def slots(self) -> int:
        """How many renders run at once; others wait inside the engine. Known after start."""
        ...

    @property
    def alive(self) -> bool:
        """Started, and not ended, killed or closed since."""
        ...

    @property
    def last_progress(self) -> float:
        """When the engine last got on with its work, on the monotonic clock in seconds.

        A submission to an idle engine, a step and a render's end count. With renders open and
        nothing heard for far longer than a step takes, the engine hangs: `kill` it.
        """
        ...

    async def start(self) -> Ready:
        """Load the models and return what can be drawn. Raises `EngineStartError`."""
        ...

    async def submit(self, draw: Draw) -> None:
        """Hand over one render; its outcome comes by `events`. Raises `EngineNotReadyError`."""
        ...

    async def cancel(self, job: str, attempt: int) -> None:
        """Ask that this render stop at its next step; does nothing where it's over or unknown."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """What happens to the renders, until the engine ends.

        An end that nobody asked for (also one by `kill`) is told as a last `EngineDied`.
        """
        ...

    async def close(self) -> None:
        """Stop what runs at its next step and end, within a bounded time. Safe to call twice."""
        ...

    def kill(self) -> None:
        """End the engine at once, whatever it is doing. Open renders get no end of their own."""
        ...
