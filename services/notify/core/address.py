"""Where webhooks may go: addresses that strangers choose, and that must lead nowhere inside.

OWASP, Server-Side Request Forgery Prevention, case 2; Standard Webhooks, "SSRF".
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

__all__ = ["Refusal", "Target", "TargetRefused", "TargetRules", "is_allowed", "parse_target"]

LONGEST = 2048

_Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_INSIDE = re.compile(r"(.*\.)?(localhost|local|internal|intranet|lan|home|corp|cluster|svc)\.?")
_ODD = re.compile(r"[\x00-\x20\x7f\\\\]")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class Refusal(StrEnum):
    """Codes of the error table."""

    SCHEME = "webhook_url_scheme"
    INVALID = "webhook_url_invalid"
    NOT_PUBLIC = "webhook_address_not_public"
    PORT = "webhook_port_not_allowed"


class TargetRefused(Exception):
    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail


@dataclass(frozen=True)
class TargetRules:
    """What an operator allows beside public HTTPS: `networks` of its own, and plain `http`."""

    networks: tuple[_Network, ...] = ()
    ports: frozenset[int] = field(default_factory=lambda: frozenset({443}))
    http: bool = False


@dataclass(frozen=True)
class Target:
    """An address taken apart; `host` is a name in ASCII, or a literal of an allowed network."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


def parse_target(url: str, rules: TargetRules) -> Target:
    """Raises TargetRefused. Whether its name leads anywhere public is seen at each connection."""
    if len(url) > LONGEST or _ODD.search(url):
        raise TargetRefused(Refusal.INVALID, "That is no address for a webhook.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused(Refusal.INVALID, "That is no address for a webhook.") from error
    schemes = ("https", "http") if rules.http else ("https",)
    if parts.scheme not in schemes:
        raise TargetRefused(Refusal.SCHEME, f"Use {' or '.join(schemes)}.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused(Refusal.INVALID, "No user, password or fragment may be in it.")
    host = _host(parts.hostname or "", rules)
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in rules.ports and not (rules.http and parts.scheme == "http"):
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise TargetRefused(Refusal.PORT, f"Allowed ports: {allowed}.")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query)


def is_allowed(address: str, rules: TargetRules) -> bool:
    """Whether a webhook may be sent to this IP address: it is public, or the operator's own."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(found in network for network in rules.networks if network.version == found.version):
        return True
    return all(one.is_global and not one.is_multicast for one in (found, *_within(found)))


def _host(given: str, rules: TargetRules) -> str:
    host = unicodedata.normalize("NFKC", given).lower()
    if not host:
        raise TargetRefused(Refusal.INVALID, "It names no host.")
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        if is_allowed(host, rules) and rules.networks:
            return host
        raise TargetRefused(Refusal.NOT_PUBLIC, "Give a public host name, not an IP address.")
    if not rules.networks and (_INSIDE.fullmatch(host) or "." not in host or host.endswith(".")):
        raise TargetRefused(Refusal.NOT_PUBLIC, "That host is not reachable from everywhere.")
    return _in_ascii(host)


def _in_ascii(host: str) -> str:
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise TargetRefused(Refusal.INVALID, "Its host is no name.") from error
    if not _NAME.fullmatch(name):
        raise TargetRefused(Refusal.INVALID, "Its host is no name.")
    return name


def _within(address: _Address) -> tuple[_Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return ()
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    held: list[_Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one]
    return (*held, *(address.teredo or ()))
