"""Why a wish can't be drawn."""

from enum import StrEnum

__all__ = ["Flaw", "SpecError"]


class Flaw(StrEnum):
    """Why a wish can't be drawn: a code of the error table."""

    MODEL_NOT_FOUND = "model_not_found"
    INVALID_MODEL_ID = "invalid_model_id"
    INVALID_VALUE = "invalid_value"
    OUT_OF_RANGE = "out_of_range"
    INVALID_SIZE = "invalid_size"
    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_LONG = "prompt_too_long"
    INVALID_CHARACTER = "invalid_character"


class SpecError(Exception):
    """A wish that can't be drawn: which field, why, and what it may be instead."""

    def __init__(self, flaw: Flaw, field: str, detail: str, allowed: object = None) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.field = field
        self.detail = detail
        self.allowed = allowed
