"""What all findings come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.exits import Exit
from services.kit.diagnosis import Finding, Mark, Section

__all__ = ["Outcome"]

_ORDER = [section.value for section in Section]
_WORST_LAST = (Mark.OK, Mark.WARN, Mark.BAD)


@dataclass(frozen=True)
class Outcome:
    """`reached` names whatever answered at all: parts and services."""

    findings: Sequence[Finding]
    reached: frozenset[str]

    @property
    def verdict(self) -> Mark:
        """The worst mark."""
        return max((one.mark for one in self.findings), key=_WORST_LAST.index, default=Mark.OK)

    @property
    def exit_code(self) -> Exit:
        if not self.reached:
            return Exit.UNAVAILABLE
        return Exit.FAILED if self.verdict is Mark.BAD else Exit.OK

    @property
    def sections(self) -> dict[str, list[Finding]]:
        """In the order of sections, those that we don't know at the end."""
        names = sorted({one.section for one in self.findings}, key=_rank)
        return {name: [one for one in self.findings if one.section == name] for name in names}

    def count(self, mark: Mark) -> int:
        return sum(one.mark is mark for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "reached": sorted(self.reached),
            "findings": [
                one.model_dump(mode="json") for some in self.sections.values() for one in some
            ],
        }


def _rank(section: str) -> tuple[int, str]:
    return (_ORDER.index(section) if section in _ORDER else len(_ORDER), section)
