"""The seam inside the engine process: what a kind of engine must know to draw."""

from collections.abc import Callable
from typing import Protocol

from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Draw, Picture, Ready, Shelved
from services.render.engine.protocol import EngineError

__all__ = [
    "DeviceLostError",
    "InterruptedRenderError",
    "Painter",
    "RenderError",
    "Sketch",
    "Tell",
    "UnusableError",
    "Watch",
]


Sketch = Callable[[], bytes | None]
"""Draws a preview, a small WebP file, where one can be drawn."""

Tell = Callable[[Shelved], None]
"""Hears when other models are in memory."""


class UnusableError(EngineError):
    """Nothing can be drawn with these options; the text is one line for an operator."""


class RenderError(EngineError):
    """This render failed. The message is fit for a client and holds nothing of the prompt.

    `permanent` says that another attempt would fail in the same way.
    """

    def __init__(self, code: FailureCode, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.permanent = permanent


class DeviceLostError(RenderError):
    """The accelerator answers no more: this render failed, and so would all others."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureCode.RENDER_ERROR, message)


class InterruptedRenderError(EngineError):
    """Somebody asked that this render stop."""


class Watch(Protocol):
    """Follows one render from outside of it."""

    def on_stop(self, act: Callable[[], None]) -> None:
        """Has this called, by any thread and maybe at once, when the render is to stop."""
        ...

    def done(self, share: float, sketch: Sketch | None = None) -> None:
        """Hears after each step which share of the render, 0 to 1, is done.

        Calls `sketch` where the render is due a preview.
        Raises `InterruptedRenderError` when the render is to stop.
        """
        ...


class Painter(Protocol):
    """Loads models and draws with them, in threads of the engine process."""

    def load(self) -> Ready:
        """Raises `UnusableError` where no model can be served."""
        ...

    def draw(self, draw: Draw, watch: Watch) -> tuple[Picture, ...]:
        """One picture per seed. Called by as many threads at once as `Ready.slots` says.

        Raises `RenderError`, and lets through what `watch` raises.
        """
        ...
