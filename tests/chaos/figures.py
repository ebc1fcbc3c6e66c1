"""Figures: one JSON line each, on stdout and in `.out/chaos.jsonl`."""

import json
import time
from pathlib import Path

from tests.chaos.knobs import KNOBS

__all__ = ["OUT", "record"]

OUT = Path(__file__).parents[2] / ".out" / "chaos.jsonl"
_RUN = time.strftime("%Y-%m-%dT%H:%M:%S")


def record(row: str, test: str, figure: str, value: object, unit: str = "") -> None:
    line = json.dumps(
        {
            "run": _RUN,
            "row": row,
            "test": test,
            "figure": figure,
            "value": value,
            "unit": unit,
            "seed": KNOBS.seed,
            "scale": KNOBS.scale,
        }
    )
    print(line)
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
