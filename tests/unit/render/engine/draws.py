"""Renders to ask for in tests of the engine."""

from dataclasses import replace
from pathlib import Path

from services.render.engine.messages import Draw

CATALOGUE = Path("models/catalogue.yaml")

APPLE = Draw(
    job="job_1",
    attempt=1,
    model="ember",
    prompt="a red apple, 3d",
    width=128,
    height=128,
    steps=4,
    guidance=2.5,
    seeds=(7,),
)


def apple(job: str = "job_1", *, steps: int = 4, seeds: tuple[int, ...] = (7,)) -> Draw:
    return replace(APPLE, job=job, steps=steps, seeds=seeds)
