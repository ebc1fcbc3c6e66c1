"""One feed per account: a sequence without gaps, and where a client that comes back goes on."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Resume", "Start", "from_now", "next_sequence", "parse_position", "start"]

_LONGEST = 18


class Resume(StrEnum):
    """How a connection begins."""

    LIVE = "live"
    REPLAY = "replay"
    RESET = "reset"


@dataclass(frozen=True)
class Start:
    """Everything after sequence `after` is to be sent; `resume` says what to tell first."""

    after: int
    resume: Resume


def next_sequence(last: int | None) -> int:
    return 1 if last is None else last + 1


def parse_position(text: str) -> int:
    """The sequence in a `Last-Event-ID`. Raises ValueError for anything that we never sent."""
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST:
        raise ValueError("a Last-Event-ID of this service is a number")
    return int(text)


def from_now(newest: int) -> Start:
    return Start(newest, Resume.LIVE)


def start(position: int, oldest: int | None, newest: int | None) -> Start:
    """Where to begin, given what the client saw last and what the store still has.

    `newest` is the last sequence ever given out, `oldest` the first that is still kept. A position
    that the store can't continue without a gap (older than what is kept, or one that was never
    given out) begins anew with all that is kept.
    """
    last = newest or 0
    first_kept = last + 1 if oldest is None else oldest
    if first_kept - 1 <= position <= last:
        return Start(position, Resume.REPLAY)
    return Start(first_kept - 1, Resume.RESET)
