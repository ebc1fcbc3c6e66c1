"""`python -m benchmarks NAME [--only FIGURE] [--json]`: prints figures; --help has the names."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from benchmarks.api import API_FIGURES, api
from benchmarks.engine import ENGINE_FIGURES
from benchmarks.fixed import quota
from benchmarks.platform import FIGURES, platform
from benchmarks.profile import profile
from benchmarks.push import PUSH_FIGURES, push
from benchmarks.sizes import Sizes


def main() -> None:
    chosen = _parser().parse_args()
    sizes = Sizes(**{field.name: getattr(chosen, field.name) for field in fields(Sizes)})
    if chosen.name == "platform":
        found = asyncio.run(platform(_only(chosen.only, FIGURES), sizes))
    elif chosen.name == "engine":
        from benchmarks.engine.measures import engine  # noqa: PLC0415 - others go without torch

        found = engine(_only(chosen.only, ENGINE_FIGURES), sizes)
    elif chosen.name == "api":
        found = asyncio.run(api(_only(chosen.only, API_FIGURES), sizes))
    elif chosen.name == "push":
        found = asyncio.run(push(_only(chosen.only, PUSH_FIGURES), sizes))
    elif chosen.name == "quota":
        found = asyncio.run(quota(sizes))
    elif chosen.name == "law":
        from benchmarks.storm.figures import law  # noqa: PLC0415 - others go without matplotlib

        measured = law(sizes.users, range(1, sizes.seeds + 1))
        told = {name: asdict(figures) for name, figures in measured.runs.items()}
        sys.stdout.write((json.dumps(told) if chosen.json else measured.tables) + "\n")
        return
    else:
        found = asyncio.run(profile(sizes, chosen.stacks))
    if chosen.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    _print(found)


def _only(chosen: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of `known`."""
    return tuple(name for name in known if not chosen or name in chosen)


def _print(figures: Mapping[str, float]) -> None:
    for name, value in figures.items():
        sys.stdout.write(f"{name:60} {value:12.3f}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "name",
        choices=("engine", "platform", "profile", "law", "quota", "api", "push"),
        help="what to measure",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=(*FIGURES, *ENGINE_FIGURES, *API_FIGURES, *PUSH_FIGURES),
        help="one figure",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--stacks", type=Path, help="folder for profile's sampled stacks")
    sizes = parser.add_argument_group("sizes")
    for field in fields(Sizes):
        kind: Any = type(field.default)
        flag = f"--{field.name.replace('_', '-')}"
        sizes.add_argument(flag, type=kind, default=field.default, metavar=kind.__name__)
    return parser


if __name__ == "__main__":
    main()
