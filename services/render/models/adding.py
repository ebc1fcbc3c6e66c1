"""One more model in a catalogue's file, with its files by digest."""

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.contracts import Catalogue, ModelEntry
from services.kit.settings import first_problem
from services.render.engine.digests import digest_of, digests
from services.render.engine.vetting import vet

__all__ = ["NotAddedError", "add", "lora_of", "native_size"]


class NotAddedError(Exception):
    """Nothing was written; the text is one line for an operator."""


def add(catalogue: Path, folder: Path, wish: dict[str, Any]) -> ModelEntry:
    """Appends the entry to the file, which stays as it is otherwise, comments included.

    `wish` holds fields of a ModelEntry. Raises NotAddedError, or ModelRefusedError for a folder
    that may not be served.
    """
    root = catalogue.parent.resolve()
    path = _below(root, folder)
    vet(folder, root)
    entry = _entry({"path": path, "files": digests(folder), **wish})
    before = catalogue.read_text(encoding="utf-8")
    after = before.rstrip("\n") + "\n" + _block(entry)
    _ensure_sound(after)
    _replace(catalogue, after)
    return entry


def lora_of(catalogue: Path, text: str) -> dict[str, Any]:
    """`FILE` or `FILE=SCALE` as a field of an entry. Raises NotAddedError."""
    name, _, scale = text.partition("=")
    file = Path(name)
    if not file.is_file():
        raise NotAddedError(f"{file} is no file")
    path = _below(catalogue.parent.resolve(), file)
    return {"path": path, "digest": digest_of(file)} | ({"scale": scale} if scale else {})


def native_size(folder: Path) -> dict[str, int] | None:
    """Width and height that the model was trained for, where its configuration tells."""
    denoiser = _config(folder / "unet") or _config(folder / "transformer")
    blocks = _config(folder / "vae").get("block_out_channels")
    sample = denoiser.get("sample_size")
    match sample if isinstance(sample, list) else [sample, sample]:
        case [int() as height, int() as width] if isinstance(blocks, list):
            scale = 2 ** (len(blocks) - 1)
            return {"width": width * scale, "height": height * scale}
        case _:
            return None


def _below(root: Path, path: Path) -> str:
    if not path.resolve().is_relative_to(root):
        raise NotAddedError(f"{path} lies outside of the catalogue's folder {root}")
    return path.resolve().relative_to(root).as_posix()


def _config(part: Path) -> dict[str, Any]:
    """Empty where there is none, or none that can be read: `vet` says so."""
    try:
        found = json.loads((part / "config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _entry(fields: dict[str, Any]) -> ModelEntry:
    try:
        return ModelEntry.model_validate(fields)
    except ValidationError as error:
        raise NotAddedError(_first(error)) from error


def _ensure_sound(text: str) -> None:
    try:
        Catalogue.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        reason = _first(error) if isinstance(error, ValidationError) else "it would be no YAML"
        raise NotAddedError(f"the catalogue would not be sound: {reason}") from error


def _first(error: ValidationError) -> str:
    place, reason = first_problem(error)
    return f"{'.'.join(str(part) for part in place) or 'entry'}: {reason}"


def _block(entry: ModelEntry) -> str:
    fields = entry.model_dump(mode="json", exclude_defaults=True)
    lines = yaml.safe_dump([fields], sort_keys=False, allow_unicode=True).splitlines()
    return "".join(f"  {line}\n" for line in lines)


def _replace(file: Path, text: str) -> None:
    """At once: whoever reads it meanwhile reads the old one or the new one."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
