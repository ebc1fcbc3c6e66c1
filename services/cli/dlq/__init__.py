"""What an operator does with dead letters: look, choose, replay, drop."""

from services.cli.dlq.choice import Choice, NoSuchLetter, WrongName, parse_place, topics_of
from services.cli.dlq.desk import Desk
from services.cli.dlq.replay import Report
from services.cli.dlq.telling import brief, full, overview, printable

__all__ = [
    "Choice",
    "Desk",
    "NoSuchLetter",
    "Report",
    "WrongName",
    "brief",
    "full",
    "overview",
    "parse_place",
    "printable",
    "topics_of",
]
