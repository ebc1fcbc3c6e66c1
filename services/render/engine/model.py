"""A model in memory."""

from dataclasses import dataclass

from services.contracts.catalogue import ModelEntry
from services.render.engine.batching import SharedRenders
from services.render.engine.device import Place
from services.render.engine.previews import Sketcher

__all__ = ["Model"]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded diffusers pipeline and its entry.

    One that `casts_its_decoder` while it draws can't draw twice at once. One without a
    `sketcher` gives no previews.
    """

    entry: ModelEntry
    renders: SharedRenders
    place: Place
    casts_its_decoder: bool = False
    sketcher: Sketcher | None = None
