"""One tokenizer, asked by many threads in different manners."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.render.engine.batching.tokenizing import guarded
from tests.integration.render.engine.families import made

ROUNDS = 400


def test_padding_asked_for_by_one_thread_is_not_applied_to_anothers_words() -> None:
    tokenizer = guarded(made("stable-diffusion"))["tokenizer"]

    def repeated(ask: Callable[[], Any]) -> set[int]:
        return {len(ask()) for _ in range(ROUNDS)}

    asks: list[Callable[[], Any]] = [
        lambda: tokenizer("a red fox", padding="max_length", max_length=77).input_ids,
        lambda: tokenizer("a red fox", padding="longest").input_ids,
        lambda: tokenizer.tokenize("a red fox"),
    ]
    with ThreadPoolExecutor(len(asks)) as pool:
        assert list(pool.map(repeated, asks)) == [{77}, {5}, {3}]


def test_what_is_no_method_is_answered_as_it_is() -> None:
    tokenizer = guarded(made("stable-diffusion"))["tokenizer"]
    assert tokenizer.model_max_length == 77
