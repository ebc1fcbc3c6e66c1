"""Gateway's decisions: pure, without clock, log or I/O."""

__all__: list[str] = []
