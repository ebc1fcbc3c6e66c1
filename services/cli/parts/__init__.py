"""The parts that services stand on, Kafka and a database, as children of ours."""

from services.cli.parts.database import Database
from services.cli.parts.errors import (
    DownloadFailed,
    FolderInUse,
    NotReady,
    PartError,
    StorageUnusable,
)
from services.cli.parts.kafka import KafkaBroker
from services.cli.parts.kafka_settings import Listener
from services.cli.parts.output import LineSink
from services.cli.parts.part import Part, Report, silent
from services.cli.parts.ports import LOOPBACK, free_port
from services.cli.parts.process import ManagedProcess

__all__ = [
    "LOOPBACK",
    "Database",
    "DownloadFailed",
    "FolderInUse",
    "KafkaBroker",
    "LineSink",
    "Listener",
    "ManagedProcess",
    "NotReady",
    "Part",
    "PartError",
    "Report",
    "StorageUnusable",
    "free_port",
    "silent",
]
