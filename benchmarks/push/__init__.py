"""How fast news arrives: webhooks, streams that are held open, and jobs that come by Kafka."""

from benchmarks.push.measures import PUSH_FIGURES, push

__all__ = ["PUSH_FIGURES", "push"]
