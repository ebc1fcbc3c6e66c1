"""What clients did and saw, written down by themselves: the third thing that the checker reads."""

import json
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Diary"]


class Diary:
    """One JSON object a line: `at` in seconds since 1970, `what`, and what belongs to it.

    `ask` and `answer` (or `broken`, `refused`, `gave_up`) tell of one try to submit, by the
    client's `once`; `cancel` of a wish to cancel; `connected`, `told` and `cut` of a follower;
    `hook` and `hooked` of a webhook and what it was told;
    `seen` of what the API said of a job at the end; `fault` of what the harness did.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, what: str, **facts: Any) -> None:
        self.counts[what] += 1
        self._file.write(json.dumps({"at": time.time(), "what": what, **facts}) + "\n")
