"""Documents that decide: state, version and outbox in one write."""

from services.kit.documents.codec import Unreadable
from services.kit.documents.memory import MemoryDocuments
from services.kit.documents.model import (
    Change,
    CollectionSpec,
    Condition,
    Decide,
    Document,
    Documents,
    Index,
    Row,
)

__all__ = [
    "Change",
    "CollectionSpec",
    "Condition",
    "Decide",
    "Document",
    "Documents",
    "Index",
    "MemoryDocuments",
    "Row",
    "Unreadable",
]
