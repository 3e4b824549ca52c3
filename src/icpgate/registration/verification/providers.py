"""The networks of access providers, as a file of the one who verifies states them."""

from __future__ import annotations

import tomllib
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from icpgate.chinese import fold
from icpgate.errors import ConfigurationError, quote, shown
from icpgate.registration.verification.addresses import is_example, is_reachable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Network

    Network: TypeAlias = IPv4Network | IPv6Network

__all__ = ["ProviderNetworks"]

WIDEST_V4: Final = 8
WIDEST_V6: Final = 16
"""No access provider has a wider network; one that is would take everybody's servers for its own."""


MOST_BYTES: Final = 1_048_576
"""The networks of a thousand providers are fewer."""


class ProviderNetworks:
    """Which networks belong to which access provider."""

    def __init__(self, providers: Mapping[str, Iterable[str]]) -> None:
        """
        Networks such as 203.0.113.0/24, without host bits, by the provider's name. Raises `ConfigurationError`.

        Refused: networks that no public server is in, networks wider than a /8 or, of IPv6, a /16, a provider without
        a network, and two names that are the same however they are written.
        """
        if not providers:
            raise _refused("no access provider is stated", 'such as "示例云" = ["203.0.113.0/24"]')
        self._networks: dict[str, tuple[Network, ...]] = {}
        for name, texts in providers.items():
            key = fold(name) if isinstance(name, str) else ""
            if not any(map(str.isalnum, key)):
                raise _refused(f"{quote(name)} is no name of an access provider", "state the name as the form has it")
            if key in self._networks:
                raise _refused(f"{quote(name)} stands twice", "state all networks of a provider together")
            self._networks[key] = _networks(name, texts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a TOML file whose table `providers` has the networks; raises `ConfigurationError`."""
        tables = _tables(path)
        unknown = [name for name in tables if name != "providers"]
        providers = tables.get("providers")
        if unknown or not isinstance(providers, dict):
            message = f"unknown: {quote(unknown[0])}" if unknown else "no table [providers]"
            raise _refused(message, 'a table [providers] with lines such as "示例云" = ["203.0.113.0/24"]')
        return cls(providers)

    def __repr__(self) -> str:
        """How many providers there are."""
        return f"ProviderNetworks({len(self._networks)} providers)"

    def knows(self, provider: str) -> bool:
        """Whether the networks of this provider are stated."""
        return fold(provider) in self._networks

    def provider_of(self, address: IPv4Address | IPv6Address, providers: Iterable[str]) -> str | None:
        """The one of these providers whose network the address is in."""
        for provider in providers:
            if any(address in network for network in self._networks.get(fold(provider), ())):
                return provider
        return None


def _tables(path: str | os.PathLike[str]) -> dict[str, object]:
    try:
        with Path(path).open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) <= MOST_BYTES:
            return tomllib.loads(text.decode("utf-8"))
        reason = f"more than {MOST_BYTES:,} bytes"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (TypeError, ValueError, RecursionError):  # no path, no UTF-8, or no TOML
        reason = "not a TOML file"
    raise _refused(f"{shown(str(path), at_most=4_096)}: {reason}", "a file with a table [providers]")


def _networks(name: str, texts: object) -> tuple[Network, ...]:
    if isinstance(texts, (list, tuple)) and texts:
        return tuple(_network(name, text) for text in texts)
    raise _refused(f"{quote(name)} has no list of networks", 'such as ["203.0.113.0/24"]')


def _network(name: str, text: object) -> Network:
    try:
        # Of a number, ip_network would make the address with that number.
        network = ip_network(text) if isinstance(text, str) else None
    except ValueError:
        network = None
    if network is None:
        raise _refused(f"{quote(text)} of {quote(name)} is no network", "such as 203.0.113.0/24, without host bits")
    if network.prefixlen < (WIDEST_V6 if isinstance(network, IPv6Network) else WIDEST_V4):
        raise _refused(
            f"{quote(text)} of {quote(name)} is too wide", f"at most a /{WIDEST_V4}, or a /{WIDEST_V6} of IPv6"
        )
    # What a wide network has inside is looked at with each address.
    if not all(is_reachable(end) or is_example(end) for end in (network[0], network[-1])):
        raise _refused(f"{quote(text)} of {quote(name)} is not public", "networks that anybody can reach")
    return network


def _refused(message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f"networks of access providers: {message}", hint=hint, code="config.networks")
