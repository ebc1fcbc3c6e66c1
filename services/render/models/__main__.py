"""`python -m services.render.models list|check|add|digest`: the catalogue's file."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import yaml

from services.contracts import Catalogue
from services.kit.data import load_yaml
from services.render.engine.digests import digests
from services.render.engine.vetting import ModelRefusedError
from services.render.models.adding import NotAddedError, add, lora_of, native_size
from services.render.models.checking import verdicts

__all__ = ["main"]

SOUND = 0
UNSOUND = 1
_STEPS, _GUIDANCE = 20.0, 7.5
_MOST_STEPS, _MOST_GUIDANCE = 50.0, 20.0


def main(arguments: Sequence[str]) -> NoReturn:
    chosen = _parser().parse_args(arguments)
    act = {"list": _list, "check": _check, "add": _add, "digest": _digest}[chosen.command]
    raise SystemExit(act(chosen))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _list(chosen: argparse.Namespace) -> int:
    models = load_yaml(chosen.catalogue, Catalogue).models
    if chosen.json:
        _say(json.dumps([model.model_dump(mode="json") for model in models]))
        return SOUND
    for model in models:
        sizes = " ".join(str(size) for size in model.sizes)
        _say(f"{model.id}: {model.title}; {sizes}; pool {model.pool}; {model.licence}")
    return SOUND


def _check(chosen: argparse.Namespace) -> int:
    catalogue = load_yaml(chosen.catalogue, Catalogue)
    found = list(verdicts(catalogue, chosen.catalogue.parent))
    if chosen.json:
        _say(json.dumps([asdict(verdict) for verdict in found]))
    else:
        _say("\n".join(map(str, found)))
    return UNSOUND if any(verdict.problem for verdict in found) else SOUND


def _add(chosen: argparse.Namespace) -> int:
    try:
        entry = add(chosen.catalogue, chosen.folder, _wish(chosen))
    except (NotAddedError, ModelRefusedError) as refused:
        sys.stderr.write(f"heatsink: not added: {refused}\n")
        return UNSOUND
    _say(f"{entry.id} added with {len(entry.files)} files; restart gateway and render")
    return SOUND


def _digest(chosen: argparse.Namespace) -> int:
    _say(yaml.safe_dump({"files": digests(chosen.folder)}, sort_keys=False).rstrip())
    return SOUND


def _wish(chosen: argparse.Namespace) -> dict[str, Any]:
    wish: dict[str, Any] = {
        "id": chosen.id or chosen.folder.resolve().name,
        "title": chosen.title or chosen.folder.resolve().name,
        "sizes": _sizes(chosen),
        "steps": {"minimum": 1, "maximum": _MOST_STEPS, "default": chosen.steps},
        "guidance": {"minimum": 1, "maximum": _MOST_GUIDANCE, "default": chosen.guidance},
        "price": chosen.price,
        "pool": chosen.pool,
        "licence": chosen.licence,
    }
    if chosen.lora:
        wish["loras"] = [lora_of(chosen.catalogue, text) for text in chosen.lora]
    if chosen.hub:
        wish["source"] = {"hub": chosen.hub, "revision": chosen.revision or ""}
    return wish


def _sizes(chosen: argparse.Namespace) -> list[dict[str, int]]:
    """Those that were given, else the model's own."""
    if not chosen.size and (native := native_size(chosen.folder)):
        return [native]
    return [_size(text) for text in chosen.size or [""]]


def _size(text: str) -> dict[str, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise NotAddedError("its configuration tells no size: give --size WIDTHxHEIGHT")
    return {"width": int(width), "height": int(height)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heatsink models", description="The models' catalogue.")
    parser.add_argument("--catalogue", type=Path, required=True, help="the catalogue's file")
    commands = parser.add_subparsers(dest="command", title="commands", required=True)
    for name, what in (
        ("list", "what the catalogue holds, the default first"),
        ("check", "look each model over: plain data only, digests as named; exit 1 if any is not"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("--json", action="store_true", help="JSON on stdout")
    _describe_add(commands.add_parser("add", help="name a folder's files by digest, add the model"))
    digest = commands.add_parser(
        "digest", help="the files of a folder, as the catalogue names them"
    )
    digest.add_argument("folder", type=Path, help="of a model whose weights are new")
    return parser


def _describe_add(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="in diffusers format, below the catalogue's own")
    command.add_argument("--licence", required=True, help="of the weights, and whose")
    command.add_argument("--id", help="the folder's name unless given")
    command.add_argument("--title", help="for people; the folder's name unless given")
    command.add_argument("--size", action="append", help="WIDTHxHEIGHT, the default first")
    command.add_argument("--steps", type=float, default=_STEPS, help="when nobody says")
    command.add_argument("--guidance", type=float, default=_GUIDANCE, help="when nobody says")
    command.add_argument("--price", type=int, default=1, help="in units of quota for one image")
    command.add_argument("--pool", default="default", help="whose workers load it")
    command.add_argument("--lora", action="append", help="FILE or FILE=SCALE, merged at loading")
    command.add_argument("--hub", help="OWNER/NAME of the hub's repository it came from")
    command.add_argument("--revision", help="the commit there, 40 hexadecimal digits")


if __name__ == "__main__":
    main(sys.argv[1:])
