"""Findings on one screen."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.cli.doctor.outcome import Outcome
from services.kit.diagnosis import Finding, Mark
from services.kit.diagnosis.words import counted

__all__ = ["show"]

_SIGNS = {
    Mark.OK: Text("ok", "green"),
    Mark.WARN: Text("warn", "yellow"),
    Mark.BAD: Text("BAD", "bold red"),
}
_WIDEST_NAME = 34


@dataclass(frozen=True)
class _Line:
    """Findings of a section that are shown together, because they say the same or are well."""

    findings: tuple[Finding, ...]

    @property
    def what(self) -> str:
        return ", ".join(dict.fromkeys(one.what for one in self.findings))

    @property
    def told(self) -> Text:
        sources: dict[str, list[str]] = {}
        for one in self.findings:
            sources.setdefault(one.figure, []).append(one.source)
        text = Text("; ").join(_said(*pair) for pair in sources.items())
        advice = self.findings[0].advice
        return text.append(f"\n→ {advice}", "italic") if advice else text


def show(outcome: Outcome, console: Console) -> None:
    """One line for each thing to say, its advice beneath it; the verdict at the end."""
    folded = {name: _folded(findings) for name, findings in outcome.sections.items()}
    longest = max((len(line.what) for lines in folded.values() for line in lines), default=0)
    for section, lines in folded.items():
        console.print(Text(section, "bold"))
        console.print(_table(lines, min(_WIDEST_NAME, longest)))
    console.print(_verdict(outcome))


def _folded(findings: list[Finding]) -> list[_Line]:
    """What is well is gathered by what it is, trouble by what is said of it."""
    alike: dict[object, list[Finding]] = {}
    for one in findings:
        several = one.mark is Mark.OK and one.source
        key = one.what if several else (one.mark, one.figure, one.advice)
        alike.setdefault(key, []).append(one)
    return [_Line(tuple(some)) for some in alike.values()]


def _said(figure: str, sources: list[str]) -> Text:
    named = ", ".join(dict.fromkeys(source for source in sources if source))
    return Text(figure).append(f" ({named})" if named else "", "dim")


def _table(lines: list[_Line], width: int) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=4, no_wrap=True)
    table.add_column(width=width)
    table.add_column()
    for line in lines:
        table.add_row(_SIGNS[line.findings[0].mark], Text(line.what), line.told)
    return table


def _verdict(outcome: Outcome) -> Text:
    warnings, faults = outcome.count(Mark.WARN), outcome.count(Mark.BAD)
    if not outcome.reached:
        return Text("nothing answers", "bold red")
    if not warnings and not faults:
        return Text("all well", "bold green")
    words = [counted(faults, "fault")] if faults else []
    words += [counted(warnings, "warning")] if warnings else []
    return Text(", ".join(words), "bold red" if faults else "bold yellow")
