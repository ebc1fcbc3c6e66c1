"""Kinds of metrics whose labels are typed: a misspelt label is an error before it is a series."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, ParamSpec, TypeAlias

from opentelemetry import metrics as otel

__all__ = ["Counter", "Gauge", "Histogram", "Labels", "Level", "Metric"]

Labels: TypeAlias = Mapping[str, str | int]

P = ParamSpec("P")

_IDLE = otel.NoOpMeterProvider().get_meter("heatsink")


class Metric(ABC, Generic[P]):
    """A metric of the catalogue.

    `labels` is a function whose keyword arguments are the metric's labels and which answers them;
    its signature is what the type checker holds each use against. Until `bind` gives a meter,
    figures go nowhere.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, unit: str, meaning: str, labels: Callable[P, Labels]) -> None:
        self.name = name
        self.unit = unit
        self.meaning = meaning
        self.label_names = tuple(inspect.signature(labels).parameters)
        self._labels = labels
        self.bind(_IDLE)

    @abstractmethod
    def bind(self, meter: otel.Meter) -> None:
        """Makes the instrument with this meter; later figures go there."""


class Counter(Metric[P]):
    """What only grows: things that happened."""

    kind = "counter"

    def bind(self, meter: otel.Meter) -> None:
        self._counter = meter.create_counter(self.name, self.unit, self.meaning)

    def add(self, amount: float, *args: P.args, **labels: P.kwargs) -> None:
        self._counter.add(amount, self._labels(*args, **labels))


class Level(Metric[P]):
    """What goes up and down by steps: things that are open now."""

    kind = "level"

    def bind(self, meter: otel.Meter) -> None:
        self._counter = meter.create_up_down_counter(self.name, self.unit, self.meaning)

    def add(self, amount: float, *args: P.args, **labels: P.kwargs) -> None:
        self._counter.add(amount, self._labels(*args, **labels))


class Gauge(Metric[P]):
    """What is measured as a whole each time: the last figure holds."""

    kind = "gauge"

    def bind(self, meter: otel.Meter) -> None:
        self._gauge = meter.create_gauge(self.name, self.unit, self.meaning)

    def set(self, figure: float, *args: P.args, **labels: P.kwargs) -> None:
        self._gauge.set(figure, self._labels(*args, **labels))


class Histogram(Metric[P]):
    """What is measured one by one and read as a distribution, in buckets up to these bounds."""

    kind = "histogram"

    def __init__(
        self,
        name: str,
        unit: str,
        meaning: str,
        labels: Callable[P, Labels],
        bounds: Sequence[float],
    ) -> None:
        self.bounds = tuple(bounds)
        super().__init__(name, unit, meaning, labels)

    def bind(self, meter: otel.Meter) -> None:
        self._histogram = meter.create_histogram(
            self.name,
            self.unit,
            self.meaning,
            explicit_bucket_boundaries_advisory=self.bounds,
        )

    def record(self, figure: float, *args: P.args, **labels: P.kwargs) -> None:
        self._histogram.record(figure, self._labels(*args, **labels))
