"""`heatsink doctor`: checks that come to findings, and the screen that shows them."""

from services.cli.doctor.outcome import Outcome
from services.cli.doctor.places import Places
from services.cli.doctor.run import diagnose
from services.cli.doctor.screen import show

__all__ = ["Outcome", "Places", "diagnose", "show"]
