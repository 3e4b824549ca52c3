"""What an access provider's order adds: the domains and addresses must be the registration's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from icpgate.rules.rule import Case, Demand, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DomainsCovered"]

DEEPEST_LEVEL = 4
"""Domains are registered level by level down to the fourth (docs/sources.md, network resources)."""


@dataclass(frozen=True, slots=True)
class DomainsCovered(Demand):
    """
    Every domain and address of the app stands in its registration.

    A domain covers itself only, because each level in use is registered; `subdomains` lets a
    registered domain cover everything below it. Domains below the fourth level are compared at the
    fourth. Addresses are compared only where the source has them.
    """

    code: ClassVar[str] = "domain_not_covered"

    subdomains: bool = False

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record, app = case.record, case.app
        if record is None or not (app.domains or app.endpoints):
            return self.not_applicable
        if app.domains and record.domains is not None:
            uncovered = [domain for domain in app.domains if not self._covers(record.domains, domain)]
            if uncovered:
                expected = ", ".join(record.domains) or "no domain is registered"
                return self.failed("domain", found=", ".join(uncovered), expected=expected)
        if app.endpoints and record.endpoints is not None:
            strangers = [endpoint for endpoint in app.endpoints if endpoint not in record.endpoints]
            if strangers:
                expected = ", ".join(record.endpoints) or "no address is registered"
                return self.failed("endpoint", found=", ".join(strangers), expected=expected)
        if app.domains and record.domains is None:
            return self.not_checkable("record.domains", expected="the registered domains")
        if app.endpoints and record.endpoints is None:
            return self.not_checkable("record.endpoints", expected="the registered addresses")
        return self.passed

    def _covers(self, registered: Iterable[str], domain: str) -> bool:
        fourth = ".".join(domain.split(".")[-DEEPEST_LEVEL:])
        candidates = {domain, fourth}
        return any(
            name in candidates or (self.subdomains and domain.endswith(f".{name}")) for name in registered
        )
