"""`heatsink watch`: the account's news as they happen."""

import asyncio
from typing import Annotated, Any

import typer

from services.cli.api import ENDS, Api, Told
from services.cli.environment import settings_of
from services.cli.fleet import follow
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

__all__ = ["watch"]

_TOLD = ("step", "steps", "attempt", "lane", "seconds", "reason", "code", "plan", "heat")


def watch(
    job: Annotated[str | None, typer.Argument(help="Only this job, until its end.")] = None,
    after: Annotated[
        str | None, typer.Option(help="Begin after the event of this id (0: all kept).")
    ] = None,
    fleet: Annotated[
        bool, typer.Option("--fleet", help="The pools and what they draw (operators, by Kafka).")
    ] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    plan: PlanOption = Plan.FREE,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Follow the news of an account, or of one job until it ends, or the fleet."""
    with problems_told():
        if fleet:
            asyncio.run(follow(settings_of(data), as_json=json))
            return
        asyncio.run(_watch(Target.find(url, key, plan, data), job, after, as_json=json))


async def _watch(target: Target, job: str | None, after: str | None, *, as_json: bool) -> None:
    async with Api.connected(target.url, target.key) as api:
        place = await _events_url(api, job)
        # A job that has ended already is told from the kept events.
        async with api.events(place, after or ("0" if job else None)) as events:
            async for told in events:
                if job and told.data.get("job") != job:
                    continue
                _show(told, as_json=as_json)
                if job and told.data.get("status") in ENDS:
                    return


async def _events_url(api: Api, job: str | None) -> str:
    if job:
        found: str = (await api.get(f"/v1/jobs/{job}"))["links"]["events"]
        return found
    limits = await api.get("/v1/limits")
    link: str = limits["links"]["events"]
    return link


def _show(told: Told, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": told.id, **told.data})
    else:
        typer.echo(f"{told.id or '-':>6}  {told.type:16}  {_brief(told.data)}")


def _brief(data: dict[str, Any]) -> str:
    told = [str(data["job"])] if "job" in data else []
    told += [f"{name} {data[name]}" for name in _TOLD if data.get(name) is not None]
    return "  ".join(told)
