"""`heatsink up`, from its first line to its last."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress

import psutil

from services.cli.parts import PartError
from services.cli.up.blueprint import HEATSINK, Blueprint
from services.cli.up.console import Console
from services.cli.up.first_picture import draw_first
from services.cli.up.options import UpOptions
from services.cli.up.summary import summary
from services.cli.up.system import System
from services.kit.errors import KitError

__all__ = ["run"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TOLD = ("url", "events_url", "keys")
_EXIT_FAILED = 1
_EXIT_BY_SIGNAL = 128


def run(options: UpOptions, blueprint: Blueprint = HEATSINK) -> int:
    """Runs the system until a signal asks for its end. The exit code: 0, or 1 when it can't run."""
    return asyncio.run(_run(options, blueprint))


async def _run(options: UpOptions, blueprint: Blueprint) -> int:
    console = Console.on_stderr(no_color=bool(options.environ.get("NO_COLOR")))
    serving = asyncio.create_task(_serve(options, blueprint, console))
    _cancel_on_signals(serving, console)
    try:
        await serving
    except asyncio.CancelledError:
        console.note("stopped")
        return 0
    except (PartError, KitError, OSError) as error:
        console.note(f"can't run: {error}")
    return _EXIT_FAILED


async def _serve(options: UpOptions, blueprint: Blueprint, console: Console) -> None:
    async with System.running(options, console.note, console.line, blueprint) as system:
        if options.picture:
            await _prove(system, console)
        if options.json:
            _tell_scripts(system)
        else:
            console.write(summary(system.told, system.folder.logs))
        await asyncio.get_running_loop().create_future()


async def _prove(system: System, console: Console) -> None:
    console.note("drawing a first picture")
    first = await draw_first(system.told, system.folder.root / "first.png")
    if first.path is None:
        console.note(f"the first picture failed: {first.problem}")
    else:
        console.note(f"the first picture took {first.seconds:.1f} s: {first.path}")


def _tell_scripts(system: System) -> None:
    told = {name: value for name, value in system.told.as_json().items() if name in _TOLD}
    told["pids"] = system.pids()
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _cancel_on_signals(serving: asyncio.Task[None], console: Console) -> None:
    """The first signal stops gracefully; at a second one everything ends where it stands."""
    asked: list[int] = []

    def handle(number: int) -> None:
        if asked:
            console.note("ending everything at once")
            _end_everything(_EXIT_BY_SIGNAL + number)
        asked.append(number)
        serving.cancel()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, handle, number)


def _end_everything(code: int) -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    os._exit(code)
