"""Whether each model of a catalogue may be loaded, without loading any."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.contracts import Catalogue
from services.render.engine.plan import look_over
from services.render.engine.vetting import ModelRefusedError

__all__ = ["Verdict", "verdicts"]


@dataclass(frozen=True)
class Verdict:
    """`problem` is none for a sound model. `files` is how many of its files are named by digest."""

    model: str
    problem: str | None
    files: int

    def __str__(self) -> str:
        if self.problem:
            return f"{self.model}: not served: {self.problem}"
        if not self.files:
            return f"{self.model}: sound, but none of its files is named by digest"
        return f"{self.model}: sound, {self.files} files as named"


def verdicts(catalogue: Catalogue, root: Path) -> Iterator[Verdict]:
    """One for each model; `root` is the catalogue's folder. Reads every file that has a digest."""
    for entry in catalogue.models:
        problem = None
        try:
            look_over(entry, root)
        except ModelRefusedError as error:
            problem = error.reason
        yield Verdict(entry.id, problem, len(entry.files))
