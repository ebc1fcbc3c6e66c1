"""`python -m services.quota` runs the service; with a command it looks, or acts, and exits."""

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
from services.quota.arguments import parser
from services.quota.commands import UNKNOWN, explained, held, shown
from services.quota.console import on_database
from services.quota.core import HoldKind, Plans
from services.quota.proof import prove
from services.quota.settings import QuotaSettings
from services.quota.wiring import NAME, build

__all__ = ["main"]


def main(arguments: Sequence[str]) -> NoReturn:
    chosen = parser().parse_args(arguments)
    settings = read(QuotaSettings)
    plans = load_yaml(settings.plans, Plans)
    if chosen.command:
        raise SystemExit(asyncio.run(_command(chosen, settings, plans)))
    run_service(NAME, build_info().version, settings, partial(build, plans=plans))


async def _command(chosen: argparse.Namespace, settings: QuotaSettings, plans: Plans) -> int:
    match chosen.command:
        case "check":
            act = partial(prove, as_json=chosen.json)
        case "explain":
            act = partial(explained, job=chosen.job, as_json=chosen.json)
        case "show":
            act = partial(shown, as_json=chosen.json)
        case kind:
            plan = plans.find(chosen.plan)
            if plan is None or not plan.adaptive:
                sys.stderr.write(f"heatsink: {chosen.plan} is no plan that the load touches\n")
                return UNKNOWN
            act = partial(
                held,
                plan=chosen.plan,
                kind=HoldKind(kind),
                m=chosen.m,
                lasting=chosen.lasting,
                note=chosen.note,
            )
    return await on_database(settings, act)


if __name__ == "__main__":
    main(sys.argv[1:])
