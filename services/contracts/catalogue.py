"""The catalogue: which models an operator serves, as data that gateway and render both read."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "Alias",
    "Catalogue",
    "Digest",
    "Light",
    "Lora",
    "ModelEntry",
    "ModelId",
    "Range",
    "Size",
    "Source",
    "TaskKind",
]

ModelId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]

Alias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


class TaskKind(StrEnum):
    TEXT_TO_IMAGE = "text_to_image"
    IMAGE_TO_IMAGE = "image_to_image"
    INPAINT = "inpaint"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Size(_Data):
    """Width and height of a picture in pixels."""

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Range(_Data):
    """What a caller may ask for, ends included, and what it gets when it doesn't."""

    minimum: float
    maximum: float
    default: float

    @model_validator(mode="after")
    def _default_lies_inside(self) -> "Range":
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"default {self.default} is outside {self.minimum}..{self.maximum}")
        return self


class Source(_Data):
    """Where a model's files came from: one commit of a repository of a model hub."""

    hub: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")


class Lora(_Data):
    """A change to a model's weights of low rank, in one safetensors file (arXiv 2106.09685).

    `path` is relative to the catalogue's folder; `scale` is how much of the change is taken.
    """

    path: str = Field(pattern=r"\.safetensors$")
    digest: Digest
    scale: float = Field(default=1.0, ge=-4, le=4)


class Light(_Data):
    """How a render of the model is made lighter, for callers who allow that while limits are tight.

    `steps` is a share of those asked for, never under the model's minimum; `size` is drawn instead
    of a larger one.
    """

    steps: float = Field(default=1.0, gt=0, le=1)
    size: Size | None = None


class ModelEntry(_Data):
    """One model: where it lies, what it draws, what it costs.

    `path` is a folder in diffusers format, relative to the catalogue's own folder. `files` are the
    digests of all that is read there, by path inside it; none named, none checked. `loras` are
    merged into its weights when it is loaded: several entries may share a folder.
    `price` is in quota units for one image. With `resizes`, pictures of any size may be asked for:
    the nearest of `sizes` is drawn and brought to that. `stall_seconds` is how long an engine may
    stand still over this model until it is killed, where that isn't what the workers' setting says.
    """

    id: ModelId
    title: str
    path: str
    source: Source | None = None
    files: Mapping[str, Digest] = Field(default_factory=dict)
    loras: tuple[Lora, ...] = Field(default=(), max_length=8)
    pool: str = "default"
    tasks: tuple[TaskKind, ...] = (TaskKind.TEXT_TO_IMAGE,)
    sizes: tuple[Size, ...] = Field(min_length=1)
    steps: Range
    guidance: Range
    max_images: int = Field(default=10, ge=1, le=10)
    price: int = Field(default=1, ge=1)
    light: Light | None = None
    resizes: bool = False
    stall_seconds: float | None = Field(default=None, gt=0, le=7200)
    licence: str

    @property
    def default_size(self) -> Size:
        return self.sizes[0]


class Catalogue(_Data):
    """Every model served, the default first. `aliases` are other names by which they are asked."""

    models: tuple[ModelEntry, ...] = Field(min_length=1)
    aliases: Mapping[Alias, ModelId] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Catalogue":
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            raise ValueError("two models share one id")
        if unknown := set(self.aliases.values()) - set(ids):
            raise ValueError(f"aliases of no model: {', '.join(sorted(unknown))}")
        if taken := set(self.aliases) & set(ids):
            raise ValueError(f"aliases that are models' ids: {', '.join(sorted(taken))}")
        return self

    @property
    def default(self) -> ModelEntry:
        return self.models[0]

    def find(self, model_id: str) -> ModelEntry | None:
        """By its id or an alias."""
        model_id = self.aliases.get(model_id, model_id)
        return next((model for model in self.models if model.id == model_id), None)
