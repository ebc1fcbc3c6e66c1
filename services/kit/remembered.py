"""What was looked up or heard lately: bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Remembered"]

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """The values used last, at most `capacity` of them; the one longest unused goes first.

    Only for what can be looked up again, or be without.
    """

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)

    def setdefault(self, key: K, make: Callable[[], V]) -> V:
        """The key's value, made where there is none."""
        found = self.get(key)
        if found is None:
            found = self[key] = make()
        return found

    def forget(self, key: K) -> None:
        self._values.pop(key, None)

    def forget_where(self, meant: Callable[[V], bool]) -> None:
        for key in [key for key, value in self._values.items() if meant(value)]:
            del self._values[key]
