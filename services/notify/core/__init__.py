"""What is worth telling, in what order, and from where a client that comes back goes on."""

from services.notify.core.feed import (
    Resume,
    Start,
    from_now,
    next_sequence,
    parse_position,
    start,
)
from services.notify.core.notice import (
    LiveNotice,
    Notice,
    Notification,
    live_notice,
    notice,
    webhook_disabled,
)

__all__ = [
    "LiveNotice",
    "Notice",
    "Notification",
    "Resume",
    "Start",
    "from_now",
    "live_notice",
    "next_sequence",
    "notice",
    "parse_position",
    "start",
    "webhook_disabled",
]
