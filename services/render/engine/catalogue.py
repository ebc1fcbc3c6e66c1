"""The catalogue as the engine uses it: read from its file, and asked what a render may be."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from services.contracts.catalogue import Catalogue, ModelEntry, Size, TaskKind
from services.contracts.events.renders import FailureCode
from services.render.engine.messages import Draw
from services.render.engine.painter import RenderError, UnusableError

__all__ = ["chosen", "ensure_can_draw", "read"]


def read(path: Path) -> Catalogue:
    """Raises `UnusableError` that names the file and what is wrong with it."""
    try:
        return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UnusableError(f"the catalogue {path} can't be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UnusableError(f"the catalogue {path} is not YAML") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableError(f"the catalogue {path}: {where}: {first['msg']}") from error


def chosen(catalogue: Catalogue, ids: tuple[str, ...]) -> tuple[ModelEntry, ...]:
    """The entries with these ids, or all. Raises `UnusableError` for an id it doesn't hold."""
    missing = [model_id for model_id in ids if catalogue.find(model_id) is None]
    if missing:
        raise UnusableError(f"the catalogue holds no model {', '.join(missing)}")
    return tuple(entry for entry in catalogue.models if not ids or entry.id in ids)


def ensure_can_draw(entry: ModelEntry, draw: Draw) -> None:
    """Raises a permanent `RenderError` where the catalogue says that this model can't."""
    if draw.kind not in entry.tasks:
        raise _invalid(f"{entry.id} has no task {draw.kind.value}")
    if Size(width=draw.width, height=draw.height) not in entry.sizes:
        raise _invalid(f"{entry.id} draws no pictures of {draw.width}x{draw.height}")
    if not entry.steps.minimum <= draw.steps <= entry.steps.maximum:
        raise _invalid(f"{entry.id} takes {entry.steps.minimum:g} to {entry.steps.maximum:g} steps")
    if not entry.guidance.minimum <= draw.guidance <= entry.guidance.maximum:
        low, high = entry.guidance.minimum, entry.guidance.maximum
        raise _invalid(f"{entry.id} takes a guidance of {low:g} to {high:g}")
    _ensure_it_can_begin(draw)
    if not 1 <= len(draw.seeds) <= entry.max_images:
        raise _invalid(f"{entry.id} draws 1 to {entry.max_images} pictures at once")


def _ensure_it_can_begin(draw: Draw) -> None:
    if draw.kind is TaskKind.TEXT_TO_IMAGE:
        return
    if draw.photo is None or (draw.kind is TaskKind.INPAINT and draw.mask is None):
        raise _invalid(f"{draw.kind.value} needs a photo, and a mask where it paints within one")
    if not (0 < draw.strength <= 1 and int(draw.steps * draw.strength)):
        raise _invalid(f"a strength of {draw.strength:g} leaves no step of {draw.steps}")


def _invalid(message: str) -> RenderError:
    return RenderError(FailureCode.INVALID_SPEC, message, permanent=True)
