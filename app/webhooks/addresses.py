"""Where webhooks may go: only to public addresses, so that nobody makes this server call its own neighbours (SSRF).

Asked twice: when an address is saved, and again whenever something is sent, of the very address that is then connected
to. A name that meanwhile points elsewhere gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias

import httpx

from app.kernel.errors import Text
from app.kernel.settings import Settings

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

RESOLVE_SECONDS: Final = 3.0
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_SPECIAL: Final = (
    IPv6Network("2001::/23"),  # special purposes, Teredo among them: an IPv4 address hides inside
    IPv6Network("2002::/16"),  # 6to4: likewise
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
    IPv4Network("192.0.0.0/24"),  # special purposes; older Pythons take most of it for public
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # a cloud's own services, at an address that looks public
)
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class Refused(Exception):
    """The address is not one that webhooks may go to. ``code`` and ``told`` say why."""

    def __init__(self, code: str, told: Text) -> None:
        super().__init__(told.en)
        self.code = code
        self.told = told


_URL = Text("Phải là địa chỉ https://... hợp lệ", "A valid https://... address is expected")
_USERINFO = Text("Không được chứa tên và mật khẩu", "It must hold no name and password")
_FRAGMENT = Text("Không được chứa phần sau dấu #", "It must hold no fragment")
_SCHEME = Text("Chỉ nhận https", "Only https is accepted")
_PORT = Text("Cổng này không được phép", "This port is not allowed")
_UNKNOWN = Text("Không tìm thấy tên máy này", "This host name is not found")
_PRIVATE = Text(
    "Máy này có địa chỉ nội bộ hoặc dành riêng nên không được phép",
    "This host has a private or reserved address, which is not allowed",
)


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address that was looked up and found fit: connect to ``ip`` and nothing else."""

    url: httpx.URL
    ip: str


async def _resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The rule of this installation: what is allowed beyond the public, which ports, and how names are looked up."""

    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443})
    resolve: Resolve = field(default=_resolve)

    async def pin(self, url: str) -> Pinned:
        """``url`` with the one address to connect to. Raises :class:`Refused`.

        Every address of the host must be fit, not just the one that is used.
        """
        parsed = _parsed(url)
        host = parsed.host
        port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
        addresses = await self._looked_up(host, port)
        named = self._names(host)
        if named or all(self._inside(address) for address in addresses):
            return Pinned(parsed, str(addresses[0]))
        if parsed.scheme != "https":
            raise Refused("not_https", _SCHEME)
        if port not in self.ports:
            raise Refused("port_not_allowed", _PORT)
        if not all(self._inside(address) or is_public(address) for address in addresses):
            raise Refused("address_not_allowed", _PRIVATE)
        return Pinned(parsed, str(addresses[0]))

    async def _looked_up(self, host: str, port: int) -> list[Address]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = [ipaddress.ip_address(text) for text in await self.resolve(host, port)]
        except (OSError, ValueError, TimeoutError) as fault:  # ValueError: a name that cannot be one
            raise Refused("unknown_host", _UNKNOWN) from fault
        if not found:
            raise Refused("unknown_host", _UNKNOWN)
        return found

    def _names(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        return any(
            name == allowed or (allowed.startswith("*.") and name.endswith(allowed[1:])) for allowed in self.hosts
        )

    def _inside(self, address: Address) -> bool:
        plain = _plain(address)
        return any(plain.version == network.version and plain in network for network in self.networks)


def _parsed(url: str) -> httpx.URL:
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        raise Refused("invalid_url", _URL)
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as fault:
        raise Refused("invalid_url", _URL) from fault
    if parsed.scheme not in _DEFAULT_PORTS or not host or "%" in host:  # %: the zone of a link-local address
        raise Refused("invalid_url", _URL)
    if parsed.port is not None and not 0 < parsed.port < 65_536:
        raise Refused("invalid_url", _URL)
    if parsed.userinfo:
        raise Refused("userinfo", _USERINFO)
    if "#" in url:
        raise Refused("fragment", _FRAGMENT)
    return parsed


def _plain(address: Address) -> Address:
    """The IPv4 address where an IPv6 one only wraps it."""
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_public(address: Address) -> bool:
    """Whether ``address`` belongs to the public Internet: not private, loopback, link-local (the cloud's metadata),
    shared (CGNAT), multicast, reserved, for documentation, nor IPv6 that carries IPv4 inside."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address.version == special.version and address in special for special in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def addresses_of(settings: Settings) -> Addresses:
    """The rule that ``settings`` describe. Raises ValueError for a network or port that is none."""
    hosts, networks = [], []
    for item in filter(None, (part.strip() for part in (settings.webhook_allow or "").split(","))):
        if item[0].isdigit() or ":" in item:
            networks.append(ipaddress.ip_network(item))
        else:
            hosts.append(item.lower())
    ports = frozenset(int(part) for part in settings.webhook_ports.split(",") if part.strip())
    return Addresses(tuple(hosts), tuple(networks), ports)
