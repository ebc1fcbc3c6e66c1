"""What a render costs the fleet, in megapixel-steps: the one measure of load and of demand."""

from services.contracts.jobs import JobSpec

__all__ = ["render_cost"]

_PIXELS = 1_000_000
_GUIDED_FROM = 1.0


def render_cost(spec: JobSpec) -> float:
    """Megapixels times steps times images; guidance runs the denoiser twice per step.

    A render that begins with a photo takes that share of the steps which its strength says.
    """
    steps = spec.steps if spec.strength is None else max(1, int(spec.steps * spec.strength))
    passes = 2 if spec.guidance > _GUIDED_FROM else 1
    return spec.width * spec.height / _PIXELS * steps * spec.n * passes
