"""`heatsink draw`: one picture, from a standing start if nothing runs yet."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from services.cli.api import Api
from services.cli.asking import given_only
from services.cli.drawing import Drawing, Drawn
from services.cli.output import StepBar, console, print_json
from services.cli.problems import problems_told
from services.cli.target import (
    DATA,
    DataOption,
    JsonOption,
    KeyOption,
    Plan,
    PlanOption,
    Target,
    UrlOption,
    demo_key,
    given,
)
from services.cli.up import System, UpOptions, find_running

__all__ = ["draw"]

_LONGEST_NAME = 40


@dataclass(frozen=True)
class _Order:
    wish: Mapping[str, Any]
    out: Path | None
    json: bool


def draw(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    model: Annotated[str | None, typer.Option(help="A model of the catalogue.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many pictures.")] = None,
    size: Annotated[str | None, typer.Option(help="Such as 128x128.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow it.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same picture.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to put the picture.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Draw a picture and save it. Starts Heatsink for it when none runs, and stops it after."""
    wish = given_only(
        prompt=prompt, model=model, n=n, size=size, steps=steps, guidance=guidance, seed=seed
    )
    with problems_told():
        asyncio.run(_draw(_Order(wish, out, json), url, key, plan, data))


async def _draw(order: _Order, url: str | None, key: str | None, plan: Plan, data: Path) -> None:
    async with (
        _target(url, key, plan, data) as target,
        Api.connected(target.url, target.key) as api,
    ):
        began = monotonic()
        with StepBar(console()) as bar:
            drawn = await Drawing(api, bar).draw(order.wish)
        seconds = monotonic() - began
    paths = [
        _save(order, image["seed"], index, picture)
        for index, (image, picture) in enumerate(
            zip(drawn.job["images"], drawn.pictures, strict=True)
        )
    ]
    _tell(order, drawn, paths, seconds)


@asynccontextmanager
async def _target(
    url: str | None, key: str | None, plan: Plan, data: Path
) -> AsyncIterator[Target]:
    """A system that runs, or one of our own for the time of the block."""
    if given(url) or find_running(data):
        yield Target.find(url, key, plan, data)
        return
    show = console()
    with show.status("starting Heatsink") as status:
        async with System.running(UpOptions(os.environ, data=data), status.update) as system:
            status.stop()
            yield Target(system.url, key or demo_key(system.told, plan) or "")
            status.start()


def _save(order: _Order, seed: int, index: int, picture: bytes) -> Path:
    path = order.out or Path(f"{_slug(order.wish['prompt'])}-{seed}.png")
    if order.out and index:
        path = path.with_stem(f"{path.stem}-{index + 1}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    return path


def _tell(order: _Order, drawn: Drawn, paths: list[Path], seconds: float) -> None:
    left, limit = drawn.limits.get("left"), drawn.limits.get("limit")
    if order.json:
        print_json(
            {
                "job": drawn.job["id"],
                "paths": [str(path) for path in paths],
                "seeds": drawn.job["seeds"],
                "seconds": round(seconds, 3),
                "left": left,
                "limit": limit,
            }
        )
        return
    for path, image in zip(paths, drawn.job["images"], strict=True):
        typer.echo(f"{path}  seed {image['seed']}  {seconds:.1f} s")
    if left is not None:
        typer.echo(f"{left} of {limit} images left today ({drawn.limits['plan']} plan)")


def _slug(prompt: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:_LONGEST_NAME].strip("-") or "picture"
