"""`python -m services.quota` runs the service; `… check` proves its ledger and exits."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from services.kit.build import build_info
from services.kit.data import load_yaml
from services.kit.lifecycle import run_service
from services.kit.settings import read
from services.quota.core import Plans
from services.quota.proof import prove
from services.quota.settings import QuotaSettings
from services.quota.wiring import NAME, build

__all__ = ["main"]


def main(arguments: Sequence[str]) -> NoReturn:
    chosen = _parser().parse_args(arguments)
    settings = read(QuotaSettings)
    if chosen.command == "check":
        raise SystemExit(asyncio.run(prove(settings, as_json=chosen.json)))
    plans = load_yaml(settings.plans, Plans)
    run_service(NAME, build_info().version, settings, partial(build, plans=plans))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.quota", description=__doc__)
    commands = parser.add_subparsers(dest="command", title="commands")
    check = commands.add_parser("check", help="prove the ledger's equations; exit 1 if any fails")
    check.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
