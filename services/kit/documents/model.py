"""One document, one promise: state, version and outbox saved in a single write (laws 1 and 2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Literal, Protocol, TypeVar

from services.contracts import Event

__all__ = [
    "Change",
    "CollectionSpec",
    "Condition",
    "Decide",
    "Document",
    "Documents",
    "Index",
    "Row",
]

S = TypeVar("S")

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in"]

Condition = tuple[str, Operator, Any]
"""A field of the state (dots reach inside; `_id` is the document's id), an operator, a value."""


@dataclass(frozen=True)
class Row:
    """An append-only record, written once by the relay before the events that follow it.

    A row whose id exists already is left as it is.
    """

    collection: str
    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Change(Generic[S]):
    """What a decision comes to: the new state, and what to write and tell about it, in order."""

    state: S
    events: tuple[Event, ...] = ()
    rows: tuple[Row, ...] = ()


Decide = Callable[[S | None], Change[S] | None]
"""A pure decision on the state as loaded (none: no such document yet); none: leave it alone."""


@dataclass(frozen=True)
class Document(Generic[S]):
    """`unfiled`: rows in its outbox, in order; those of them that are written may still be there.

    Only `load` tells them.
    """

    id: str
    version: int
    state: S
    unfiled: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Index:
    """An index over fields of the state, `-field` for descending.

    `sparse` leaves out documents without the field, which must be the only one: MongoDB keeps a
    document in a sparse index of many fields when it has any of them. `expire_after` makes it a
    TTL index.
    """

    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    expire_after: timedelta | None = None

    def __post_init__(self) -> None:
        if self.sparse and len(self.fields) > 1:
            raise ValueError("a sparse index has one field")

    @property
    def name(self) -> str:
        return "_".join(part.removeprefix("-").replace(".", "_") for part in self.fields)


@dataclass(frozen=True)
class CollectionSpec(Generic[S]):
    """A collection by name, the dataclass or pydantic model of its states, and its indexes."""

    name: str
    state: type[S]
    indexes: tuple[Index, ...] = field(default=())


class Documents(Protocol[S]):
    """A collection of such documents. Raises Unavailable when the database does not answer."""

    async def load(self, id: str) -> Document[S] | None: ...

    async def change(self, id: str, decide: Decide[S], *, is_new: bool = False) -> S | None:
        """Load, decide, save where the version is still the one loaded; again if it is not.

        Answers the state after it (as loaded, where `decide` gave none). `decide` may run several
        times, on states that are no longer so too. `is_new` says that there is hardly such a
        document yet, and saves a read. Raises Duplicate when a unique index other than the id
        refuses a new document.
        """
        ...

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[Document[S]]:
        """Documents that meet all conditions, sorted by fields (`-field` descending)."""
        ...

    async def count(self, where: Sequence[Condition] = (), *, limit: int | None = None) -> int:
        """How many meet all conditions; no more than `limit` are counted."""
        ...

    async def delete(self, id: str) -> bool:
        """True when there was such a document. Its unpublished events go with it."""
        ...

    async def discard(self, id: str) -> bool:
        """Deletes it once all that it says is published; False while some of that waits."""
        ...
