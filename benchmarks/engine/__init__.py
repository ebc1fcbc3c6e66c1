"""What step-level batching gains, and what the engine costs."""

__all__ = ["ENGINE_FIGURES"]

ENGINE_FIGURES = (
    "saturation",
    "compute",
    "first-step",
    "overload",
    "cancel",
    "engine-overhead",
)
