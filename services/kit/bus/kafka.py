"""aiokafka as the bus uses it, with the types that it doesn't ship. Nothing else imports it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import ssl
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, NamedTuple, Protocol

    class TopicPartition(NamedTuple):
        topic: str
        partition: int

    class ConsumerRecord(Protocol):
        topic: str
        partition: int
        offset: int
        timestamp: int
        key: bytes | None
        value: bytes | None
        headers: Sequence[tuple[str, bytes | None]]

    class UnpackedRecord(Protocol):
        @property
        def offset(self) -> int: ...
        @property
        def timestamp(self) -> int: ...
        @property
        def key(self) -> bytes | None: ...
        @property
        def value(self) -> bytes | None: ...
        @property
        def headers(self) -> Sequence[tuple[str, bytes | None]]: ...

    class RecordBatch(Protocol):
        base_offset: int
        compression_type: int
        first_timestamp: int
        max_timestamp: int
        timestamp_type: int

        def __iter__(self) -> Iterator[UnpackedRecord]: ...
        def __next__(self) -> UnpackedRecord: ...

    class MemoryRecords:
        def __init__(self, data: bytes) -> None: ...
        def has_next(self) -> bool: ...
        def size_in_bytes(self) -> int: ...
        def next_batch(self) -> RecordBatch: ...

    class _Fetcher(Protocol):
        MemoryRecords: type[object]

    fetcher: _Fetcher

    def decode_varint(data: bytearray, at: int) -> tuple[int, int]: ...
    def gzip_decode(data: bytes) -> bytes: ...
    def lz4_decode(data: bytes) -> bytes: ...
    def snappy_decode(data: bytes) -> bytes: ...
    def zstd_decode(data: bytes) -> bytes: ...

    class KafkaError(RuntimeError): ...

    class CommitFailedError(KafkaError): ...

    class CorruptRecordException(KafkaError): ...

    class IllegalStateError(KafkaError): ...

    class UnknownTopicOrPartitionError(KafkaError): ...

    class ConsumerRebalanceListener:
        @classmethod
        def register(cls, subclass: type) -> type: ...

    class AIOKafkaConsumer:
        def __init__(self, **options: Any) -> None: ...
        async def start(self) -> None: ...
        async def stop(self) -> None: ...
        async def topics(self) -> set[str]: ...
        def partitions_for_topic(self, topic: str) -> set[int] | None: ...
        def subscribe(self, topics: Sequence[str], *, listener: object) -> None: ...
        def assign(self, partitions: Sequence[TopicPartition]) -> None: ...
        def assignment(self) -> set[TopicPartition]: ...
        def pause(self, *partitions: TopicPartition) -> None: ...
        def resume(self, *partitions: TopicPartition) -> None: ...
        def seek(self, partition: TopicPartition, offset: int) -> None: ...
        async def position(self, partition: TopicPartition) -> int: ...
        async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...
        async def getmany(
            self, *, timeout_ms: int
        ) -> dict[TopicPartition, list[ConsumerRecord]]: ...
        async def beginning_offsets(
            self, partitions: Sequence[TopicPartition]
        ) -> dict[TopicPartition, int]: ...
        async def end_offsets(
            self, partitions: Sequence[TopicPartition]
        ) -> dict[TopicPartition, int]: ...

    class Cluster(Protocol):
        def topics(self) -> set[str]: ...
        def partitions_for_topic(self, topic: str) -> set[int] | None: ...

    class MemberMetadata:
        version: int
        subscription: Sequence[str]
        user_data: bytes

        def __init__(self, version: int, subscription: Sequence[str], user_data: bytes) -> None: ...

    class MemberAssignment:
        version: int
        assignment: Sequence[tuple[str, Sequence[int]]]
        user_data: bytes

        def __init__(
            self,
            version: int,
            assignment: Sequence[tuple[str, Sequence[int]]],
            user_data: bytes,
        ) -> None: ...
        def partitions(self) -> list[TopicPartition]: ...

    class RoundRobinPartitionAssignor:
        @classmethod
        def metadata(cls, topics: Iterable[str]) -> MemberMetadata: ...
        @classmethod
        def assign(
            cls, cluster: Cluster, members: Mapping[str, MemberMetadata]
        ) -> dict[str, MemberAssignment]: ...

    class _Client(Protocol):
        async def fetch_all_metadata(self) -> Cluster: ...

    class AIOKafkaProducer:
        client: _Client

        def __init__(self, **options: Any) -> None: ...
        async def start(self) -> None: ...
        async def stop(self) -> None: ...
        async def send(
            self,
            topic: str,
            value: bytes | None,
            key: bytes | None,
            *,
            timestamp_ms: int | None = None,
            headers: list[tuple[str, bytes]],
        ) -> asyncio.Future[object]: ...

    class NewTopic:
        def __init__(
            self,
            name: str,
            num_partitions: int,
            replication_factor: int,
            *,
            replica_assignments: Mapping[int, Sequence[int]] | None,
            topic_configs: Mapping[str, str],
        ) -> None: ...

    class NewPartitions:
        def __init__(self, total_count: int) -> None: ...

    class ConfigResourceType:
        TOPIC: int
        BROKER: int

    class ConfigResource:
        def __init__(
            self, resource_type: int, name: str, configs: Mapping[str, str] | None = None
        ) -> None: ...

    class OffsetAndMetadata(NamedTuple):
        offset: int
        metadata: str

    class AIOKafkaAdminClient:
        def __init__(self, **options: Any) -> None: ...
        async def start(self) -> None: ...
        async def close(self) -> None: ...
        async def describe_cluster(self) -> dict[str, Any]: ...
        async def describe_topics(self) -> list[dict[str, Any]]: ...
        async def delete_topics(self, topics: Sequence[str]) -> Any: ...
        async def create_topics(self, new_topics: Sequence[NewTopic]) -> Any: ...
        async def create_partitions(self, partitions: Mapping[str, NewPartitions]) -> Any: ...
        async def describe_configs(self, resources: Sequence[ConfigResource]) -> list[Any]: ...
        async def alter_configs(self, resources: Sequence[ConfigResource]) -> list[Any]: ...
        async def list_consumer_group_offsets(
            self, group_id: str
        ) -> dict[TopicPartition, OffsetAndMetadata]: ...

    def create_ssl_context(*, cafile: str | None) -> ssl.SSLContext: ...
    def for_code(code: int) -> type[KafkaError]: ...

else:
    from aiokafka import (
        AIOKafkaConsumer,
        AIOKafkaProducer,
        ConsumerRebalanceListener,
        ConsumerRecord,
        TopicPartition,
    )
    from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
    from aiokafka.cluster import ClusterMetadata as Cluster
    from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
    from aiokafka.consumer import fetcher
    from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
    from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment as MemberAssignment
    from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata as MemberMetadata
    from aiokafka.errors import (
        CommitFailedError,
        CorruptRecordException,
        IllegalStateError,
        KafkaError,
        UnknownTopicOrPartitionError,
        for_code,
    )
    from aiokafka.helpers import create_ssl_context
    from aiokafka.record.default_records import DefaultRecord as UnpackedRecord
    from aiokafka.record.default_records import DefaultRecordBatch as RecordBatch
    from aiokafka.record.memory_records import MemoryRecords
    from aiokafka.record.util import decode_varint

__all__ = [
    "AIOKafkaAdminClient",
    "AIOKafkaConsumer",
    "AIOKafkaProducer",
    "Cluster",
    "CommitFailedError",
    "ConfigResource",
    "ConfigResourceType",
    "ConsumerRebalanceListener",
    "ConsumerRecord",
    "CorruptRecordException",
    "IllegalStateError",
    "KafkaError",
    "MemberAssignment",
    "MemberMetadata",
    "MemoryRecords",
    "NewPartitions",
    "NewTopic",
    "RecordBatch",
    "RoundRobinPartitionAssignor",
    "TopicPartition",
    "UnknownTopicOrPartitionError",
    "UnpackedRecord",
    "create_ssl_context",
    "decode_varint",
    "fetcher",
    "for_code",
    "gzip_decode",
    "lz4_decode",
    "snappy_decode",
    "zstd_decode",
]
