"""What a request costs: units of the plan's quota, and tokens as OpenAI's clients count."""

import math
from dataclasses import dataclass

from services.contracts import JobSpec, ModelEntry

__all__ = ["TokenUsage", "token_usage", "units"]

CHARACTERS_PER_TOKEN = 4
PATCH = 16


@dataclass(frozen=True)
class TokenUsage:
    """Estimates: a text token is four characters, an image token is a patch of 16 x 16 pixels."""

    text_in: int
    images_out: int

    @property
    def total(self) -> int:
        return self.text_in + self.images_out


def units(spec: JobSpec, model: ModelEntry) -> int:
    return spec.n * model.price


def token_usage(spec: JobSpec) -> TokenUsage:
    characters = len(spec.prompt) + len(spec.negative_prompt or "")
    patches = math.ceil(spec.width / PATCH) * math.ceil(spec.height / PATCH)
    return TokenUsage(math.ceil(characters / CHARACTERS_PER_TOKEN), patches * spec.n)
