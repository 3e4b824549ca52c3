"""The live registry in both databases: it keeps the contract, shows each change at once, and never guesses."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from icpgate import Gate
from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Unavailable, Why
from icpgate.app import App
from icpgate.errors import ConfigurationError, RegistryStoreError
from icpgate.lookup import LookupClient, registry_from_url
from icpgate.lookup.live.about import set_meta
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import put_record
from icpgate.lookup.live.sqlite import SqliteDatabase
from icpgate.lookup.registries.live import LiveRegistry
from icpgate.lookup.registrysettings import RegistrySettings
from icpgate.lookup.transport import Transport
from icpgate.number import parse
from icpgate.record import Origin, RegistrationStatus
from icpgate.testing import FixedClock
from icpgate.testing.contracts import RegistryContract
from tests.cases import DOCUMENT, NOW, NUMBER, described
from tests.lookup.files import MISSING, OTHER, by
from tests.lookup.live.made import RECORD, asked, done, made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpgate.answer import Query
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.interface import Registry
    from icpgate.record import RegistrationRecord
    from tests.servers import Postgresql

ENTITY = NUMBER.rpartition("-")[0]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def usual(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry of two provinces, in either database, that nobody changes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('usual') / 'registry.db'}"
    else:
        server: Postgresql = request.getfixturevalue("postgresql")
        url = server.url()
    return made(url, RECORD, authoritative=True, scope="provinces:蜀,京", source="bureau")


class TestContract(RegistryContract):
    """Either database keeps the contract of registries."""

    @pytest.fixture(autouse=True)
    def _database(self, usual: str) -> None:
        self.url = usual

    def registry(self) -> Registry:
        """See `RegistryHooks.registry`."""
        return registry_from_url(self.url)

    def known(self) -> tuple[Query, RegistrationRecord]:
        """See `RegistryHooks.known`."""
        return by(NUMBER), RECORD

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """See `RegistryHooks.others`."""
        return [(ByDocument(DOCUMENT, "com.sig.wameiji"), RECORD), (ByDomain("api.example.cn"), RECORD)]

    def unknown(self) -> Query:
        """See `RegistryHooks.unknown`."""
        return by(MISSING)

    def uncovered(self) -> Query:
        """See `RegistryHooks.uncovered`."""
        return by("沪ICP备2026000001号-1A")

    def clock(self) -> Clock:
        """See `RegistryHooks.clock`."""
        return FixedClock(NOW)


def test_a_change_is_there_for_the_next_call(live_url: str) -> None:
    """Nothing of it is kept: not by the registry, not by a client with a cache."""
    made(live_url, RECORD)
    registry = registry_from_url(live_url)
    assert registry.capabilities.cacheable is False
    with closing(open_database(live_url)) as database, LookupClient(registry, clock=FixedClock(NOW)) as client:
        for status in (RegistrationStatus.REGISTERED, RegistrationStatus.CANCELLED, RegistrationStatus.SHELL):
            database.write(partial(put_record, record=replace(RECORD, status=status)))
            answer = client.look_up(by(NUMBER)).answer
            assert isinstance(answer, Found)
            assert answer.record.status is status


def test_keys_follow_their_record(live_url: str) -> None:
    """What is no longer its domain or package does not lead to it."""
    made(live_url, RECORD)
    with closing(open_database(live_url)) as database:
        database.write(lambda connection: put_record(connection, replace(RECORD, domains=("new.example.cn",))))
    old, new = asked(registry_from_url(live_url), ByDomain("api.example.cn"), ByDomain("new.example.cn"))
    assert isinstance(old.answer, Unavailable)
    assert isinstance(new.answer, Found)


def test_one_that_is_the_source_speaks_as_of_now(usual: str) -> None:
    """Its records are no older than its answer, and it says no."""
    found, missing = asked(registry_from_url(usual), by(NUMBER), by(MISSING))
    assert isinstance(found.answer, Found)
    assert found.observed_at == found.answer.record.observed_at == NOW
    assert isinstance(missing.answer, NotRegistered)
    assert (missing.observed_at, missing.source) == (NOW, "bureau")


def test_one_that_is_not_the_source_is_as_old_as_its_records(live_url: str) -> None:
    """A missing number is not listed."""
    found, missing = asked(registry_from_url(made(live_url, RECORD)), by(NUMBER), by(MISSING))
    assert found.observed_at == RECORD.observed_at < NOW
    assert isinstance(missing.answer, Unavailable)
    assert missing.answer.why is Why.NOT_LISTED


def test_a_simulated_one_is_believed_by_no_ordinary_gate(live_url: str) -> None:
    """Whatever was put in is simulated when it comes out; a gate for development believes it."""
    made(live_url, RECORD, simulated=True)
    with Gate.for_listing(live_url, clock=FixedClock(NOW)) as gate:
        assert "record_simulated" in gate.check(App.parse(described())).codes
    with Gate.for_listing(live_url, clock=FixedClock(NOW), allow_simulated=True) as gate:
        assert gate.check(App.parse(described())).allowed


def test_an_entity_of_which_only_services_are_recorded_is_never_a_no(live_url: str) -> None:
    """It is registered, although it has no record of its own; another entity is not."""
    made(live_url, RECORD, simulated=True)
    known, other = asked(registry_from_url(live_url), by(ENTITY), by("京ICP备2026999999号"))
    assert isinstance(known.answer, Unavailable)
    assert known.answer.why is Why.NOT_LISTED
    assert isinstance(other.answer, NotRegistered)


@pytest.mark.parametrize(
    ("column", "value"),
    [("body", "ra"), ("body", "nonsense"), ("observed_at", 7), ("source", "me"), ("checksum", 7)],
)
def test_a_row_that_was_changed_by_hand_is_no_record(live_url: str, column: str, value: object) -> None:
    """Neither yes nor no, and for its own queries alone."""
    other = replace(RECORD, registration_number=parse(OTHER), platforms=(), domains=("other.example.cn",))
    made(live_url, RECORD, other, simulated=True)
    done(live_url, f"UPDATE record SET {column} = ? WHERE number = ?", value, NUMBER)  # noqa: S608 -- our own columns
    spoilt, by_domain, whole = asked(
        registry_from_url(live_url), by(NUMBER), ByDomain("api.example.cn"), ByDomain("other.example.cn")
    )
    for observation in (spoilt, by_domain):
        assert isinstance(observation.answer, Unavailable)
        assert observation.answer.why is Why.MALFORMED
    assert isinstance(whole.answer, Found)


@pytest.mark.parametrize(("name", "value"), [("simulated", "0"), ("authoritative", "1"), ("scope", "nonsense")])
def test_what_it_says_of_itself_is_not_changed_by_hand(live_url: str, name: str, value: str) -> None:
    """One bit decides whether made-up numbers are real, or whether what it lacks is not registered."""
    with closing(LiveRegistry.open(made(live_url, RECORD))) as registry:
        done(live_url, "UPDATE meta SET value = 'x' || value")
        done(live_url, "UPDATE meta SET value = ? WHERE name = ?", value, name)
        [observation] = asked(registry, by(MISSING))
        assert isinstance(observation.answer, Unavailable)
        assert observation.answer.why is Why.MALFORMED
    with pytest.raises(RegistryStoreError, match="not as it was written"):
        LiveRegistry.open(live_url)


def test_it_may_say_something_else_of_itself_later(live_url: str) -> None:
    """By its own hand; whoever has it open already follows."""
    with closing(LiveRegistry.open(made(live_url))) as registry:
        assert not registry.capabilities.authoritative
        with closing(open_database(live_url)) as database:
            database.write(lambda connection: set_meta(connection, "authoritative", "1"))
        with LookupClient(registry, clock=FixedClock(NOW)) as client:
            client.look_up(by(NUMBER))  # after which it is known
            assert registry.capabilities.authoritative
            assert isinstance(client.look_up(by(MISSING)).answer, NotRegistered)


def test_a_closed_one_says_nothing(live_url: str) -> None:
    """And closing it twice is nothing."""
    registry = LiveRegistry.open(made(live_url, RECORD, simulated=True))
    registry.close()
    registry.close()
    [observation] = asked(registry, by(MISSING))
    assert isinstance(observation.answer, Unavailable)
    assert observation.answer.why is Why.CONFIGURATION


def test_a_batch_is_larger_than_one_statement_may_be(usual: str) -> None:
    """Every query gets its answer, in order, those that are asked twice too."""
    numbers = [by(f"京ICP备2026{serial:06d}号-1A") for serial in range(100_000, 101_200)]
    domains = [ByDomain(f"a{serial}.example.cn") for serial in range(600)]
    queries: list[Query] = [*numbers, *domains, by(NUMBER), by(NUMBER)]
    answers = [observation.answer for observation in asked(registry_from_url(usual), *queries)]
    assert [type(answer) for answer in answers] == [NotRegistered] * 1_200 + [Unavailable] * 600 + [Found] * 2


@pytest.mark.parametrize("scheme", ["sqlite:///r.db", "postgresql://user:secret@db.example.cn/r"])
def test_its_url_is_all_there_is_to_say(scheme: str) -> None:
    """Neither secrets nor the options of a connection have a place."""
    with pytest.raises(ConfigurationError, match="nothing has a place for them"):
        registry_from_url(scheme, secrets={"token": "t"})
    with pytest.raises(ConfigurationError, match="its URL says how it is reached") as caught:
        registry_from_url(scheme, transport=Transport(connections=3))
    assert "secret" not in str(caught.value)


def test_its_path_is_relative_to_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every path in a file of settings is; an absolute one stays."""
    made(f"sqlite:///{tmp_path / 'r.db'}", RECORD)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for url in ("sqlite:///r.db", f"sqlite:///{tmp_path / 'r.db'}"):
        registry = RegistrySettings.read({"url": url}, str(tmp_path)).registry()
        assert registry.id == "sqlite:r.db"
        assert isinstance(asked(registry, by(NUMBER))[0].answer, Found)
    assert RegistrySettings.read("postgresql://host/r", str(tmp_path)).url == "postgresql://host/r"


def test_whoever_answers_unverified_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every observation of a database that somebody else could stand in for says so."""
    made(f"sqlite:///{tmp_path / 'r.db'}", RECORD)
    monkeypatch.setattr(SqliteDatabase, "insecure", True)
    found, missing = asked(registry_from_url(f"sqlite:///{tmp_path / 'r.db'}"), by(NUMBER), by(MISSING))
    assert found.insecure_tls
    assert missing.insecure_tls


@pytest.fixture
def bytes_of_one(tmp_path: Path) -> tuple[Path, bytes]:
    """A simulated registry of a hundred services as it lies on the disk."""
    path = tmp_path / "r.db"
    records = [
        replace(RECORD, registration_number=parse(f"{ENTITY}-{sequence}A"), domains=(f"a{sequence}.example.cn",))
        for sequence in range(10, 110)
    ]
    made(f"sqlite:///{path}", *records, simulated=True)
    return path, path.read_bytes()


def test_a_damaged_file_never_says_no(bytes_of_one: tuple[Path, bytes]) -> None:
    """What is there is found, as simulated as it was, or nobody can say: wherever a byte was changed."""
    path, content = bytes_of_one
    draw = random.Random(7)  # noqa: S311 -- the same damage every day
    said: dict[str, int] = {}
    for _ in range(150):
        damaged = bytearray(content)
        damaged[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            registry: Any = LiveRegistry.open(f"sqlite:///{path}")
        except RegistryStoreError:
            said["refused"] = said.get("refused", 0) + 1
            continue
        for observation in asked(registry, *(by(f"{ENTITY}-{sequence}A") for sequence in range(10, 110))):
            answer = observation.answer
            said[type(answer).__name__] = said.get(type(answer).__name__, 0) + 1
            assert not isinstance(answer, NotRegistered)
            if isinstance(answer, Found):
                assert answer.record.origin is Origin.SIMULATED
                assert answer.record.service_name == RECORD.service_name
    assert said["Found"] > said["Unavailable"] > 0
