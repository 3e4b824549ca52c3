"""The registry in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup import LookupClient
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.lookup.files import MISSING, OTHER, by

RECORD = RegistrationRecord.read(registered())
SECOND = RegistrationRecord.read(
    registered(registration_number=OTHER, observed_at=(NOW - timedelta(days=3)).isoformat(), domains=[])
)
LATE = NOW - timedelta(hours=1)


def client(*records: RegistrationRecord, **options: object) -> LookupClient:
    """A client of a registry with these records, authoritative for all unless said otherwise."""
    stated: dict[str, object] = {"id": "m", "authoritative": True, "observed_at": LATE, "source": "list"}
    registry = MemoryRegistry(records or [RECORD], **(stated | options))  # type: ignore[arg-type]  # options by name
    return LookupClient(registry, clock=FixedClock(NOW))


def test_found_by_number() -> None:
    """The record, with its own moment and source."""
    observation = client().look_up(by(NUMBER))
    assert observation.answer == Found((RECORD,))
    assert observation.observed_at == RECORD.observed_at
    assert observation.source == "test"
    assert observation.registry == "m"


def test_found_by_document_and_package() -> None:
    """All that the company registered for the package, as old as the oldest of them."""
    observation = client(RECORD, SECOND).look_up(ByDocument(DOCUMENT, "com.sig.wameiji"))
    assert observation.answer == Found((RECORD, SECOND))
    assert observation.observed_at == SECOND.observed_at


def test_found_by_domain() -> None:
    """Exactly the domain that was asked."""
    registry = client(RECORD, SECOND)
    assert registry.look_up(ByDomain("api.example.cn")).answer == Found((RECORD,))
    assert isinstance(registry.look_up(ByDomain("example.cn")).answer, Unavailable)


@pytest.mark.parametrize("query", [ByDocument(DOCUMENT, "com.sig.Wameiji"), ByDomain("other.example.cn")])
def test_nothing_found_by_another_key_is_no_no(query: ByDocument | ByDomain) -> None:
    """A scope is about numbers: without one nobody can say that there is none."""
    observation = client().look_up(query)
    assert isinstance(observation.answer, Unavailable)
    assert observation.answer.why is Why.NOT_LISTED
    assert observation.observed_at == NOW


def test_a_complete_list_says_no() -> None:
    """As of when the list was made, and by whom."""
    observation = client().look_up(by(MISSING))
    assert observation.answer == NotRegistered("all")
    assert observation.observed_at == LATE
    assert observation.source == "list"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"authoritative": False}, Why.NOT_LISTED),
        ({"scope": "provinces:沪"}, Why.NOT_COVERED),
        ({"scope": "provinces:沪", "authoritative": False}, Why.NOT_COVERED),
    ],
)
def test_silence_that_is_no_no(options: dict[str, object], why: Why) -> None:
    """Outside its scope it is not covered; incomplete, not listed."""
    answer = client(**options).look_up(by(MISSING)).answer
    assert isinstance(answer, Unavailable)
    assert answer.why is why


def test_an_entity_whose_services_are_listed_is_not_denied() -> None:
    """The entity of a listed service is registered."""
    answer = client().look_up(by("蜀ICP备2021014694号")).answer
    assert isinstance(answer, Unavailable)
    assert answer.why is Why.NOT_LISTED


def test_empty_fields_are_found_by_nobody() -> None:
    """A record without a document, or with an empty one, answers no query for it."""
    empty = RegistrationRecord.read(registered(document_number="", platforms=[{"package": "com.sig.wameiji"}]))
    bare = RegistrationRecord.read(registered(registration_number="京ICP证030173号", kind=None, document_number=None))
    for query in (ByDocument("", "com.sig.wameiji"), ByDocument(DOCUMENT, "com.sig.wameiji")):
        assert isinstance(client(empty, bare).look_up(query).answer, Unavailable)


def test_the_list_is_copied() -> None:
    """What a caller does with its list afterwards changes nothing."""
    records = [RECORD]
    registry = MemoryRegistry(records, id="m", authoritative=False, observed_at=NOW, source="t")
    records.clear()
    assert LookupClient(registry).look_up(by(NUMBER)).answer == Found((RECORD,))


def test_capabilities() -> None:
    """It says what its records have."""
    capabilities = MemoryRegistry(
        [SECOND], id="m", authoritative=True, observed_at=NOW, source="t", scope="provinces:京"
    ).capabilities
    assert capabilities.authoritative
    assert str(capabilities.scope) == "provinces:京"
    assert capabilities.contains is not None
    assert {"operator", "domains"} <= capabilities.contains
    assert "approved_at" not in capabilities.contains


def test_equal_records_are_one_and_different_ones_an_error() -> None:
    """Never last wins."""
    changed = RegistrationRecord.read(registered(status="cancelled"))
    assert client(RECORD, RECORD).look_up(by(NUMBER)).answer == Found((RECORD,))
    with pytest.raises(ConfigurationError, match=f"two different records of {NUMBER}"):
        client(RECORD, changed)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"observed_at": datetime(2026, 11, 24)}, "needs a date and time with a zone"),  # noqa: DTZ001 -- the mistake in question
        ({"observed_at": "2026-11-24"}, "needs a date and time"),
        ({"scope": "provinces:X"}, "'X' is not a province"),
    ],
)
def test_wrong_options(options: dict[str, object], said: str) -> None:
    """What the caller did wrong is an error before the first query."""
    with pytest.raises(ConfigurationError, match=said):
        client(**options)


def test_what_is_no_record_is_refused() -> None:
    """A mapping is not a record that was read."""
    with pytest.raises(ConfigurationError, match="dict is not a record"):
        client(registered())  # type: ignore[arg-type]  # the mistake in question
