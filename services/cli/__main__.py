"""`heatsink`: everything that is done by hand."""

import typer

from services.cli.commands import dlq, jobs, keys, limits, quota, topics
from services.cli.commands.backup import backup, restore
from services.cli.commands.doctor import doctor
from services.cli.commands.draw import draw
from services.cli.commands.models import models
from services.cli.commands.storm import storm
from services.cli.commands.submit import submit
from services.cli.commands.up import up
from services.cli.commands.watch import watch

__all__ = ["app", "main"]

app = typer.Typer(
    name="heatsink",
    help="Image generation that keeps its GPUs from melting.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command()(up)
app.command()(draw)
app.command()(submit)
app.command()(watch)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.command(
    add_help_option=False,  # its commands have their own
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(models)
app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(storm)
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.add_typer(topics.app, name="topics")
app.add_typer(limits.app, name="limits")
app.add_typer(quota.app, name="quota")
app.add_typer(dlq.app, name="dlq")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
