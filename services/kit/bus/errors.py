"""What may go wrong on the bus."""

from services.kit.errors import KitError

__all__ = ["BusError", "PollStuck", "SubscriptionOverflow", "TopicMissing", "TopicRefused"]


class BusError(KitError):
    """Base of the bus's errors."""


class TopicMissing(BusError):
    """A topic does not exist; `heatsink topics apply` makes it."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"topic_missing:{topic}")
        self.topic = topic


class TopicRefused(BusError):
    """The brokers refused to make or change a topic. `reason` is Kafka's own."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(f"{topic}: {reason}")
        self.topic = topic
        self.reason = reason


class PollStuck(BusError):
    """A consumer did not come back from a poll; it is thrown away."""


class SubscriptionOverflow(BusError):
    """A subscriber read too slowly: its buffer was full, so it has missed events."""

    def __init__(self, size: int) -> None:
        super().__init__(f"more than {size} events waited")
        self.size = size
