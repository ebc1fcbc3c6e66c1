"""Every picture that ember learns: a thing in a style, with words for it."""

import json
import lzma
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.sources import CAPTIONS, FLAT, STYLES, fetch

__all__ = ["Subject", "known_labels", "read", "world", "write"]

_LEFT_OUT = (None, 2, 9)
"""emojibase's groups: none (letters), components (skin, hair), flags."""


@dataclass(frozen=True)
class Subject:
    """`svg` is a whole document of any size; `label` and `tags` are English."""

    style: str
    label: str
    tags: tuple[str, ...]
    svg: str


def world() -> list[Subject]:
    """All subjects, in the same order each time. Needs a network."""
    words = _words(fetch(CAPTIONS)["en/data.json"])
    flat = fetch(FLAT)
    return [
        subject
        for style, package in STYLES.items()
        for subject in _of_style(style, {"chars.json": flat["chars.json"], **fetch(package)}, words)
    ]


def write(path: Path, subjects: list[Subject]) -> None:
    path.write_bytes(lzma.compress(json.dumps([asdict(one) for one in subjects]).encode()))


def read(path: Path) -> list[Subject]:
    rows = json.loads(lzma.decompress(path.read_bytes()))
    return [Subject(**{**row, "tags": tuple(row["tags"])}) for row in rows]


def known_labels() -> frozenset[str]:
    """The things that everybody draws first: they are seen more often."""
    text = Path(__file__).with_name("known.txt").read_text()
    return frozenset(line.strip() for line in text.splitlines() if line.strip())


Words = Mapping[str, tuple[str, tuple[str, ...]]]
"""Label and tags by code point."""


def _words(entries: list[dict[str, Any]]) -> Words:
    """Skin tones, genders, flags and letters are left out."""
    return {
        _code(entry["hexcode"]): (entry["label"].replace(":", " "), tuple(entry.get("tags", ())))
        for entry in entries
        if entry.get("group") not in _LEFT_OUT and "gender" not in entry
    }


def _of_style(style: str, files: Mapping[str, Any], words: Words) -> Iterator[Subject]:
    icons, seen = files["icons.json"], set()
    for character, name in files["chars.json"].items():
        code = _code(character)
        if code in words and code not in seen and name in icons["icons"]:
            seen.add(code)
            label, tags = words[code]
            yield Subject(style, label, tags, _document(icons, name))


def _code(hexcode: str) -> str:
    """Without the sign that asks for a coloured picture."""
    return hexcode.lower().replace("-fe0f", "")


def _document(icons: Mapping[str, Any], name: str) -> str:
    icon = icons["icons"][name]
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )
