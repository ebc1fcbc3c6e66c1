"""What checks learn beside their findings."""

from dataclasses import dataclass, field

__all__ = ["Notes"]


@dataclass
class Notes:
    """`clocks` are seconds that another's clock is ahead of ours; `reached` is who answered."""

    clocks: dict[str, float] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
