"""A system of fake services on parts that are said to be there."""

import sys
from pathlib import Path

from services.cli.parts.process import Command
from services.cli.up import Addresses, Blueprint, UpOptions
from services.cli.up.addresses import SERVICES

FAKE = Path(__file__).with_name("fake_service.py")
PARTS = {
    "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "HEATSINK_MONGO_URL": "mongodb://127.0.0.1:1/",
}


class Prepared:
    """Notes what was asked to be prepared."""

    def __init__(self) -> None:
        self.calls: list[Addresses] = []

    async def __call__(self, addresses: Addresses) -> None:
        self.calls.append(addresses)


def fake_blueprint(prepared: Prepared | None = None) -> Blueprint:
    commands: dict[str, Command] = {name: [sys.executable, FAKE, name] for name in SERVICES}
    return Blueprint(commands, prepared or Prepared())


def options(data: Path, **environ: str) -> UpOptions:
    return UpOptions(environ={**PARTS, **environ}, data=data, picture=False)
