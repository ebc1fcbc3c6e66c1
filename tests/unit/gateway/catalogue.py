"""The models that gateway's tests serve."""

from services.contracts import Catalogue, ModelEntry, Size, TaskKind
from services.contracts.catalogue import Light, Range

__all__ = ["CATALOGUE"]

_EMBER = ModelEntry(
    id="ember",
    title="Ember",
    path="ember",
    sizes=(Size(width=128, height=128), Size(width=160, height=128)),
    steps=Range(minimum=1, maximum=50, default=20),
    guidance=Range(minimum=1, maximum=10, default=2.5),
    max_images=4,
    light=Light(steps=0.5),
    licence="Apache-2.0",
)

CATALOGUE = Catalogue(
    models=(
        _EMBER,
        _EMBER.model_copy(update={"id": "coal", "pool": "big", "price": 2, "max_images": 1}),
        _EMBER.model_copy(update={"id": "ash", "tasks": (TaskKind.INPAINT,)}),
        _EMBER.model_copy(update={"id": "brush", "tasks": tuple(TaskKind), "resizes": True}),
    ),
    aliases={"gpt-image-1.5": "brush"},
)
