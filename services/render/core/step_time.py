"""How long a joint step takes, and how many rows are worth joining."""

from dataclasses import dataclass, replace

__all__ = ["WORTH", "StepTime"]

WORTH = 0.1
"""What one more call must add to the rows per second; below that it only makes the others wait."""

_KEPT = 0.98
"""Of each measurement's weight after the next one: the last fifty decide."""

_SINGLE = 1e-9


@dataclass(frozen=True)
class StepTime:
    """Seconds of a step as a line, base + slope x rows, fitted by weighted least squares.

    The base is what launching costs, the slope what computing costs. `rows`, `seconds`, `squares`
    and `products` are sums over the steps seen.
    """

    weight: float = 0.0
    rows: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    products: float = 0.0
    sizes: frozenset[int] = frozenset()
    ceiling: int | None = None

    def seen(self, rows: int, seconds: float) -> "StepTime":
        """After one more step. The first of each size also prepares the model: it doesn't count."""
        if rows not in self.sizes:
            return replace(self, sizes=self.sizes | {rows})
        return replace(
            self,
            weight=self.weight * _KEPT + 1,
            rows=self.rows * _KEPT + rows,
            seconds=self.seconds * _KEPT + seconds,
            squares=self.squares * _KEPT + rows * rows,
            products=self.products * _KEPT + rows * seconds,
        )

    def refused(self, rows: int) -> "StepTime":
        """So many rows did not fit into memory."""
        return replace(self, ceiling=max(1, rows // 2))

    @property
    def base(self) -> float | None:
        """Seconds that a step costs however small it is; none until two sizes have been measured.

        A joint step saves this much against two steps, so that long is worth waiting to join.
        """
        fitted = self._line()
        return fitted[0] if fitted else None

    def limit(self, each: int, at_most: int) -> int:
        """The rows that a step of calls with `each` rows should have, at least one call's.

        Unmeasured sizes are tried by doubling.
        """
        known = max(self.sizes, default=each)
        highest = min(at_most, self.ceiling or at_most, 2 * known)
        rows = each
        while rows + each <= highest and self._gain(rows, each) >= WORTH:
            rows += each
        return rows

    def _gain(self, rows: int, each: int) -> float:
        """The share by which one more call raises the rows per second."""
        fitted = self._line()
        if fitted is None:
            return WORTH
        base, slope = fitted
        more = rows + each
        return (more / (base + slope * more)) / (rows / (base + slope * rows)) - 1

    def _line(self) -> tuple[float, float] | None:
        """Base and slope; none until two sizes have been measured."""
        if not self.weight:
            return None
        rows, seconds = self.rows / self.weight, self.seconds / self.weight
        spread = self.squares / self.weight - rows * rows
        if spread < _SINGLE:
            return None
        slope = max(0.0, (self.products / self.weight - rows * seconds) / spread)
        base = max(0.0, seconds - slope * rows)
        return (base, slope) if base + slope > 0 else None
