"""What clients reach: the stream of their own events."""

from services.notify.api.app import create_app
from services.notify.api.context import Notify

__all__ = ["Notify", "create_app"]
