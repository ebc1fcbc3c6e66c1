"""From what was asked for to the units that a system consists of."""

from collections.abc import Callable
from dataclasses import dataclass

from services.cli.parts import Database, KafkaBroker, Part, Report
from services.cli.up.addresses import SERVICES, Addresses, choose_ports
from services.cli.up.blueprint import Blueprint
from services.cli.up.environment import DRAIN_SECONDS, service_environment
from services.cli.up.folder import DataFolder
from services.cli.up.options import UpOptions
from services.cli.up.unit import ServiceUnit

__all__ = ["Assembly", "LineOf", "assemble"]

LineOf = Callable[[str, str], None]
"""Called with a service's name and a line of its log."""

_STOP_GRACE = 4.0


@dataclass(frozen=True)
class Assembly:
    """Nothing of it runs yet. A part that is there already is not among `parts`."""

    addresses: Addresses
    parts: tuple[Part, ...]
    services: tuple[ServiceUnit, ...]


def assemble(
    options: UpOptions, folder: DataFolder, blueprint: Blueprint, report: Report, line_of: LineOf
) -> Assembly:
    ports = choose_ports(options, folder)
    parts: list[Part] = []
    bootstrap, mongo = options.kafka_bootstrap, options.mongo_url
    if bootstrap is None:
        broker = KafkaBroker(folder.kafka, ports["kafka"], report, options.cache)
        bootstrap = broker.bootstrap
        parts.append(broker)
    if mongo is None:
        database = Database(folder.database, ports["database"], report)
        mongo = database.url
        parts.append(database)
    addresses = Addresses(bootstrap, mongo, ports, options.topic_prefix, options.database_prefix)
    services = _services(options, folder, blueprint, addresses, line_of)
    return Assembly(addresses, tuple(parts), services)


def _services(
    options: UpOptions,
    folder: DataFolder,
    blueprint: Blueprint,
    addresses: Addresses,
    line_of: LineOf,
) -> tuple[ServiceUnit, ...]:
    pepper = folder.pepper()
    return tuple(
        ServiceUnit(
            name=name,
            command=blueprint.commands[name],
            environment=service_environment(name, addresses, folder, pepper, options.environ),
            log=folder.log(name),
            on_line=_line_of(line_of, name),
            stop_within=_drain_seconds(options) + _STOP_GRACE,
        )
        for name in SERVICES
    )


def _line_of(line_of: LineOf, name: str) -> Callable[[str], None]:
    return lambda line: line_of(name, line)


def _drain_seconds(options: UpOptions) -> float:
    """What the services will make of it; one that is no number they refuse themselves."""
    try:
        return float(options.environ.get("HEATSINK_DRAIN_SECONDS", DRAIN_SECONDS))
    except ValueError:
        return DRAIN_SECONDS
