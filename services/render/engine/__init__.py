"""The engine: runs diffusion models in a process of its own, and nowhere else is torch imported."""

from services.render.engine.messages import (
    Cancelled,
    Draw,
    Drawn,
    EngineDied,
    Event,
    Failed,
    Picture,
    Ready,
    Refusal,
    Stepped,
)
from services.render.engine.protocol import (
    Engine,
    EngineError,
    EngineNotReadyError,
    EngineStartError,
)

__all__ = [
    "Cancelled",
    "Draw",
    "Drawn",
    "Engine",
    "EngineDied",
    "EngineError",
    "EngineNotReadyError",
    "EngineStartError",
    "Event",
    "Failed",
    "Picture",
    "Ready",
    "Refusal",
    "Stepped",
]
