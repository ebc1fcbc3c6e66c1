"""The law's figures: five seeds of ours, each other law once, and what fairness needs beside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.bench import say
from benchmarks.storm.baselines import BASELINES
from benchmarks.storm.controls import Control, Law
from benchmarks.storm.days import jain_over_days
from benchmarks.storm.record import Figures
from benchmarks.storm.report import table
from benchmarks.storm.run import Storm
from benchmarks.storm.scenario import Scenario, sized, step

__all__ = ["Measured", "law"]

_TIMES = (2.0, 5.0, 10.0)
_ADMISSION = 0.26
_MONTH = 30


@dataclass(frozen=True)
class Measured:
    """`runs` by name and seed, `tables` in Markdown: every row can be run again by its seeds."""

    runs: dict[str, Figures]
    tables: str


def law(users: int, seeds: Sequence[int]) -> Measured:
    runs: dict[str, Figures] = {}
    parts = [f"{users} users, seeds {', '.join(map(str, seeds))}"]
    for times in _TIMES:
        compared = _compared(sized(step(times), users), seeds, runs)
        parts.append(f"### {times:g} times what the base fleet draws\n\n{compared}")
    parts.append("### Other weather, ours\n\n" + _weathers(users, seeds[0], runs))
    parts.append(_fairness(users, seeds[0]))
    return Measured(runs, "\n\n".join(parts))


def _compared(scenario: Scenario, seeds: Sequence[int], runs: dict[str, Figures]) -> str:
    rows = [("**heatsink**", [_figures(scenario, Law, seed, runs) for seed in seeds])]
    rows += [
        (make().name, [_figures(scenario, make, seeds[0], runs)]) for make in BASELINES.values()
    ]
    return table(rows)


def _figures(
    scenario: Scenario, make: Callable[[], Control], seed: int, runs: dict[str, Figures]
) -> Figures:
    found = Storm(scenario, make(), seed).run().figures()
    tried = replace(scenario, odd_retry=True, until=scenario.ends)
    advantage = Storm(tried, make(), seed).run().figures().retry_advantage
    found = replace(found, retry_advantage=advantage)
    say(f"{scenario.name} {make().name} seed {seed}: {found}")
    runs[f"{scenario.name}, {make().name}, seed {seed}"] = found
    return found


def _weathers(users: int, seed: int, runs: dict[str, Figures]) -> str:
    rows = []
    for name, scenario in _weather():
        found = Storm(sized(scenario, users), Law(), seed).run().figures()
        say(f"{name}: {found}")
        runs[f"{name}, seed {seed}"] = found
        rows.append((name, [found]))
    return table(rows)


def _weather() -> Iterator[tuple[str, Scenario]]:
    five, ten = step(5), step(10)
    yield "5x, ramp of a minute", step(5, ramp=60)
    yield "10x, ramp of ten minutes", step(10, ramp=600)
    yield "5x, reports 40 s late", replace(five, delay=40.0)
    yield "10x, no report for 5 min at its height", replace(ten, silent=(1500.0, 1800.0))
    yield "10x, no report while it begins", replace(ten, silent=(500.0, 800.0))
    yield "2x, three quarters of the workers die", replace(step(2), lost=(2000.0, 30))
    yield "3x, paid load grows fivefold", replace(step(3), paid=_surge)
    yield "2x, a fleet that can't grow", replace(step(2), most_workers=20)
    yield "10x, a fleet that can't grow", replace(ten, most_workers=20)


def _surge(now: float) -> float:
    return 0.3 if now < step(3).begins + 1400 else 1.5


def _fairness(users: int, seed: int) -> str:
    ours, chance = jain_over_days(_ADMISSION, _MONTH)
    five = sized(step(5), users)
    served = Storm(five, Law(), seed).run().served
    oracle = Storm(replace(five, oracle=True), Law(), seed).run().served
    return (
        f"Jain over {_MONTH} days at {_ADMISSION:.0%} admission: {ours:.3f}, by chance "
        f"{chance:.3f}.\n\nImages in time at 5x against a scaler that knows the future: "
        f"{served / oracle:.3f}."
    )
