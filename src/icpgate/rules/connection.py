"""What an access provider's order adds: the domains and addresses must be the registration's."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.rules.facts import NO_RECORD, NOTHING_TO_CONNECT, settled_by
from icpgate.rules.rule import Action, Case, Demand, Finding, listed

if TYPE_CHECKING:
    from icpgate.app import App
    from icpgate.record import RegistrationRecord

__all__ = ["DomainsCovered"]

DEEPEST_LEVEL: Final = 4
"""Domains are registered level by level down to the fourth (docs/sources.md, network resources)."""

_SHARED: Final = frozenset(f"{name}.cn" for name in ("ac", "com", "edu", "gov", "mil", "net", "org"))
"""Names under which everybody registers; a registration that holds one covers nothing below it."""


@dataclass(frozen=True, slots=True)
class DomainsCovered(Demand):
    """
    Every domain and address of the app stands in its registration.

    A domain covers itself only, because each level in use is registered; `subdomains` lets a
    registered domain cover everything below it. Domains below the fourth level are compared at the
    fourth. An address is covered by itself or by a registered network. An order to connect that
    names neither domain nor address is not checkable: something is to be connected.
    """

    code: ClassVar[str] = "domain_not_covered"

    subdomains: bool = False

    @settled_by(not_applicable=NO_RECORD | NOTHING_TO_CONNECT)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record, app = case.record, case.app
        if record is None:
            return self.not_applicable
        if not (app.domains or app.endpoints):
            if case.action is Action.CONNECT:
                return self.not_checkable("app.domains", expected="the domains or addresses to be connected")
            return self.not_applicable
        strange = self._strange(app, record)
        if strange:
            detail = "domain" if strange[0] in app.domains else "endpoint"
            return self.failed(detail, found=listed(strange), expected=_registered(app, record))
        if app.domains and record.domains is None:
            return self.not_checkable("record.domains", expected="the registered domains")
        if app.endpoints and record.endpoints is None:
            return self.not_checkable("record.endpoints", expected="the registered addresses")
        return self.passed

    def _strange(self, app: App, record: RegistrationRecord) -> list[str]:
        """What the registration does not have, where the source has such things at all."""
        domains, endpoints = record.domains, record.endpoints
        strange = []
        if domains is not None:
            strange += [name for name in app.domains if name not in domains and not self._below(name, domains)]
        if endpoints is not None:
            strange += [name for name in app.endpoints if name not in endpoints and not _inside(name, endpoints)]
        return strange

    def _below(self, name: str, registered: tuple[str, ...]) -> bool:
        """Whether a registered domain covers this one from above."""
        if ".".join(name.split(".")[-DEEPEST_LEVEL:]) in registered:
            return True
        return self.subdomains and any(name.endswith(f".{above}") for above in registered if above not in _SHARED)


def _inside(address: str, registered: tuple[str, ...]) -> bool:
    """Whether a registered network has this address."""
    return any(ip_address(address) in ip_network(network) for network in registered if "/" in network)


def _registered(app: App, record: RegistrationRecord) -> str:
    """What would have been covered, of the kinds that were asked for."""
    names = []
    if app.domains and record.domains is not None:
        names.append(listed(record.domains) or "no domain is registered")
    if app.endpoints and record.endpoints is not None:
        names.append(listed(record.endpoints) or "no address is registered")
    return "; ".join(names)
