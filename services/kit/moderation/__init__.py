"""What may not be drawn: asked of prompts before jobs, and of pictures before they are stored."""

from services.kit.moderation.asking import Everything, Moderator, Strictness, Verdict
from services.kit.moderation.remote import HttpModerator
from services.kit.moderation.words import WordList, Words

__all__ = [
    "Everything",
    "HttpModerator",
    "Moderator",
    "Strictness",
    "Verdict",
    "WordList",
    "Words",
    "moderators",
]


def moderators(*found: Moderator | None) -> Moderator:
    """One that asks all of these; none of them, and everything may be drawn."""
    return Everything(tuple(moderator for moderator in found if moderator is not None))
