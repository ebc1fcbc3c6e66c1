"""Documents as this process last saw them: what a change may begin with instead of a read."""

from collections import OrderedDict

from services.kit.documents.codec import Fields

__all__ = ["Seen"]

_CAPACITY = 256


class Seen:
    """The documents seen last, at most `capacity`; none for one that was not there.

    Never true for certain. A change that begins with it is saved only where the document is still
    the one seen, and else begins again with a read.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._documents: OrderedDict[str, Fields | None] = OrderedDict()

    def __contains__(self, id: str) -> bool:
        return id in self._documents

    def note(self, id: str, stored: Fields | None) -> None:
        self._documents[id] = stored
        self._documents.move_to_end(id)
        if len(self._documents) > self._capacity:
            self._documents.popitem(last=False)

    def take(self, id: str) -> Fields | None:
        """Forgets it too: whoever takes it notes what becomes of it."""
        return self._documents.pop(id, None)
