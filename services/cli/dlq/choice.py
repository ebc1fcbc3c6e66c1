"""Which dead letters a command is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.cli.exits import Exit
from services.cli.problems import CommandProblem
from services.contracts import STREAMS, topic
from services.contracts.streams import dead_letter_topic
from services.kit.bus import Place, Slip

__all__ = ["Choice", "NoSuchLetter", "WrongName", "parse_place", "topics_of"]


class WrongName(CommandProblem):
    """The user named something that can't be."""

    code = Exit.BAD_REQUEST


class NoSuchLetter(CommandProblem):
    """No dead letter lies where the user pointed."""

    code = Exit.NOT_FOUND

    def __init__(self, topic: str, place: Place) -> None:
        super().__init__(f"no dead letter lies at {topic}:{place}")


@dataclass(frozen=True)
class Choice:
    """The first `limit` letters with this reason, or the one at this place; all by default."""

    reason: str | None = None
    at: Place | None = None
    limit: int | None = None

    def of(self, slips: Iterable[Slip]) -> tuple[Slip, ...]:
        return tuple(slip for slip in slips if self._is_meant(slip))[: self.limit]

    def _is_meant(self, slip: Slip) -> bool:
        by_reason = self.reason in {None, slip.letter.reason}
        return by_reason and self.at in {None, slip.place}


def topics_of(prefix: str, name: str | None) -> tuple[str, ...]:
    """The topics of dead letters that a stream, its topic or theirs names; all for none.

    Raises WrongName.
    """
    known = {dead_letter_topic(topic(stream, prefix)): stream for stream in STREAMS}
    if name is None:
        return tuple(known)
    for dead, stream in known.items():
        if name in {dead, dead.removesuffix(".dlq"), stream.value}:
            return (dead,)
    raise WrongName(f"no topic is called {name}: see `heatsink topics list`")


def parse_place(text: str) -> Place:
    """Raises WrongName."""
    try:
        return Place.parse(text)
    except ValueError:
        raise WrongName(f"{text} is no place: those look like 0:17") from None
