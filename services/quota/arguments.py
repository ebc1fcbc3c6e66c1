"""The command line of `python -m services.quota`."""

import argparse
from datetime import timedelta

from services.quota.core import HoldKind

__all__ = ["parser"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST = timedelta(days=31)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m services.quota", description=_WHAT)
    commands = top.add_subparsers(dest="command", title="commands")
    check = commands.add_parser("check", help="prove the ledger's equations; exit 1 if any fails")
    explain = commands.add_parser("explain", help="the whole story of one decision")
    explain.add_argument("job")
    show = commands.add_parser("show", help="limits in force, and what operators said of them")
    for command in (check, explain, show):
        command.add_argument("--json", action="store_true", help="JSON on stdout")
    for kind in (HoldKind.HOLD, HoldKind.CAP):
        command = commands.add_parser(kind, help=f"{kind} a plan's multiplier for a while")
        command.add_argument("--m", type=_share, required=True, help="0 to 1")
        command.add_argument(
            "--for", dest="lasting", type=lasting, default="1h", help="30m, 2h, 1d"
        )
        _common(command)
    release = commands.add_parser(HoldKind.RELEASE, help="give the multiplier back to the law")
    _common(release)
    release.set_defaults(m=1.0, lasting=timedelta(seconds=1))
    return top


_WHAT = "Runs quota; with a command, looks at its database or changes a limit, and exits."


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("plan")
    command.add_argument("--note", default="", help="why, for everybody to read")


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("a multiplier lies between 0 and 1")
    return value


def lasting(text: str) -> timedelta:
    """`90s`, `30m`, `2h` or `1d`, up to 31 days."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal():
        raise argparse.ArgumentTypeError("a time is a number and s, m, h or d, such as 2h")
    found = timedelta(seconds=int(number) * _UNITS[unit])
    if not timedelta(0) < found <= _LONGEST:
        raise argparse.ArgumentTypeError("a time is 1s to 31d")
    return found
