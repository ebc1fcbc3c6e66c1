"""What a render costs the fleet, in megapixel-steps: the one measure of load and of demand."""

from services.contracts.jobs import JobSpec

__all__ = ["render_cost"]

_PIXELS = 1_000_000
_GUIDED_FROM = 1.0


def render_cost(spec: JobSpec) -> float:
    """Megapixels times steps times images; guidance runs the denoiser twice per step."""
    passes = 2 if spec.guidance > _GUIDED_FROM else 1
    return spec.width * spec.height / _PIXELS * spec.steps * spec.n * passes
