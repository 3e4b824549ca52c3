"""A bureau on this machine and what asks it, for these tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from icpgate.answer import ByDocument, ByDomain
from icpgate.lookup import Limits
from icpgate.lookup.enterprise.configuration import load_text
from icpgate.lookup.registries.enterprise import EnterpriseRegistry
from icpgate.record import RegistrationRecord
from tests.cases import DOCUMENT, registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Answer, Query
    from icpgate.lookup import LookupClient
    from icpgate.testing.enterprise import EnterpriseServer

PASSWORD: Final = "Passw0rd"  # noqa: S105 -- the server's for tests
DOMAIN: Final = "api.example.cn"
PACKAGE: Final = "com.sig.wameiji"
BY_APP: Final = ByDocument(DOCUMENT, PACKAGE)
BY_DOMAIN: Final = ByDomain(DOMAIN)
COMPLETE: Final = {"authoritative": "true", "scope": '"all"'}
RECORD: Final = RegistrationRecord.read(registered())


def registry_of(server: EnterpriseServer, password: str = PASSWORD, **more: str) -> EnterpriseRegistry:
    """The registry of a server, with the observed query switched on; `more` are keys as TOML writes them."""
    configuration = server.configuration(**({"observed_app_query": "true"} | more))
    return EnterpriseRegistry(load_text(configuration), secrets={"password": password})


@contextmanager
def opened(client: type[LookupClient], registry: EnterpriseRegistry, **options: Any) -> Iterator[LookupClient]:
    """A client of it; it is closed in the end."""
    made = client(registry, **({"limits": Limits(seconds=5.0)} | options))
    try:
        yield made
    finally:
        made.close()


def answered(client: type[LookupClient], registry: EnterpriseRegistry, query: Query, **options: Any) -> Answer:
    """What a new client is answered."""
    with opened(client, registry, **options) as made:
        return made.look_up(query, deadline=5.0).answer
