"""Whether a prompt may be drawn: asked and counted alike, whichever way it came in."""

from services.kit.moderation import Moderator, Strictness, Verdict
from services.kit.telemetry import metrics

__all__ = ["verdict_on"]


async def verdict_on(
    moderator: Moderator, prompt: str, strictness: Strictness = Strictness.AUTO
) -> Verdict:
    """Raises Unavailable."""
    verdict = await moderator.prompt(prompt, strictness)
    if verdict.refused:
        metrics.MODERATION_REFUSED.add(1, stage="input")
    return verdict
