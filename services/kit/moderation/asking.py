"""The hook: what a moderator is asked, and what it answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["Everything", "Moderator", "Strictness", "Verdict"]


class Strictness(StrEnum):
    """OpenAI's words for it: `low` passes what is only unpleasant."""

    AUTO = "auto"
    LOW = "low"


@dataclass(frozen=True)
class Verdict:
    """`categories` under which it is refused; none where it may be drawn."""

    categories: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.categories)


class Moderator(Protocol):
    """Raises Unavailable where it can't say: then nothing is drawn, and nothing is lost."""

    async def prompt(self, text: str, strictness: Strictness) -> Verdict: ...

    async def picture(self, content: bytes, media_type: str) -> Verdict: ...


@dataclass(frozen=True)
class Everything:
    """All that these say together."""

    moderators: tuple[Moderator, ...] = ()

    async def prompt(self, text: str, strictness: Strictness) -> Verdict:
        verdicts = [await one.prompt(text, strictness) for one in self.moderators]
        return _together(verdicts)

    async def picture(self, content: bytes, media_type: str) -> Verdict:
        verdicts = [await one.picture(content, media_type) for one in self.moderators]
        return _together(verdicts)


def _together(verdicts: list[Verdict]) -> Verdict:
    return Verdict(tuple(dict.fromkeys(name for one in verdicts for name in one.categories)))
