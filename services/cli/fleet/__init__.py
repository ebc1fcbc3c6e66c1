"""`heatsink watch --fleet`: the pools as they draw, for operators."""

from services.cli.fleet.live import follow

__all__ = ["follow"]
