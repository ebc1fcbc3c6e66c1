"""A tokenizer that several renders may ask at once."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from transformers import PreTrainedTokenizerBase

__all__ = ["OneAtATime", "guarded"]


class OneAtATime:
    """Tokenizers set their padding, then tokenize: another thread must not come in between."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._turn = threading.Lock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._turn:
            return self._tokenizer(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tokenizer, name)
        return self._in_turn(found) if callable(found) else found

    def _in_turn(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._turn:
                return method(*args, **kwargs)

        return call


def guarded(pipeline: Any) -> dict[str, OneAtATime]:
    """The pipeline's tokenizers by their place in it, fit for threads."""
    return {
        place: OneAtATime(part)
        for place, part in pipeline.components.items()
        if isinstance(part, PreTrainedTokenizerBase)
    }
