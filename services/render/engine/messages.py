"""What the worker and its engine say to each other.

Commands go to the engine, events come back. Every message about a render names its job and its
attempt, so any number of renders can be under way at once and a late word about an earlier attempt
can't be taken for a newer one. Every `Draw` has exactly one end: `Drawn`, `Failed` or `Cancelled`;
where the engine itself ends first, `EngineDied` ends all that were open.
"""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, with_config

from services.contracts import Lane, PictureFormat
from services.contracts.catalogue import Size, TaskKind
from services.contracts.events.renders import FailureCode

__all__ = [
    "Cancel",
    "Cancelled",
    "Close",
    "Command",
    "Draw",
    "Drawn",
    "EngineDied",
    "Event",
    "Failed",
    "Picture",
    "Ready",
    "Refusal",
    "Reply",
    "Shelved",
    "Stepped",
    "Unusable",
]

#: Bytes cross the pipe as base64: JSON can't run code in the process that reads it, pickle can.
_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@with_config(_BYTES)
@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Draw one picture per seed. Sizes are pixels; the prompts never show in a repr or a log.

    `photo` is what an image-to-image or inpainting render begins with, and `mask` is white where
    that is painted anew; both are files of a picture. `strength` is how far from the photo it may
    go: that share of the steps is taken.
    `output` is the finished picture's size, where it isn't what is drawn; `compression` from 0 to
    100 is the quality of a WebP or JPEG file. `previews` is how many early looks at the picture are
    wanted on the way.
    `lane` and `account` say who goes first where not all fit into a step.
    """

    job: str
    attempt: int
    model: str
    kind: TaskKind = TaskKind.TEXT_TO_IMAGE
    prompt: str = field(repr=False)
    negative_prompt: str | None = field(default=None, repr=False)
    width: int
    height: int
    steps: int
    guidance: float
    seeds: tuple[int, ...]
    photo: bytes | None = field(default=None, repr=False)
    mask: bytes | None = field(default=None, repr=False)
    strength: float = 0.8
    previews: int = 0
    output: Size | None = None
    format: PictureFormat = PictureFormat.PNG
    compression: int = 100
    lane: Lane = Lane.FREE
    account: str = ""
    type: Literal["draw"] = "draw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop this render at its next step. For a render that is over or unknown, nothing happens."""

    job: str
    attempt: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Stop what runs, at its next step, and end the process."""

    type: Literal["close"] = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A model of the catalogue that isn't served, and why."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """Which models are in memory now, and which one is on its way there.

    `seconds` is what fetching took, for those that were ever fetched.
    """

    models: tuple[str, ...] = ()
    fetching: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    type: Literal["shelved"] = "shelved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The engine can draw with these models. `slots` is how many renders it runs at once.

    Each of them was loaded once and has drawn; `shelf` says which are in memory still.
    """

    models: tuple[str, ...]
    shelf: Shelved
    refused: tuple[Refusal, ...] = ()
    device: str
    slots: int
    seconds: float
    type: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """The engine can draw nothing and ends; `reason` is one line for an operator."""

    reason: str
    type: Literal["unusable"] = "unusable"


@with_config(_BYTES)
@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """`step` of the `steps` that were asked for is done, counted over all pictures of the render.

    It only grows and reaches `steps` before `Drawn`. `seconds_left` goes by the render's own pace.
    `preview` is a small WebP file, now and then, where the render asked for previews.
    """

    job: str
    attempt: int
    step: int
    steps: int
    seconds_left: float
    preview: bytes | None = field(default=None, repr=False)
    type: Literal["stepped"] = "stepped"


@with_config(_BYTES)
@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished picture; a PNG file has its recipe in its metadata (see `png`)."""

    content: bytes = field(repr=False)
    format: PictureFormat = PictureFormat.PNG
    seed: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """All pictures of a render, in the order of its seeds."""

    job: str
    attempt: int
    pictures: tuple[Picture, ...]
    seconds: float
    type: Literal["drawn"] = "drawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No pictures. The message is fit for a client and holds nothing of the prompt.

    `permanent` says that another attempt would fail in the same way.
    """

    job: str
    attempt: int
    code: FailureCode
    message: str
    permanent: bool
    type: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The render stopped because it was asked to."""

    job: str
    attempt: int
    type: Literal["cancelled"] = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDied:
    """The engine ended unasked: nothing more comes. A negative exit code is a signal's number."""

    exit_code: int


Command = Draw | Cancel | Close
Reply = Ready | Unusable | Shelved | Stepped | Drawn | Failed | Cancelled
"""What the engine process may send."""
Event = Shelved | Stepped | Drawn | Failed | Cancelled | EngineDied
"""What the worker hears between start and end."""
