"""One process per GPU: claims jobs, runs them in an engine of its own, reports their ends."""

from services.render.worker.attempt import Attempt
from services.render.worker.bell import Bell
from services.render.worker.claimer import Claimer
from services.render.worker.desk import Desk
from services.render.worker.host import EngineHost
from services.render.worker.keeper import Keeper
from services.render.worker.meter import Meter
from services.render.worker.neighbours import Neighbours
from services.render.worker.parent import ParentWatch
from services.render.worker.register import Register
from services.render.worker.scout import Scout
from services.render.worker.tools import Tools
from services.render.worker.worker import Worker

__all__ = [
    "Attempt",
    "Bell",
    "Claimer",
    "Desk",
    "EngineHost",
    "Keeper",
    "Meter",
    "Neighbours",
    "ParentWatch",
    "Register",
    "Scout",
    "Tools",
    "Worker",
]
