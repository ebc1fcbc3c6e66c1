"""A list of words that an operator writes: blunt, fast, and never away."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.kit.moderation.asking import Strictness, Verdict

__all__ = ["Category", "WordList", "Words"]


class Category(BaseModel):
    """Words or phrases. With `always`, requests with `moderation: low` are held to it too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(min_length=1)
    always: bool = False


class Words(BaseModel):
    """The file: categories by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_/-]{0,63}$")], Category]


class WordList:
    """Whole words, however they are spelt in case, width and accents."""

    def __init__(self, words: Words) -> None:
        self._patterns = [
            (name, category.always, re.compile(_pattern(category)))
            for name, category in words.categories.items()
        ]

    async def prompt(self, text: str, strictness: Strictness) -> Verdict:
        plain = _plain(text)
        found = [
            name
            for name, always, pattern in self._patterns
            if (always or strictness is Strictness.AUTO) and pattern.search(plain)
        ]
        return Verdict(tuple(found))

    async def picture(self, content: bytes, media_type: str) -> Verdict:
        """Words see no pictures."""
        del content, media_type
        return Verdict()


def _pattern(category: Category) -> str:
    words = (r"\s+".join(map(re.escape, _plain(word).split())) for word in category.words)
    return rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"


def _plain(text: str) -> str:
    """Case, width, accents and what can't be seen between letters make no other word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(
        letter for letter in decomposed if unicodedata.category(letter) not in {"Mn", "Cf"}
    )
