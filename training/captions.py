"""What people might say of a picture."""

import random

from training.world import Subject

__all__ = ["caption"]

_STYLE_WORDS = {
    "3d": ("3d", "3d render", "glossy 3d", "3d icon"),
    "flat": ("flat", "flat design", "flat vector", "flat icon"),
    "classic": ("classic", "classic cartoon", "cartoon", "classic emoji"),
}
_MOST_TAGS = 3


def caption(subject: Subject, dice: random.Random) -> str:
    """Lower case; sometimes with the style, with an article, with tags, or with tags alone."""
    style = dice.choice(_STYLE_WORDS[subject.style])
    thing = _with_article(subject.label) if dice.getrandbits(1) else subject.label
    forms = [(7, f"{thing}, {style}"), (3, f"{style} {subject.label}"), (3, thing)]
    forms.append((2, f"a {style} picture of {_with_article(subject.label)}"))
    if subject.tags:
        count = dice.randint(1, min(len(subject.tags), _MOST_TAGS))
        tags = ", ".join(dice.sample(subject.tags, count))
        forms += [(4, f"{thing}, {tags}, {style}"), (1, f"{tags}, {style}")]
    [chosen] = dice.choices([text for _, text in forms], [weight for weight, _ in forms])
    return chosen.lower()


def _with_article(label: str) -> str:
    return f"an {label}" if label[0].lower() in "aeiou" else f"a {label}"
