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
    Shelved,
    Stepped,
)
from services.render.engine.options import EngineKind, EngineOptions, LogFormat
from services.render.engine.process import EngineProcess
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
    "EngineKind",
    "EngineNotReadyError",
    "EngineOptions",
    "EngineProcess",
    "EngineStartError",
    "Event",
    "Failed",
    "LogFormat",
    "Picture",
    "Ready",
    "Refusal",
    "Shelved",
    "Stepped",
]
