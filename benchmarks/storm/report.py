"""A storm's report: one table, and what happened as a picture."""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from benchmarks.storm.record import FREE_WAIT, Figures, Record, Sample

__all__ = ["picture", "table"]

_POINTS = 400
_COLUMNS = (
    ("goodput", "goodput", "{:.3f}"),
    ("late", "late free jobs", "{:.0f}"),
    ("paid_p95", "paid p95 wait s", "{:.1f}"),
    ("free_p95", "free p95 wait s", "{:.0f}"),
    ("jain", "Jain", "{:.2f}"),
    ("retry_advantage", "retry advantage", "{:.2f}"),
    ("tighten", "tighten s", "{:.0f}"),
    ("relax", "relax s", "{:.0f}"),
    ("reversals", "reversals/h", "{:.1f}"),
    ("kept", "promises kept", "{:.3f}"),
    ("deferred", "deferred", "{:.0f}"),
)


def table(rows: Sequence[tuple[str, Sequence[Figures]]]) -> str:
    """Markdown; each cell is the mean over seeds, with the range where they differ."""
    names = [title for _, title, _ in _COLUMNS]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for label, figures in rows:
        cells = [_cell([getattr(one, name) for one in figures], form) for name, _, form in _COLUMNS]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    low, high, mean = (form.format(value) for value in (min(known), max(known), np.mean(known)))
    return mean if low == high else f"{mean} ({low} to {high})"


def picture(
    records: Sequence[Record], path: Path, unit: float = 60.0, word: str = "minutes"
) -> None:
    """Demand against capacity, the multiplier, and what waits; a column for each record."""
    figure, axes = plt.subplots(
        3, len(records), figsize=(7 * len(records), 8), sharex="col", squeeze=False
    )
    for column, record in enumerate(records):
        _columns(axes[:, column], record, unit)
        axes[0, column].set_title(f"{record.scenario.name}: {record.control}")
        axes[2, column].set_xlabel(word)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _thinned(samples: Sequence[Sample]) -> list[Sample]:
    """A point of the plot is the mean of as many samples as fall on it."""
    size = max(1, len(samples) // _POINTS)
    rows = [samples[start : start + size] for start in range(0, len(samples), size)]
    return [Sample(*np.mean([astuple(sample) for sample in row], axis=0).tolist()) for row in rows]


def _columns(
    axes: "np.ndarray[tuple[int], np.dtype[np.object_]]", record: Record, unit: float
) -> None:
    samples = _thinned(record.samples)
    at = [sample.at / unit for sample in samples]
    base = record.scenario.images_per_second
    axes[0].plot(
        at, [sample.demand * base for sample in samples], label="asked for", color="tab:red"
    )
    axes[0].plot(
        at, [sample.capacity for sample in samples], label="can be drawn", color="tab:blue"
    )
    axes[0].set_ylabel("images a second")
    axes[0].legend()
    axes[1].plot(at, [sample.m for sample in samples], color="tab:green")
    axes[1].set_ylabel("m: share of the limit")
    axes[1].set_ylim(0, 1.05)
    waits = [sample.free_backlog / max(sample.capacity, 1e-9) for sample in samples]
    axes[2].plot(at, waits, color="tab:orange", label="free backlog, in seconds of drawing")
    axes[2].axhline(FREE_WAIT, color="grey", linestyle=":", label="promised to free jobs")
    axes[2].set_yscale("symlog", linthresh=10)
    axes[2].set_ylim(bottom=0)
    axes[2].legend()
