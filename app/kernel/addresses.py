"""Where a request comes from: the connection's own address, or what proxies of one's own say stands behind them.

``X-Forwarded-For`` is read from its right end, where the nearest proxy wrote, and no further than the first address
that is not a trusted proxy: whatever a client put there itself stands to the left of that and is never believed.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_HEADER: Final = b"x-forwarded-for"
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([0-9.]+):\d{1,5}", re.ASCII)


def address_of(written: str) -> Address | None:
    """The address that ``written`` names; None when it names none.

    A port, brackets and the zone of a link-local address are left off, and an IPv4 address that arrived on an IPv6
    socket (``::ffff:10.0.0.1``) is the IPv4 address: one place has one address.
    """
    bare = written.strip()
    if found := _WITH_PORT.fullmatch(bare):
        bare = found[1] or found[2] or ""
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def network_of(written: str) -> Network:
    """The network that ``written`` names in CIDR notation; a bare address is a network of one.

    Raises ValueError, also for one whose address has bits behind the prefix: ``10.0.0.1/8`` may mean either.
    """
    network = ip_network(written.strip(), strict=True)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        mapped = IPv4Address(int(network.network_address) & 0xFFFF_FFFF)
        return IPv4Network((mapped, network.prefixlen - 96))
    return network


def networks_of(written: str) -> tuple[Network, ...]:
    """Networks separated by commas; none for an empty text. Raises ValueError."""
    return tuple(network_of(part) for part in written.split(",") if part.strip())


def client_of(peer: Address | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """Who asks, given the connection's address and the values of ``X-Forwarded-For``, nearest proxy last.

    None when a trusted proxy names something that is no address: unknown is not the proxy.
    """
    address = peer
    for written in reversed([part for value in forwarded for part in value.split(",")]):
        if address is None or not any(address in network for network in trusted):
            break
        address = address_of(written)
    return address


class ClientAddress:
    """Pure ASGI middleware that lets ``request.client`` be who asks. The port is unknown then, and told as 0.

    The server's own handling of these headers must be off (``uvicorn.run(proxy_headers=False)``): it believes every
    caller from the loopback address, or from ``FORWARDED_ALLOW_IPS``, before this is asked.
    """

    def __init__(self, app: Any, trusted: Sequence[Network]) -> None:
        self.app = app
        self.trusted = tuple(trusted)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI call."""
        if self.trusted and scope["type"] == "http" and scope.get("client"):
            peer = address_of(scope["client"][0])
            if peer is not None and any(peer in network for network in self.trusted):
                forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
                client = client_of(peer, forwarded, self.trusted)
                scope["client"] = None if client is None else (str(client), 0)
        await self.app(scope, receive, send)
