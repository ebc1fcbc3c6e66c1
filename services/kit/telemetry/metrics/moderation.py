"""What may not be drawn."""

from services.kit.telemetry.instruments import Counter, Labels

__all__ = ["MODERATION_REFUSED"]


def _refused(*, stage: str) -> Labels:
    return {"stage": stage}


MODERATION_REFUSED = Counter(
    "heatsink.moderation.refused",
    "{thing}",
    "Prompts (input) and pictures (output) that a moderator refused.",
    _refused,
)
