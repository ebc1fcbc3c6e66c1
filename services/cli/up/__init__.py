"""The supervisor behind `heatsink up`, and the same as a context manager for tests."""

from services.cli.up.addresses import Addresses
from services.cli.up.blueprint import HEATSINK, Blueprint
from services.cli.up.options import UpOptions
from services.cli.up.run import run
from services.cli.up.running import DemoKeys, Running, find_running
from services.cli.up.system import System
from services.cli.up.whereabouts import Whereabouts, whereabouts

__all__ = [
    "HEATSINK",
    "Addresses",
    "Blueprint",
    "DemoKeys",
    "Running",
    "System",
    "UpOptions",
    "Whereabouts",
    "find_running",
    "run",
    "whereabouts",
]
