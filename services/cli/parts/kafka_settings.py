"""What one Kafka node for one machine is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.parts.ports import LOOPBACK

__all__ = ["NODE_ID", "Listener", "NodeFiles", "write_settings"]

NODE_ID = 1

_LOG4J = """\
<Configuration status="ERROR">
  <Appenders>
    <Console name="console">
      <PatternLayout pattern="%d{ISO8601} %-5p %c{1}: %m%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True)
class NodeFiles:
    """Where a node keeps what, all under one folder."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log4j(self) -> Path:
        return self.folder / "log4j2.xml"

    @property
    def identity(self) -> Path:
        """The data folder's `meta.properties`, kept a second time once formatting was done."""
        return self.folder / "formatted.properties"


@dataclass(frozen=True)
class Listener:
    """A further port of the broker; whoever comes there is sent on to the port `advertised`.

    Clients go where a broker says that it is: to reach it through a proxy they must be told that
    proxy's port.
    """

    port: int
    advertised: int


def write_settings(
    files: NodeFiles, port: int, controller_port: int, further: Listener | None = None
) -> None:
    files.folder.mkdir(parents=True, exist_ok=True)
    files.log4j.write_text(_LOG4J)
    network = _network(port, controller_port, further)
    properties = network | _one_node() | _small() | {"log.dirs": files.data}
    lines = (f"{key}={value}" for key, value in properties.items())
    files.properties.write_text("\n".join(lines) + "\n")


def _network(port: int, controller_port: int, further: Listener | None) -> dict[str, object]:
    listens, advertised = {"PLAINTEXT": port}, {"PLAINTEXT": port}
    if further is not None:
        listens["FURTHER"], advertised["FURTHER"] = further.port, further.advertised
    return {
        "process.roles": "broker,controller",
        "node.id": NODE_ID,
        "listeners": _listeners({**listens, "CONTROLLER": controller_port}),
        "advertised.listeners": _listeners(advertised),
        "listener.security.protocol.map": ",".join(
            f"{name}:PLAINTEXT" for name in (*listens, "CONTROLLER")
        ),
        "controller.listener.names": "CONTROLLER",
        # Voters by setting and not in the log: the controller's port may differ at each start.
        "controller.quorum.voters": f"{NODE_ID}@{LOOPBACK}:{controller_port}",
    }


def _listeners(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())


def _one_node() -> dict[str, object]:
    return {
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # A killed node may register again only when its former self has timed out.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 4_000,
    }


def _small() -> dict[str, object]:
    """Fewer threads, partitions and buffers than a cluster wants, and prompt retention."""
    return {
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "num.recovery.threads.per.data.dir": 2,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.num.partitions": 4,
        "log.cleaner.threads": 1,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "log.retention.check.interval.ms": 10_000,
        "metadata.max.idle.interval.ms": 5_000,
    }
