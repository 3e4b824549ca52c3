"""Records in a live registry, and what it says of itself."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.about import About, about_of, describe
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import (
    all_records,
    has_services,
    is_elsewhere,
    meta,
    put_record,
    put_records,
    record_by_number,
    records_of_entity,
    rows_by_key,
    set_meta,
)
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.rows import domain_key
from icpgate.number import parse
from icpgate.record import Origin, RegisteredPlatform
from tests.cases import NUMBER
from tests.lookup.files import OTHER
from tests.lookup.live.made import RECORD, done, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.live.database import Database
    from icpgate.record import RegistrationRecord

ENTITY = NUMBER.rpartition("-")[0]


def service(sequence: int, **changes: object) -> RegistrationRecord:
    """The usual record as another service of its entity."""
    return replace(RECORD, registration_number=parse(f"{ENTITY}-{sequence}A"), **changes)  # type: ignore[arg-type]  # by name


@pytest.fixture
def database(live_url: str) -> Iterator[Database]:
    """An open one with nothing in it."""
    made(live_url)
    with closing(open_database(live_url)) as opened:
        yield opened


def test_what_was_put_comes_back(database: Database) -> None:
    """Every field as it was; the next of the number takes its place."""
    other = service(10, blacklisted=True, domains=None, platforms=(), service_name="")
    for record in (RECORD, other):
        database.write(partial(put_record, record=record))
        assert database.read(lambda connection: record_by_number(connection, NUMBER)) == record
    assert database.read(lambda connection: record_by_number(connection, OTHER)) is None


def test_an_entity_and_its_services(database: Database) -> None:
    """Its own record too, in the order of the numbers; another entity's are not among them."""
    own = replace(RECORD, registration_number=parse(ENTITY), kind=None)
    elsewhere = replace(RECORD, registration_number=parse(OTHER))
    assert not database.read(lambda connection: has_services(connection, ENTITY))
    database.write(lambda connection: put_records(connection, [service(2), elsewhere, own]))
    found = database.read(lambda connection: records_of_entity(connection, ENTITY))
    assert [str(record.registration_number) for record in found] == [ENTITY, f"{ENTITY}-2A"]
    assert database.read(lambda connection: has_services(connection, ENTITY))


def test_several_with_one_key(database: Database) -> None:
    """By number; a key that nobody has leads to nothing."""
    database.write(lambda connection: put_records(connection, [service(2), service(1)]))
    key = domain_key("api.example.cn")
    found = database.read(lambda connection: rows_by_key(connection, [key, 7, key]))
    assert {key: [row.number for row in rows] for key, rows in found.items()} == {key: [f"{ENTITY}-1A", f"{ENTITY}-2A"]}
    assert database.read(lambda connection: rows_by_key(connection, [])) == {}


def test_all_of_them_in_the_order_of_their_numbers(database: Database) -> None:
    """However many there are, each once."""
    numbers = [f"{ENTITY}-{sequence}A" for sequence in range(1, 1_202)]
    records = [service(sequence, domains=None, platforms=()) for sequence in range(1, 1_202)]
    assert database.write(lambda connection: put_records(connection, reversed(records))) == 1_201
    found = database.read(lambda connection: [str(r.registration_number) for r in all_records(connection)])
    assert found == sorted(numbers)


def test_a_number_under_its_entity_alone_tells_of_damage(database: Database) -> None:
    """It is looked for where no index of numbers is."""
    database.write(lambda connection: put_record(connection, RECORD))
    assert database.read(lambda connection: is_elsewhere(connection, NUMBER, ENTITY))
    assert not database.read(lambda connection: is_elsewhere(connection, f"{ENTITY}-9A", ENTITY))


def test_what_is_no_record_is_not_put(database: Database) -> None:
    """A platform of which nothing is said cannot be told from none; nothing is changed."""
    with pytest.raises(RegistryStoreError, match="nothing is said") as caught:
        database.write(lambda connection: put_record(connection, service(1, platforms=(RegisteredPlatform(),))))
    assert caught.value.code == "store.text"
    assert database.read(lambda connection: list(all_records(connection))) == []


@pytest.mark.parametrize("body", ["ra-00", "", "zz-00", "ra"])
def test_a_checksum_of_ours_over_what_we_never_wrote(live_url: str, database: Database, body: str) -> None:
    """Is no record either."""
    from icpgate.lookup.snapshot.rows import checksum_of  # noqa: PLC0415 -- for this one

    database.write(lambda connection: put_record(connection, RECORD))
    done(live_url, "UPDATE record SET body = ?, checksum = ?", body, checksum_of(NUMBER, 7, "me", body))
    done(live_url, "UPDATE record SET observed_at = 7, source = 'me'")
    with pytest.raises(RegistryStoreError, match="not as it was written") as caught:
        database.read(lambda connection: record_by_number(connection, NUMBER))
    assert caught.value.code == "store.corrupt"


def test_in_a_simulated_registry_all_are_simulated(live_url: str) -> None:
    """In the row itself, so that no later change of the registry makes them real."""
    made(live_url, RECORD, simulated=True)
    with closing(open_database(live_url)) as database:
        assert database.read(lambda c: record_by_number(c, NUMBER)) == replace(RECORD, origin=Origin.SIMULATED)
        database.write(lambda connection: set_meta(connection, "simulated", "0"))
        assert not database.read(about_of).simulated
        assert database.read(lambda c: record_by_number(c, NUMBER)) == replace(RECORD, origin=Origin.SIMULATED)


def test_what_it_says_of_itself(database: Database) -> None:
    """Is written down as a whole; other names may stand beside it."""
    about = About(simulated=False, authoritative=True, scope=Scope.parse("provinces:京"), source="bureau")
    database.write(lambda connection: describe(connection, about))
    database.write(lambda connection: set_meta(connection, "note", "a text"))
    assert database.read(about_of) == about
    assert database.read(lambda connection: meta(connection, "note")) == "a text"
    assert database.read(lambda connection: meta(connection, "nothing")) is None


@pytest.mark.parametrize(("name", "value"), [("simulated", "maybe"), ("scope", "nowhere")])
def test_what_it_cannot_say_of_itself(database: Database, name: str, value: str) -> None:
    """Sealed or not, nobody believes it."""
    database.write(lambda connection: set_meta(connection, name, value))
    with pytest.raises(RegistryStoreError, match="not as it was written"):
        database.read(about_of)
