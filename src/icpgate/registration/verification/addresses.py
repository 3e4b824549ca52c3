"""Addresses that a name resolves to, and whether a server that the public reaches can stand there."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

__all__ = ["address_of", "is_example", "is_reachable"]

_EXAMPLES: Final = tuple(map(ip_network, (
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
)))  # fmt: skip
"""Networks for examples (RFC 5737, RFC 3849, RFC 9637): nobody is there, unless whoever verifies says so."""

_UNICAST: Final = ip_network("2000::/3")
"""All of IPv6 that was ever given out to be reached from everywhere (RFC 4291)."""

_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""A resolver of an IPv6-only network puts IPv4 addresses there (RFC 6052)."""

_TUNNELS: Final = tuple(map(ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24")))
"""6to4 and Teredo, where any IPv4 address, also a private one, can stand inside, and the relays of the first."""


def address_of(text: object) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 address inside IPv6 being that IPv4 address; None for anything else, a zone included."""
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address
    return address


def is_example(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is in a network for examples."""
    return any(address in network for network in _EXAMPLES)


def is_reachable(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is of the public internet: not private, shared, local, reserved, for examples, or for many hosts."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    tunnelled = any(address in tunnel for tunnel in _TUNNELS)
    return address.is_global and not (address.is_multicast or tunnelled or is_example(address))
