"""The metrics as a page for operators; run as a module, it writes `docs/metrics.md`."""

from pathlib import Path

from services.kit.telemetry import metrics
from services.kit.telemetry.instruments import Metric

__all__ = ["main", "page", "scraped_name"]

_INTRODUCTION = """\
# Metrics

Each service answers them on its health port under `/metrics`, in Prometheus' form and under the
names below. With `HEATSINK_OTLP_ENDPOINT` set they also go there, under the names in
`services/kit/telemetry/metrics/`. This page is made from that code (`./task docs`): edit it there.

A counter only grows. A gauge is the last figure measured. A level goes up and down as things open
and close. A histogram has `_bucket`, `_sum` and `_count`.
"""

_PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
_SUFFIX = {"s": "_seconds", "By": "_bytes"}


def page() -> str:
    chapters = [
        f"## {title.rstrip('.')}\n\n{_table(chapter)}\n"
        for title, chapter in metrics.CHAPTERS.items()
    ]
    return "\n".join([_INTRODUCTION, *chapters])


def scraped_name(metric: Metric[...]) -> str:
    """The metric's name as Prometheus sees it."""
    name = metric.name.replace(".", "_") + _SUFFIX.get(metric.unit, "")
    return f"{name}_total" if metric.kind == "counter" else name


def _table(chapter: tuple[Metric[...], ...]) -> str:
    rows = [
        f"| `{scraped_name(metric)}` | {metric.kind} | {_unit(metric)} | {_labels(metric)} "
        f"| {metric.meaning} |"
        for metric in chapter
    ]
    return "\n".join(
        ["| name | kind | unit | labels | meaning |", "| --- | --- | --- | --- | --- |", *rows]
    )


def _unit(metric: Metric[...]) -> str:
    return {"1": "", "s": "seconds"}.get(metric.unit, metric.unit.strip("{}"))


def _labels(metric: Metric[...]) -> str:
    return ", ".join(f"`{name}`" for name in metric.label_names)


def main(target: Path = _PAGE) -> None:
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
