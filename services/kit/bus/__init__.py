"""The bus: speaking to Kafka, and the three ways of listening (group, table, tail)."""

from services.kit.bus.admin import PartitionLag, apply, lag, lags, missing
from services.kit.bus.connection import Connection, Security, SecurityProtocol
from services.kit.bus.dead_letters import DeadLetter
from services.kit.bus.delivery import Patience
from services.kit.bus.errors import BusError, SubscriptionOverflow, TopicMissing, TopicRefused
from services.kit.bus.group import Group
from services.kit.bus.letterbox import Deed, Letterbox, Mark, Place, Slip, letters
from services.kit.bus.memory import MemoryBus
from services.kit.bus.model import Handler, LossyPublisher, Publisher, Record
from services.kit.bus.producer import Producer
from services.kit.bus.recent import RecentIds
from services.kit.bus.size import MAX_RECORD_BYTES
from services.kit.bus.snapshot import read_through
from services.kit.bus.subscription import Match, Subscription
from services.kit.bus.table import Table
from services.kit.bus.tail import Listener, Tail

__all__ = [
    "MAX_RECORD_BYTES",
    "BusError",
    "Connection",
    "DeadLetter",
    "Deed",
    "Group",
    "Handler",
    "Letterbox",
    "Listener",
    "LossyPublisher",
    "Mark",
    "Match",
    "MemoryBus",
    "PartitionLag",
    "Patience",
    "Place",
    "Producer",
    "Publisher",
    "RecentIds",
    "Record",
    "Security",
    "SecurityProtocol",
    "Slip",
    "Subscription",
    "SubscriptionOverflow",
    "Table",
    "Tail",
    "TopicMissing",
    "TopicRefused",
    "apply",
    "lag",
    "lags",
    "letters",
    "missing",
    "read_through",
]
