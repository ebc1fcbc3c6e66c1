"""One log for everybody who speaks, each with a colour of its own."""

import sys
from typing import TextIO

from services.cli.up.addresses import SERVICES

__all__ = ["Console"]

_COLOURS = dict(zip(SERVICES, ("36", "33", "35", "32"), strict=True))
_OURS = "1"
_WIDTH = max(map(len, ("heatsink", *SERVICES)))


class Console:
    """Writes to `stream`, with colours where `coloured`. A reader who went away is no error."""

    def __init__(self, stream: TextIO, *, coloured: bool) -> None:
        self._stream = stream
        self._coloured = coloured

    def note(self, text: str) -> None:
        """Something of our own, of one line or several."""
        for line in text.splitlines():
            self.line("heatsink", line)

    def line(self, speaker: str, text: str) -> None:
        name = f"{speaker:<{_WIDTH}}"
        if self._coloured:
            name = f"\x1b[{_COLOURS.get(speaker, _OURS)}m{name}\x1b[0m"
        self.write(f"{name} │ {text}\n")

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            return

    @classmethod
    def on_stderr(cls, *, no_color: bool) -> "Console":
        return cls(sys.stderr, coloured=sys.stderr.isatty() and not no_color)
