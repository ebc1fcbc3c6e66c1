"""The backpressure law, pure: no clock, no I/O, the same in service, test and simulation."""

from services.quota.core.law.budget import budget_of
from services.quota.core.law.constants import DEFAULTS, Constants
from services.quota.core.law.door import Door, Terrain
from services.quota.core.law.law import Seen, follow
from services.quota.core.law.outlook import ends_in, relax_seconds
from services.quota.core.law.signal import Pressure, Signal, pressure_of, read_signal
from services.quota.core.law.state import LawState, Mode
from services.quota.core.law.wishes import Wish, Wishes, critical_multiplier

__all__ = [
    "DEFAULTS",
    "Constants",
    "Door",
    "LawState",
    "Mode",
    "Pressure",
    "Seen",
    "Signal",
    "Terrain",
    "Wish",
    "Wishes",
    "budget_of",
    "critical_multiplier",
    "ends_in",
    "follow",
    "pressure_of",
    "read_signal",
    "relax_seconds",
]
