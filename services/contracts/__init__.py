"""What crosses the wire between services, and the few pure rules that all of them share."""

from services.contracts.catalogue import Catalogue, ModelEntry, Size, TaskKind
from services.contracts.cost import render_cost
from services.contracts.envelope import (
    DecodeError,
    Envelope,
    UnknownType,
    WireRecord,
    decode,
    encode,
)
from services.contracts.event import Data, Event, Instant, event_class, event_classes
from services.contracts.ids import (
    AccountId,
    ActId,
    BatchId,
    DeliveryId,
    EndpointId,
    EventId,
    JobId,
    KeyId,
    SubmissionId,
    UploadId,
)
from services.contracts.jobs import (
    ImageRef,
    JobSpec,
    JobStatus,
    Lane,
    LighterRender,
    Origin,
    PictureFormat,
)
from services.contracts.limits import broken_rule, effective_limit, hash_offset, hash_turns_at
from services.contracts.order import END_RANK, Rank, job_rank, job_status
from services.contracts.streams import STREAMS, Stream, StreamSpec, TopicSpec, topic, topics
from services.contracts.uploads import UPLOADS, upload_key, uploads_of

__all__ = [
    "END_RANK",
    "STREAMS",
    "UPLOADS",
    "AccountId",
    "ActId",
    "BatchId",
    "Catalogue",
    "Data",
    "DecodeError",
    "DeliveryId",
    "EndpointId",
    "Envelope",
    "Event",
    "EventId",
    "ImageRef",
    "Instant",
    "JobId",
    "JobSpec",
    "JobStatus",
    "KeyId",
    "Lane",
    "LighterRender",
    "ModelEntry",
    "Origin",
    "PictureFormat",
    "Rank",
    "Size",
    "Stream",
    "StreamSpec",
    "SubmissionId",
    "TaskKind",
    "TopicSpec",
    "UnknownType",
    "UploadId",
    "WireRecord",
    "broken_rule",
    "decode",
    "effective_limit",
    "encode",
    "event_class",
    "event_classes",
    "hash_offset",
    "hash_turns_at",
    "job_rank",
    "job_status",
    "render_cost",
    "topic",
    "topics",
    "upload_key",
    "uploads_of",
]
