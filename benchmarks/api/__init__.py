"""What one gateway process does, beside a route of FastAPI that does nothing."""

from benchmarks.api.measures import API_FIGURES, api

__all__ = ["API_FIGURES", "api"]
