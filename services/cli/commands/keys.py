"""`heatsink keys`: accounts and their API keys, for operators."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.table import Table

from services.cli.api import Api
from services.cli.asking import Body, ask
from services.cli.output import console, print_json
from services.cli.problems import problems_told
from services.cli.target import DATA, DataOption, JsonOption, KeyOption, Plan, Target, UrlOption

__all__ = ["app"]

app = typer.Typer(help="Accounts and their API keys (operators).", no_args_is_help=True)

_ACCOUNTS = "/v1/operator/accounts"
_LOOK_SECONDS = 1.0

AccountArgument = Annotated[str, typer.Argument(help="The account's id.")]


@app.command("list")
def list_(
    url: UrlOption = None, key: KeyOption = None, data: DataOption = DATA, json: JsonOption = False
) -> None:
    """List accounts with their keys, newest first."""
    page = _ask(url, key, data, lambda api: api.get(_ACCOUNTS, limit=100))
    if json:
        print_json(page)
        return
    table = Table("account", "name", "plan", "status", "key", "scopes", "revoked", box=None)
    for account in page["data"]:
        for one in account["keys"] or [{}]:
            table.add_row(
                *(account[field] for field in ("id", "name", "plan", "status")),
                one.get("id", ""),
                " ".join(one.get("scopes", [])),
                (one.get("revoked_at") or "")[:19],
            )
    console().print(table)


@app.command("open")
def open_(
    name: Annotated[str, typer.Argument(help="Whose account it is.")],
    plan: Annotated[str, typer.Option(help="The plan.")] = "free",
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Open an account and make its first key."""

    async def act(api: Api) -> Body:
        account = await api.post(_ACCOUNTS, {"name": name, "plan": plan})
        made = await api.post(f"{_ACCOUNTS}/{account['id']}/keys", {"name": "first"})
        return {"account": account["id"], **made}

    _tell_key(_ask(url, key, data, act), as_json=json)


@app.command()
def create(
    account: AccountArgument,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="jobs:read, jobs:write.")] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Make a key. It is shown this once."""
    wish = {"name": name, "scopes": scope, "expires_in_days": days}
    body = {field: value for field, value in wish.items() if value}
    made = _ask(url, key, data, lambda api: api.post(f"{_ACCOUNTS}/{account}/keys", body))
    _tell_key(made, as_json=json)


@app.command()
def rotate(
    account: AccountArgument,
    id: Annotated[str, typer.Argument(help="The key's id, key_…")],
    overlap: Annotated[float, typer.Option(help="Hours for which the old key goes on.")] = 24,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Replace a key by a new one, which is shown this once; the old one goes on for a while."""
    path, body = f"{_ACCOUNTS}/{account}/keys/{id}/rotate", {"overlap_hours": overlap}
    _tell_key(_ask(url, key, data, lambda api: api.post(path, body)), as_json=json)


@app.command()
def revoke(
    account: AccountArgument,
    id: Annotated[str, typer.Argument(help="The key's id, key_…")],
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
) -> None:
    """Revoke a key. It stays revoked."""
    _ask(url, key, data, lambda api: api.post(f"{_ACCOUNTS}/{account}/keys/{id}/revoke"))
    typer.echo(f"{id} is revoked")


@app.command()
def plan(
    account: AccountArgument,
    plan: Annotated[str, typer.Argument(help="The new plan.")],
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
) -> None:
    """Put an account on another plan."""
    _ask(url, key, data, lambda api: api.patch(f"{_ACCOUNTS}/{account}", {"plan": plan}))
    typer.echo(f"{account} is on {plan}")


@app.command()
def acts(
    account: Annotated[str | None, typer.Argument(help="Only what was done to this one.")] = None,
    most: Annotated[int, typer.Option(help="How many at most.", min=1, max=100)] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Show what operators did to accounts, newest first."""
    only = {"account": account} if account else {}
    page = _ask(url, key, data, lambda api: api.get("/v1/operator/acts", limit=most, **only))
    if json:
        print_json(page)
        return
    table = Table("at", "account", "deed", "detail", "by", box=None)
    for one in page["data"]:
        by = f"{one['by_account']} {one['by_key']}"
        table.add_row(one["at"][:19], one["account"], one["deed"], one["detail"], by)
    console().print(table)


@app.command()
def erase(
    account: AccountArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until nothing is left.")] = True,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = DATA,
    json: JsonOption = False,
) -> None:
    """Erase an account with its keys, jobs, prompts and pictures. It can't be undone."""
    if not yes:
        typer.confirm(f"Erase {account} and all that is its own, for good?", abort=True, err=True)

    async def act(api: Api) -> Body:
        erasure = await api.delete(f"{_ACCOUNTS}/{account}")
        while wait and erasure["status"] != "done":
            await asyncio.sleep(_LOOK_SECONDS)
            erasure = await api.get(f"{_ACCOUNTS}/{account}/erasure")
        return erasure

    erasure = _ask(url, key, data, act)
    if json:
        print_json(erasure)
    else:
        typer.echo(f"{account} is {'erased' if erasure['status'] == 'done' else 'being erased'}")


def _ask(
    url: str | None, key: str | None, data: DataOption, act: Callable[[Api], Awaitable[Body]]
) -> Body:
    with problems_told():
        return ask(Target.find(url, key, Plan.OPERATOR, data), act)


def _tell_key(made: Body, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    for field in ("account", "id", "key"):
        if field in made:
            typer.echo(f"{field:8} {made[field]}")
