"""Asks a Heatsink for pictures: jobs, limits, events, webhooks, and messages on Kafka."""

from heatsink.client.aio import AsyncHeatsink
from heatsink.client.errors import HeatsinkError, NotReady, QuotaExceeded, Refused, Unreachable
from heatsink.client.exchange import Policy
from heatsink.client.messages import Message, submission, verify_webhook
from heatsink.client.models import Batch, Event, Image, Job, Limits, Submission, Upload
from heatsink.client.sync import Heatsink

__all__ = [
    "AsyncHeatsink",
    "Batch",
    "Event",
    "Heatsink",
    "HeatsinkError",
    "Image",
    "Job",
    "Limits",
    "Message",
    "NotReady",
    "Policy",
    "QuotaExceeded",
    "Refused",
    "Submission",
    "Unreachable",
    "Upload",
    "submission",
    "verify_webhook",
]
