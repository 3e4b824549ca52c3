"""Every kind of registry keeps the contract of registries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, Observation, Unavailable, Why
from icpgate.jsontext import loads
from icpgate.lookup import Capabilities
from icpgate.lookup.mapping import load_text
from icpgate.lookup.registries.combined import Combined, Strategy
from icpgate.lookup.registries.json_api import JsonApi, from_url
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.lookup.simple import SimpleRegistry
from icpgate.lookup.steps import ReadLocally, Request
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock, RegistrySimulator
from icpgate.testing.contracts import RegistryContract
from icpgate.testing.serving import RegistryServer
from tests.cases import DOCUMENT, NOW, NUMBER, memory, registered
from tests.lookup.files import MISSING, by, imported, row
from tests.lookup.mapping import mappings
from tests.lookup.mapping.local import LocalServer, Received, Sent, sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Query
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow, Response

RECORD = RegistrationRecord.read(registered())
TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 -- invented


class OfTheUsual(RegistryContract):
    """A registry with the usual record, that can be asked by every key, on the usual day."""

    __test__ = False

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        return by(NUMBER), RECORD

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        return [(ByDocument(DOCUMENT, "com.sig.wameiji"), RECORD), (ByDomain("api.example.cn"), RECORD)]

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return by(MISSING)

    def clock(self) -> Clock:
        """See `RegistryHooks.clock`."""
        return FixedClock(NOW)


class TestMemory(OfTheUsual):
    """Records in memory."""

    __test__ = True

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return memory()


class TestMemoryOfAProvince(OfTheUsual):
    """Complete for one province, and for no other."""

    __test__ = True

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return memory(scope="provinces:蜀")

    def uncovered(self) -> Query:
        """See `RegistryHooks.uncovered`."""
        return by("沪ICP备2026000001号-1A")


class TestSnapshot(OfTheUsual):
    """A file."""

    __test__ = True

    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "registry.icpdb"
        imported(self.path, row(), scope="provinces:蜀,京")

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return SnapshotRegistry(self.path)

    def uncovered(self) -> Query:
        """See `RegistryHooks.uncovered`."""
        return by("沪ICP备2026000001号-1A")

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        return by(NUMBER), RECORD


class TestSimulator(OfTheUsual):
    """The registry of other people's tests."""

    __test__ = True

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return RegistrySimulator([RECORD])


class TestSimulatorThatMayNotSayNo(OfTheUsual):
    """The same without the right to it."""

    __test__ = True

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return RegistrySimulator([RECORD], authoritative=False)


@pytest.fixture(scope="module")
def served() -> Iterator[RegistryServer]:
    """A server of the usual record, of one province."""
    with RegistryServer(memory(scope="provinces:蜀,京"), token=TOKEN) as server:
        yield server


class TestProtocol(OfTheUsual):
    """icpgate's own protocol, over a real server."""

    __test__ = True
    secrets: ClassVar[Sequence[str]] = (TOKEN,)

    @pytest.fixture(autouse=True)
    def _served(self, served: RegistryServer) -> None:
        self.url = served.url

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return from_url(self.url, secrets={"token": TOKEN})

    def uncovered(self) -> Query:
        """See `RegistryHooks.uncovered`."""
        return by("沪ICP备2026000001号-1A")


ABOUT: dict[str, Any] = mappings.row()


def _mapped(request: Received) -> Sent:
    """The service of `mappings`: it has one registration, and knows all."""
    keys = json.dumps([request.path, request.query], ensure_ascii=False)
    asked = (mappings.NUMBER, mappings.DOMAIN, mappings.DOCUMENT)
    if not any(key in keys for key in asked) or (mappings.DOCUMENT in keys and mappings.PACKAGE not in keys):
        return sent(mappings.answered({"number": request.path.rpartition("/")[2], "status": "absent"}))
    return sent(mappings.answered(ABOUT))


@pytest.fixture(scope="module")
def mapped() -> Iterator[str]:
    """A server that answers in the shape of `mappings`."""
    with LocalServer(_mapped) as server:
        yield server.url


class TestMapping(RegistryContract):
    """An API that a mapping explains, over a real server."""

    many = 200  # each is a connection of its own

    @pytest.fixture(autouse=True)
    def _served(self, mapped: str) -> None:
        self.url = mapped

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return JsonApi(mappings.mapped(), url=self.url, id="mapped")

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        fields = {
            "registration_number": mappings.NUMBER,
            "status": "registered",
            "operator": ABOUT["company"],
            "service_name": ABOUT["name"],
            "document_number": mappings.DOCUMENT,
            "domains": [mappings.DOMAIN],
            "platforms": [{"package": mappings.PACKAGE}],
        }
        return mappings.BY_NUMBER, RegistrationRecord.read(fields, observed_at=NOW, source="mapped")

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        record = self.known()[1]
        return [(mappings.BY_DOCUMENT, record), (mappings.BY_DOMAIN, record)]

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return by(MISSING)


class TestListMapping(TestMapping):
    """The same out of a list, by number alone, from a service that may not say no."""

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with LocalServer(lambda _: sent(mappings.answered([ABOUT]))) as server:
            self.url = server.url
            yield

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        changes = {"authoritative = true": "authoritative = false", 'scope = "all"': ""}
        text = mappings.TEXT.replace("WHERE", 'list = "/data"').replace("FIELDS", "").replace("REST", "")
        for old, new in changes.items():
            text = text.replace(old, new)
        text = text.replace('{ is = "absent", means = "not_registered" },', "")
        return JsonApi(load_text(text), url=self.url, id="listed")


class OfOurs(SimpleRegistry):
    """As `docs/extending.md` shows one."""

    id = "ours"

    def __init__(self, url: str) -> None:
        """Take the address."""
        self.url = url

    def request(self, query: Query) -> Request:
        """See `SimpleRegistry.request`."""
        assert isinstance(query, ByNumber)
        return Request("GET", f"{self.url}/{query.number.canonical.encode().hex()}")

    def read(self, response: Response) -> Answer:
        """See `SimpleRegistry.read`."""
        value = loads(response.body)
        assert isinstance(value, dict)
        return Found((RegistrationRecord.read(value),)) if value else Unavailable(Why.NOT_LISTED)


def _ours(request: Received) -> Sent:
    is_there = bytes.fromhex(request.path[1:]).decode() == NUMBER
    return sent(registered() if is_there else {})


class OfNumbers(OfTheUsual):
    """Asked by number alone."""

    __test__ = False

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        return []


class TestSimple(OfNumbers):
    """A registry of two pure methods, over a real server."""

    __test__ = True
    many = 200

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with LocalServer(_ours) as server:
            self.url = server.url
            yield

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return OfOurs(self.url)


class OrderDatabase:
    """As `docs/extending.md` shows a registry of no kind but its own."""

    id = "orders"
    capabilities = Capabilities(by_number=True)

    def __init__(self, rows: dict[str, dict[str, object]]) -> None:
        """Take the rows."""
        self.rows = rows

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        observations = []
        for query in queries:
            assert isinstance(query, ByNumber)
            reply = yield ReadLocally(lambda number=query.number: self.rows.get(number.canonical))  # type: ignore[misc]  # bound at once
            answer: Answer
            if reply.error is not None:
                answer = Unavailable(Why.INTERNAL, type(reply.error).__name__)
            elif not isinstance(reply.value, dict):
                answer = Unavailable(Why.NOT_LISTED)
            else:
                answer = Found((RegistrationRecord.read(reply.value),))
            observations.append(Observation(query, answer, reply.now, "order database", self.id))
        return observations


class TestOrderDatabase(OfNumbers):
    """A registry that reads locally, and not quickly."""

    __test__ = True
    is_picklable = True

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return OrderDatabase({NUMBER: registered()})


class OfCombined(OfTheUsual):
    """A file and a server as one."""

    __test__ = False
    secrets: ClassVar[Sequence[str]] = (TOKEN,)
    strategy: ClassVar[Strategy]

    @pytest.fixture(autouse=True)
    def _places(self, tmp_path: Path, served: RegistryServer) -> None:
        self.path, self.url = tmp_path / "registry.icpdb", served.url
        imported(self.path, row())

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        parts: list[Registry] = [SnapshotRegistry(self.path), from_url(self.url, secrets={"token": TOKEN})]
        return Combined(parts, strategy=self.strategy)


class TestCombinedInTurn(OfCombined):
    """The next about what the one before could not say."""

    __test__ = True
    strategy = Strategy.IN_TURN


class TestCombinedConfirm(OfCombined):
    """The first, when the other says the same."""

    __test__ = True
    strategy = Strategy.CONFIRM


class TestCombinedQuorum(OfCombined):
    """Both."""

    __test__ = True
    strategy = Strategy.QUORUM
