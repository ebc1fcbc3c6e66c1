"""Draws a sample sheet: `python -m services.render.engine.sheet ember models/ember/sheet.png`."""

import argparse
import asyncio
import io
from pathlib import Path

from PIL import Image

from services.render.engine.messages import Draw, Drawn, Event, Failed, Picture
from services.render.engine.options import EngineOptions
from services.render.engine.process import EngineProcess

_PROMPTS = (
    "a red apple, 3d",
    "a fox, orange, classic",
    "a rocket, 3d",
    "a rainbow, 3d",
    "flat palm tree",
    "a grinning face, flat",
    "a fish, 3d",
    "an automobile, 3d",
    "a guitar, 3d",
    "a key, flat",
    "a penguin, flat",
    "a robot, flat",
    "a house, classic",
    "a strawberry, classic",
    "a red heart, 3d",
    "a submarine under a purple moon",
)
_COLUMNS = 8
_SIDE = 128
_SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("--catalogue", type=Path, default=Path("models/catalogue.yaml"))
    arguments = parser.parse_args()
    options = EngineOptions(catalogue=arguments.catalogue, models=(arguments.model,))
    pictures = asyncio.run(_drawn(options, arguments.model))
    _sheet(pictures).save(arguments.out, optimize=True)


async def _drawn(options: EngineOptions, model: str) -> list[Picture]:
    engine = EngineProcess(options)
    await engine.start()
    try:
        return [await _one(engine, model, prompt) for prompt in _PROMPTS]
    finally:
        await engine.close()


async def _one(engine: EngineProcess, model: str, prompt: str) -> Picture:
    draw = Draw(
        job=prompt,
        attempt=1,
        model=model,
        prompt=prompt,
        width=_SIDE,
        height=_SIDE,
        steps=20,
        guidance=2.5,
        seeds=(_SEED,),
    )
    await engine.submit(draw)
    async for event in engine.events():
        if picture := _picture(event):
            return picture
    raise SystemExit("the engine ended")


def _picture(event: Event) -> Picture | None:
    match event:
        case Drawn(pictures=(picture, *_)):
            return picture
        case Failed(message=message):
            raise SystemExit(message)
        case _:
            return None


def _sheet(pictures: list[Picture]) -> Image.Image:
    rows = -(-len(pictures) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _SIDE, rows * _SIDE), "white")
    for index, picture in enumerate(pictures):
        place = (index % _COLUMNS * _SIDE, index // _COLUMNS * _SIDE)
        sheet.paste(Image.open(io.BytesIO(picture.content)), place)
    return sheet


if __name__ == "__main__":
    main()
