"""Looks a model's folder over before any library opens it: nothing in it may run code."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.render.engine.digests import difference, digest_of
from services.render.engine.protocol import EngineError

__all__ = ["ModelRefusedError", "vet", "vet_file"]

#: Files that are code, or that run code when they are unpickled or linked.
_REFUSED_SUFFIXES = frozenset(
    {".bin", ".ckpt", ".dll", ".h5", ".joblib", ".npy", ".pickle", ".pkl", ".pt", ".pth"}
    | {".py", ".pyc", ".pyd", ".so"}
)
#: Keys by which a configuration asks a library to import code that it names.
_REFUSED_KEYS = ("auto_map", "custom_pipeline", "trust_remote_code")
_MAX_JSON_BYTES = 64 * 1024 * 1024


class ModelRefusedError(EngineError):
    """This model isn't served; `reason` is one line for an operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def vet(folder: Path, root: Path, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The pipeline's `model_index.json`, once everything beside it has been found harmless.

    `root` is the catalogue's folder: a model must lie in it, and a link may not lead out of the
    model's own folder. `files` are the digests that its files must have, where there are any.
    Raises `ModelRefusedError`.
    """
    if not folder.resolve().is_relative_to(root.resolve()):
        raise ModelRefusedError("its path leads out of the catalogue's folder")
    if not folder.is_dir():
        raise ModelRefusedError("its folder is missing")
    for path in sorted(folder.rglob("*")):
        _vet_entry(path, folder)
    if files and (reason := difference(folder, files)):
        raise ModelRefusedError(reason)
    index = folder / "model_index.json"
    if not index.is_file():
        raise ModelRefusedError("its folder holds no model_index.json")
    content = _parsed(index, folder)
    if not isinstance(content, dict):
        raise ModelRefusedError("model_index.json is no object")
    return content


def vet_file(name: str, root: Path, digest: str) -> None:
    """That a file lies below the catalogue's folder and is as named. Raises `ModelRefusedError`."""
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise ModelRefusedError(f"{name} leads out of the catalogue's folder")
    if not path.is_file():
        raise ModelRefusedError(f"{name} is missing")
    if digest_of(path) != digest:
        raise ModelRefusedError(f"{name} has another digest than the catalogue says")


def _vet_entry(path: Path, folder: Path) -> None:
    name = path.relative_to(folder)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelRefusedError(f"{name} is a link that leads out of the model's folder")
    if path.is_symlink() and path.is_dir():
        raise ModelRefusedError(f"{name} is a link to a folder")
    if path.suffix.lower() in _REFUSED_SUFFIXES:
        raise ModelRefusedError(f"{name} may hold code; weights must be safetensors")
    if path.suffix.lower() == ".json":
        for finding in _findings(_parsed(path, folder)):
            raise ModelRefusedError(f"{name} {finding}")


def _parsed(path: Path, folder: Path) -> Any:
    name = path.relative_to(folder)
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise ModelRefusedError(f"{name} is larger than {_MAX_JSON_BYTES} bytes")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelRefusedError(f"{name} is not JSON") from error


def _findings(value: Any) -> Iterator[str]:
    """What in this JSON would have a library import code by name."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as mapping:
                yield from (f"asks for {key}" for key in _REFUSED_KEYS if mapping.get(key))
                if not isinstance(mapping.get("_class_name", ""), str):
                    yield "has a _class_name that isn't one name"
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass
