"""A world of a few things, drawn by hand."""

from training.world import Subject

__all__ = ["FEW", "circle"]


def circle(colour: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
        f'<circle cx="5" cy="5" r="4" fill="{colour}"/></svg>'
    )


FEW = [
    Subject(style, label, (colour, "round"), circle(colour))
    for style in ("3d", "flat", "classic")
    for label, colour in (("apple", "red"), ("moon", "yellow"))
]
