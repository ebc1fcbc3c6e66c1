"""What a job asks for and what it yields: the values that several streams share."""

from enum import StrEnum

from pydantic import Field

from services.contracts.catalogue import Digest, ModelId, Size, TaskKind
from services.contracts.event import Data
from services.contracts.ids import UploadId

__all__ = ["ImageRef", "JobSpec", "JobStatus", "Lane", "LighterRender", "Origin", "PictureFormat"]

MAX_PROMPT = 32_000


class JobStatus(StrEnum):
    SUBMITTED = "submitted"
    QUEUED = "queued"
    DEFERRED = "deferred"
    RUNNING = "running"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self in _ENDS


_ENDS = frozenset({JobStatus.COMPLETED, JobStatus.REJECTED, JobStatus.FAILED, JobStatus.CANCELLED})


class Lane(StrEnum):
    """The queue class that a plan buys, most urgent first."""

    PAID = "paid"
    FREE = "free"
    DEFERRED = "deferred"


class Origin(StrEnum):
    HTTP = "http"
    KAFKA = "kafka"


class PictureFormat(StrEnum):
    """How a finished picture is written down."""

    PNG = "png"
    WEBP = "webp"
    JPEG = "jpeg"

    @property
    def media_type(self) -> str:
        return f"image/{self}"


class LighterRender(Data):
    """What a render may be cut down to, by the model's own entry in the catalogue."""

    steps: int = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class JobSpec(Data):
    """One request of `n` images with every default filled in. Sizes are in pixels.

    `width` and `height` are drawn; the picture is brought to `output` afterwards, where that is
    another size.
    """

    task: TaskKind = TaskKind.TEXT_TO_IMAGE
    model: ModelId
    pool: str = "default"
    prompt: str = Field(min_length=1, max_length=MAX_PROMPT)
    negative_prompt: str | None = Field(default=None, max_length=MAX_PROMPT)
    n: int = Field(default=1, ge=1, le=10)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    steps: int = Field(gt=0)
    guidance: float = Field(ge=0)
    seed: int = Field(
        ge=0, lt=2**32, description="Seed of the first image; image k uses seed + k (mod 2**32)."
    )
    output: Size | None = None
    format: PictureFormat = PictureFormat.PNG
    compression: int = Field(
        default=100, ge=0, le=100, description="Quality of a WebP or JPEG file; PNG loses nothing."
    )
    strength: float | None = Field(default=None, gt=0, le=1)
    previews: int = Field(
        default=0, ge=0, le=10, description="Early looks at the first image, spread over its steps."
    )
    images: tuple[UploadId, ...] = ()
    mask: UploadId | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple((self.seed + index) % 2**32 for index in range(self.n))

    @property
    def size(self) -> Size:
        """Of the finished picture."""
        return self.output or self.drawn_size

    @property
    def drawn_size(self) -> Size:
        return Size(width=self.width, height=self.height)

    def lightened(self, lighter: LighterRender) -> "JobSpec":
        return self.model_copy(update=lighter.model_dump())


class ImageRef(Data):
    """One finished picture: where its bytes lie and how to draw it again."""

    index: int = Field(ge=0)
    blob: str = Field(description="Key in the blob store.")
    media_type: str = "image/png"
    sha256: Digest
    bytes: int = Field(gt=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    seed: int = Field(ge=0)
