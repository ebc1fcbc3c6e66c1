"""Documents that decide: state, version and outbox in one write.

What knows the database is imported from its own module, so that a core which names these types
loads no driver: `documents.mongo`, `documents.mongo_rows` and `documents.outbox`.
"""

from services.kit.documents.codec import Unreadable
from services.kit.documents.memory import MemoryDocuments
from services.kit.documents.memory_rows import MemoryRows
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
from services.kit.documents.rows import ID_INDEX, Rows, RowsSpec

__all__ = [
    "ID_INDEX",
    "Change",
    "CollectionSpec",
    "Condition",
    "Decide",
    "Document",
    "Documents",
    "Index",
    "MemoryDocuments",
    "MemoryRows",
    "Row",
    "Rows",
    "RowsSpec",
    "Unreadable",
]
