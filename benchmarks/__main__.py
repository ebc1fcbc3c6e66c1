"""`python -m benchmarks NAME [--json]`: runs one measurement and prints its figures."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.platform import platform

Figures = dict[str, float]

MEASUREMENTS: dict[str, Callable[[], Coroutine[Any, Any, Figures]]] = {"platform": platform}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("name", choices=sorted(MEASUREMENTS), help="what to measure")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    chosen = parser.parse_args()
    figures = asyncio.run(MEASUREMENTS[chosen.name]())
    if chosen.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        sys.stdout.write(f"{name:44} {value:10.3f}\n")


if __name__ == "__main__":
    main()
