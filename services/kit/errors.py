"""What may go wrong beneath a handler, by what the reader of a stream should do about it."""

__all__ = ["Duplicate", "KitError", "Unavailable", "Unprocessable"]


class KitError(Exception):
    """Base of the kit's errors."""


class Unavailable(KitError):
    """A part can't be reached or did not answer in time: wait and try again, nothing is lost.

    `part` is one word for logs and readiness: `database`, `bus`, `blobs`, `admission`, `seats`.
    `lasting` tells for how many seconds it has been away already, as far as is known.
    """

    def __init__(self, part: str, detail: str = "", *, lasting: float = 0.0) -> None:
        super().__init__(f"{part} unavailable: {detail}" if detail else f"{part} unavailable")
        self.part = part
        self.detail = detail
        self.lasting = lasting


class Unprocessable(KitError):
    """This event can never be handled: it belongs into the dead letters. `reason` is one word."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Duplicate(KitError):
    """A unique index refused an insert. `index` is its name."""

    def __init__(self, index: str) -> None:
        super().__init__(f"duplicate in {index}")
        self.index = index
