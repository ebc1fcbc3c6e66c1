"""What each service is told, by its environment."""

from collections.abc import Mapping
from pathlib import Path

from services.cli.up.addresses import Addresses
from services.cli.up.folder import DataFolder

__all__ = ["CATALOGUE", "DRAIN_SECONDS", "service_environment"]

DRAIN_SECONDS = 8.0
"""How long a service may drain at a stop, unless the caller's environment says otherwise."""

_PROJECT = Path(__file__).parents[3]

CATALOGUE = _PROJECT / "models" / "catalogue.yaml"
"""The repository's own, unless the caller's environment names another."""


def service_environment(
    service: str,
    addresses: Addresses,
    folder: DataFolder,
    pepper: str,
    caller: Mapping[str, str],
) -> dict[str, str]:
    """The caller's environment with our defaults beneath it and this system's addresses on top."""
    return {**_defaults(folder, pepper), **caller, **_addresses(service, addresses, folder)}


def _defaults(folder: DataFolder, pepper: str) -> dict[str, str]:
    return {
        "PYTHONUNBUFFERED": "1",
        "HEATSINK_BLOBS": str(folder.blobs),
        "HEATSINK_CATALOGUE": str(CATALOGUE),
        "HEATSINK_PLANS": str(_PROJECT / "services" / "quota" / "plans.yaml"),
        "HEATSINK_PEPPER": pepper,
        "HEATSINK_LOG_FORMAT": "console",
        "HEATSINK_REPLICA": "0",
        # Nobody balances between replicas here.
        "HEATSINK_GATEWAY_LINGER_SECONDS": "0",
        "HEATSINK_NOTIFY_LINGER_SECONDS": "0",
        "HEATSINK_DRAIN_SECONDS": f"{DRAIN_SECONDS:g}",
    }


def _addresses(service: str, addresses: Addresses, folder: DataFolder) -> dict[str, str]:
    return {
        **addresses.parts,
        "HEATSINK_HEALTH_PORT": str(addresses.ports[f"{service}-health"]),
        "HEATSINK_GATEWAY_PORT": str(addresses.ports["gateway"]),
        "HEATSINK_GATEWAY_PUBLIC_URL": addresses.url,
        "HEATSINK_GATEWAY_EVENTS_URL": f"{addresses.events_url}/v1/events",
        "HEATSINK_GATEWAY_DEMO_KEYS_FILE": str(folder.demo_keys),
        "HEATSINK_NOTIFY_PORT": str(addresses.ports["notify"]),
    }
