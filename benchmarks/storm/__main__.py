"""`python -m benchmarks.storm`: the storm, simulated or on real parts, with a table and plots."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import say
from benchmarks.storm.controls import Law
from benchmarks.storm.drill import Drill, drilled
from benchmarks.storm.report import picture, table
from benchmarks.storm.run import Storm
from benchmarks.storm.scenario import Scenario, sized, step
from benchmarks.storm.week import ByHand, viral_week

_QUICK = 10.0


def main() -> None:
    chosen = _parser().parse_args()
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    if chosen.scenario == "viral-week":
        _week(out, chosen.users)
    elif chosen.simulate:
        _simulate(out, chosen.times, chosen.users, chosen.seed)
    else:
        pace = _QUICK if chosen.quick else 1.0
        asyncio.run(_live(out, pace, chosen.times, chosen.seed))


def _simulate(out: Path, times: float, users: int, seed: int) -> None:
    scenario = sized(step(times), users)
    say(f"seed {seed}: {users} users, {times:g} times what the fleet draws")
    record = Storm(scenario, Law(), seed).run()
    picture([record], out / "storm.png")
    _tell(out, table([(record.control, [record.figures()])]))


def _week(out: Path, users: int) -> None:
    say(f"ten days of {users} users, twice")
    scenario = viral_week(users)
    by_hand = Storm(replace(scenario, images=50), ByHand(), 1).run()
    ours = Storm(scenario, Law(), 1).run()
    picture([by_hand, ours], out / "viral-week.png", 86_400.0, "days since 25 March 2025")
    rows = [(one.control, [one.figures()]) for one in (by_hand, ours)]
    served = f"in time: {by_hand.served} images by hand, {ours.served} with ours"
    _tell(out, f"{table(rows)}\n\n{served}")


async def _live(out: Path, pace: float, times: float, seed: int) -> None:
    drill = Drill(pace=pace, scenario=lambda rate: _drill(rate, times), seed=seed)
    live, scenario = await drilled(drill)
    simulated = Storm(scenario, Law(), seed).run()
    picture([live, simulated], out / "storm.png")
    rows = [("real parts", [live.figures()]), ("simulation", [simulated.figures()])]
    note = f"Times are in the law's own seconds; this run was {pace:g} times as fast."
    _tell(out, f"{table(rows)}\n\n{note}")


def _drill(rate: float, times: float) -> Scenario:
    """Thirteen minutes: one calm, five of overload, and seven to cool down and be normal again."""
    users = max(200, int(2 * times * rate * 300))
    scenario = step(times, begins=60, ends=360, until=780)
    return replace(scenario, images_per_second=rate, workers=1, most_workers=1, users=users)


def _tell(out: Path, text: str) -> None:
    (out / "storm.md").write_text(text + "\n")
    sys.stdout.write(text + "\n")
    say(f"plots and table: {out}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heatsink storm", description=__doc__)
    parser.add_argument("--simulate", action="store_true", help="in simulated time, without parts")
    parser.add_argument("--quick", action="store_true", help="all times divided by ten")
    parser.add_argument("--scenario", choices=("step", "viral-week"), default="step")
    parser.add_argument("--times", type=float, default=5.0, help="load, in what the fleet can draw")
    parser.add_argument("--users", type=int, default=100_000, help="of the simulation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(".out/storm"), help="folder of the report")
    return parser


if __name__ == "__main__":
    main()
