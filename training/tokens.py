"""A CLIP tokenizer of ember's own words."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from training.captions import caption
from training.world import Subject

__all__ = ["LENGTH", "tokenizer"]

LENGTH = 32
"""Tokens of a prompt, the two at its ends included."""

_WORDS = 4096
_START, _END = "<|startoftext|>", "<|endoftext|>"
_SUFFIX = "</w>"
_READINGS = 6


def tokenizer(subjects: Sequence[Subject], kept: Path) -> CLIPTokenizer:
    """Learnt from captions by byte pairs (Sennrich et al. 2016), or read from where it is kept."""
    if not kept.exists():
        _learnt(subjects).save_pretrained(kept)
    found: CLIPTokenizer = CLIPTokenizer.from_pretrained(kept)
    return found


def _learnt(subjects: Sequence[Subject]) -> CLIPTokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE(unk_token=_END, end_of_word_suffix=_SUFFIX))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = _as_clip_splits()
    trainer = trainers.BpeTrainer(
        vocab_size=_WORDS - 2,
        end_of_word_suffix=_SUFFIX,
        initial_alphabet=alphabet,
        min_frequency=2,
        show_progress=False,
    )
    words.train_from_iterator(_readings(subjects), trainer)
    vocabulary, merges = _told(words)
    for token in (*alphabet, *(letter + _SUFFIX for letter in alphabet), _START, _END):
        vocabulary.setdefault(token, len(vocabulary))
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=LENGTH)


def _as_clip_splits() -> pre_tokenizers.PreTokenizer:
    """Words, single digits and signs, as `CLIPTokenizer` will split them."""
    pattern = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pattern, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _readings(subjects: Sequence[Subject]) -> Iterator[str]:
    dice = random.Random(0)  # noqa: S311 - the same words each time
    for _ in range(_READINGS):
        for subject in subjects:
            yield caption(subject, dice)


def _told(words: Tokenizer) -> tuple[dict[str, int], Any]:
    model = json.loads(words.to_str())["model"]
    return dict(model["vocab"]), [(left, right) for left, right in model["merges"]]
