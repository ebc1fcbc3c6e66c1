"""Where an exception came from, without what it says: its message may quote a prompt."""

import traceback

__all__ = ["frames_of"]

_INNERMOST = 8


def frames_of(error: BaseException) -> list[str]:
    """The innermost frames as `file:line function`, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_INNERMOST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
