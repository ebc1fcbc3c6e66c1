"""Early looks at a picture: what its denoiser expects so far, in colours, by a linear map."""

from services.render.engine.previews.previewer import Previewer
from services.render.engine.previews.sketcher import Sketcher, fitted

__all__ = ["Previewer", "Sketcher", "fitted"]
