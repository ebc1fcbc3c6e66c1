"""`python -m tests.chaos.summary [--write FILE]`: the figures of the last run as one table."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.chaos.figures import OUT

__all__ = ["main", "table", "written"]

BEGIN = "<!-- figures:begin -->"
END = "<!-- figures:end -->"

_COLUMNS = {
    "faults": "faults",
    "jobs": "jobs",
    "lost": "lost",
    "doubled": "doubled",
    "over_admitted": "over-admitted",
    "findings": "findings",
    "slowest_recovery": "slowest recovery, s",
    "waste": "renders drawn again",
    "duplicates": "records repeated",
}
_SUMS = ("faults", "jobs", "lost", "doubled", "over_admitted", "findings", "waste", "duplicates")

Line = Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.summary", description=__doc__)
    parser.add_argument("--write", type=Path, help="a page with the two markers in it")
    told = parser.parse_args()
    if not OUT.exists():
        sys.exit(f"{OUT} is not there: run ./task chaos first")
    shown = table(json.loads(line) for line in OUT.read_text().splitlines())
    sys.stdout.write(shown)
    if told.write:
        told.write.write_text(written(told.write.read_text(), shown))


def table(lines: Iterable[Line]) -> str:
    """Markdown: a line for each test of the newest run, and their sums."""
    found = list(lines)
    newest = found[-1]["run"] if found else ""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for line in found:
        if line["run"] == newest:
            rows.setdefault((line["row"], line["test"]), {})[line["figure"]] = line["value"]
    told = {
        key: {name: _plain(figures.get(name)) for name in _COLUMNS} for key, figures in rows.items()
    }
    body = [
        f"| {row} | {_words(test)} | {_cells(figures)} |"
        for (row, test), figures in sorted(told.items())
    ]
    sums = {name: sum(one[name] or 0 for one in told.values()) for name in _SUMS}
    slowest = max((one["slowest_recovery"] or 0 for one in told.values()), default=0)
    last = f"| | **{len(told)} tests** | {_cells({**sums, 'slowest_recovery': slowest})} |"
    head = f"| row | test | {' | '.join(_COLUMNS.values())} |"
    rule = f"| --- | --- |{' --- |' * len(_COLUMNS)}"
    said = (
        f"Run of {newest}, seed {found[-1]['seed']}, scale {found[-1]['scale']:g}.\n"
        if found
        else ""
    )
    return "\n".join([said, head, rule, *body, last]) + "\n"


def written(page: str, shown: str) -> str:
    """The page with the table between its markers. Raises ValueError where they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{shown}{END}{after}"


def _plain(value: Any) -> float | None:
    """A figure as one number: those that are kept by kind, added up."""
    return sum(value.values()) if isinstance(value, dict) else value


def _cells(figures: Mapping[str, float | None]) -> str:
    values = (figures[name] for name in _COLUMNS)
    return " | ".join("" if value is None else f"{round(value, 1):g}" for value in values)


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    main()
