"""The enterprise-side interface keeps the contract of registries, over its local server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from icpgate.answer import ByDocument, ByDomain
from icpgate.record import RegistrationRecord
from icpgate.testing.contracts import RegistryContract
from icpgate.testing.enterprise import EnterpriseServer
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.damage.served import PASSWORD, enterprise_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry

PACKAGE, DOMAIN = "com.sig.wameiji", "api.example.cn"


def record(**asked: object) -> RegistrationRecord:
    """What the interface says of the usual registration, with what it was asked by."""
    said = {"registration_number": NUMBER, "status": "registered", "service_name": "挖煤姬", "kind": "app"}
    return RegistrationRecord.read(said | asked, observed_at=NOW, source="test")


@pytest.fixture(scope="module")
def bureau() -> Iterator[EnterpriseServer]:
    """A bureau with the usual registration."""
    with EnterpriseServer([RegistrationRecord.read(registered())]) as server:
        yield server


class TestEnterprise(RegistryContract):
    """Asked by document and package, and by domain."""

    secrets: ClassVar[Sequence[str]] = (PASSWORD,)
    many = 100  # each is a connection of its own

    @pytest.fixture(autouse=True)
    def _served(self, bureau: EnterpriseServer) -> None:
        self.bureau = bureau

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return enterprise_at(self.bureau)

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        return ByDocument(DOCUMENT, PACKAGE), record(document_number=DOCUMENT, platforms=[{"package": PACKAGE}])

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        return [(ByDomain(DOMAIN), record(domains=[DOMAIN]))]

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return ByDocument(DOCUMENT, "cn.example.other")
