"""Renders that run at once share each denoising step; no pipeline knows of it.

Each render runs its own, unmodified pipeline on a thread of its own. Only its denoiser is a proxy,
which hands the call to the gatherer and waits for its rows of the joint step.
"""

from services.render.engine.batching.gatherer import Gatherer
from services.render.engine.batching.pace import StepPace
from services.render.engine.batching.seat import Seat
from services.render.engine.batching.shared import SharedRenders

__all__ = ["Gatherer", "Seat", "SharedRenders", "StepPace"]
