"""`heatsink submit`: ask for pictures and don't wait."""

from typing import Annotated

import typer

from services.cli.asking import ask, given_only
from services.cli.output import print_json
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
)

__all__ = ["submit"]


def submit(
    prompt: Annotated[str, typer.Argument(help="What to draw.")],
    model: Annotated[str | None, typer.Option(help="A model of the catalogue.")] = None,
    n: Annotated[int | None, typer.Option("-n", help="How many pictures.")] = None,
    size: Annotated[str | None, typer.Option(help="Such as 128x128.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same picture.")] = None,
    once: Annotated[
        str | None, typer.Option(help="Idempotency-Key: the same one, the same job.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Submit a job and print its id."""
    wish = given_only(prompt=prompt, model=model, n=n, size=size, steps=steps, seed=seed)
    with problems_told():
        target = Target.find(url, key, plan, data)
        job = ask(target, lambda api: api.post("/v1/jobs", wish, once=once))
    if json:
        print_json(job)
    else:
        typer.echo(job["id"])
