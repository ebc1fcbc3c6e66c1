"""What render decides, as pure functions: no clock, no log, no await."""

from services.render.core.affinity import Affinity, Memory
from services.render.core.arrival import admit, expects, give_up_waiting, request_cancel
from services.render.core.batch import Batch, BatchTurns, Call, is_full, next_batch
from services.render.core.claiming import claim, claim_of, renew
from services.render.core.deferring import defer
from services.render.core.drain import Drain
from services.render.core.entry import (
    QUEUE,
    RETENTION,
    Claim,
    Ended,
    Entry,
    Order,
    Phase,
    Running,
    Tombstone,
    Tries,
    Waiting,
    held,
    line_of,
)
from services.render.core.front import FRONT_SIZE, Front, Place
from services.render.core.heat import PROMISED_WAIT, heat_of, pressure_of
from services.render.core.lanes import FREE_FLOOR, LaneChoice, choose_lane
from services.render.core.load import LONGEST_WAIT, LineLoad, Measured, asked_of, load_report
from services.render.core.memory import Resident, room_for
from services.render.core.pace import Pace
from services.render.core.retry import RetryPolicy
from services.render.core.roster import SILENT_AFTER, WORKERS, Roster, WorkerRecord
from services.render.core.scaling import Asked, Bounds, Scale, scaled
from services.render.core.settling import expire_lease, keeps_images, settle
from services.render.core.speed import Speed
from services.render.core.step_time import StepTime
from services.render.core.turns import LINES, TURNS, LineClock, Turn, advance, take_turn
from services.render.core.watch import LeaseWatch

__all__ = [
    "FREE_FLOOR",
    "FRONT_SIZE",
    "LINES",
    "LONGEST_WAIT",
    "PROMISED_WAIT",
    "QUEUE",
    "RETENTION",
    "SILENT_AFTER",
    "TURNS",
    "WORKERS",
    "Affinity",
    "Asked",
    "Batch",
    "BatchTurns",
    "Bounds",
    "Call",
    "Claim",
    "Drain",
    "Ended",
    "Entry",
    "Front",
    "LaneChoice",
    "LeaseWatch",
    "LineClock",
    "LineLoad",
    "Measured",
    "Memory",
    "Order",
    "Pace",
    "Phase",
    "Place",
    "Resident",
    "RetryPolicy",
    "Roster",
    "Running",
    "Scale",
    "Speed",
    "StepTime",
    "Tombstone",
    "Tries",
    "Turn",
    "Waiting",
    "WorkerRecord",
    "admit",
    "advance",
    "asked_of",
    "choose_lane",
    "claim",
    "claim_of",
    "defer",
    "expects",
    "expire_lease",
    "give_up_waiting",
    "heat_of",
    "held",
    "is_full",
    "keeps_images",
    "line_of",
    "load_report",
    "next_batch",
    "pressure_of",
    "renew",
    "request_cancel",
    "room_for",
    "scaled",
    "settle",
    "take_turn",
]
