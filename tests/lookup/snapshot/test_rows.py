"""A record as a stored row, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import RegistryFileError
from icpgate.lookup.snapshot.body import body_of, contained, shape_of
from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.lookup.snapshot.rows import (
    StoredRow,
    checksum_of,
    document_key,
    domain_key,
    keys_of,
    number_of,
    packed,
    read_row,
    unpacked,
)
from icpgate.lookup.snapshot.storable import unstorable
from icpgate.number import ServiceKind, parse
from icpgate.record import Origin, RegisteredPlatform, RegistrationRecord, RegistrationStatus
from icpgate.signing import Platform
from tests.cases import registered

RECORD = RegistrationRecord.read(registered())
NUMBERS = [
    "蜀ICP备2021014694号-10A",
    "蜀ICP备2021014694号",
    "京ICP备05070218号-1",
    "京ICP证030173号-209A",
    "粤B2-20090059-1626X",
    "粤B2-20090059",
    "合字B2-20090007-3A",
    "A2.B1.B2-20090001-4K",
]

texts = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=12)
maybe = st.none() | texts
lists = st.none() | st.lists(texts.filter(bool), max_size=3).map(tuple)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds
platforms = st.builds(
    RegisteredPlatform,
    platform=st.none() | st.sampled_from(list(Platform)),
    package=maybe,
    signing_certificate=maybe,
    public_key=maybe,
).filter(lambda platform: platform != RegisteredPlatform())
records = st.builds(
    RegistrationRecord,
    registration_number=st.sampled_from([parse(number) for number in NUMBERS]),
    status=st.sampled_from(list(RegistrationStatus)),
    observed_at=moments,
    source=texts.filter(bool),
    origin=st.sampled_from(list(Origin)),
    service_name=maybe,
    kind=st.none() | st.sampled_from(list(ServiceKind)),
    operator=maybe,
    operator_kind=maybe,
    document_type=maybe,
    document_number=maybe,
    platforms=st.none() | st.lists(platforms, max_size=3).map(tuple),
    domains=lists,
    endpoints=lists,
    access_providers=lists,
    approved_at=st.none() | moments | moments.map(lambda moment: moment.replace(microsecond=0)),
    pre_approvals=lists,
    access_restricted=st.none() | st.booleans(),
    blacklisted=st.none() | st.booleans(),
)


def stored(record: RegistrationRecord) -> StoredRow:
    """The row of a record whose source is the first."""
    number, observed_at, body = (
        packed(record.registration_number.canonical),
        microseconds(record.observed_at),
        body_of(record),
    )
    return StoredRow(number, observed_at, 0, body, checksum_of(number, observed_at, record.source, body))


@given(records)
def test_a_record_comes_back_as_it_was(record: RegistrationRecord) -> None:
    """Absent stays absent, and empty empty, in every field."""
    assert unstorable(record) is None
    assert read_row(stored(record), [record.source], simulated=False) == record


@given(records)
def test_in_a_simulated_registry_every_record_is_simulated(record: RegistrationRecord) -> None:
    """Whatever its row says; all else is as it was."""
    read = read_row(stored(record), [record.source], simulated=True)
    assert read == replace(record, origin=Origin.SIMULATED)


@given(records, st.data())
def test_no_changed_row_is_read(record: RegistrationRecord, data: st.DataObject) -> None:
    """Any bit of any part of a row: it is refused, never another record."""
    row = stored(record)
    column = data.draw(st.sampled_from([0, 1, 3, 4]))
    parts: list[object] = list(row)
    value = parts[column]
    if isinstance(value, int):
        parts[column] = value ^ (1 << data.draw(st.integers(0, 31)))
    else:
        raw = bytearray(str(value).encode())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        parts[column] = raw.decode("utf-8", "replace")
    with pytest.raises(RegistryFileError, match="a row is not as it was written"):
        read_row(StoredRow._make(parts), [record.source], simulated=False)


@pytest.mark.parametrize("body", ["", "r", "zabbb", "ra?00", "rab00\x1f\x1f\x1f\x1f\x1fzz", "rab00" + "\x1f" * 6 + "x"])
def test_a_body_that_was_never_written(body: str) -> None:
    """A right checksum over nonsense makes no record of it."""
    row = stored(RECORD)
    row = row._replace(body=body, checksum=checksum_of(row.number, row.observed_at, "test", body))
    with pytest.raises(RegistryFileError):
        read_row(row, ["test"], simulated=False)


@pytest.mark.parametrize("sources", [[], ["another"]])
def test_a_row_of_another_source(sources: list[str]) -> None:
    """Who said it is part of what was said."""
    with pytest.raises(RegistryFileError):
        read_row(stored(RECORD), sources, simulated=False)


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_packed_without_loss(number: str) -> None:
    """Every family comes back as it was; one with 备 is shorter."""
    assert unpacked(packed(number)) == number
    assert number_of(packed(number)) == parse(number)


@given(moments)
def test_moments_are_exact(moment: datetime) -> None:
    """To the microsecond."""
    assert moment_of(microseconds(moment)) == moment


def test_keys() -> None:
    """Each package with the document, and each domain; never an empty one."""
    assert keys_of(RECORD) == {
        document_key("91510108MA6632C60R", "com.sig.wameiji"),
        domain_key("api.example.cn"),
    }
    assert keys_of(replace(RECORD, document_number="", domains=None)) == set()
    assert keys_of(replace(RECORD, platforms=(RegisteredPlatform(package=""),), domains=())) == set()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"service_name": "挖\x00煤"}, "service_name", "U+0000 at character 2"),
        ({"operator": "a\x1fb"}, "operator", "U+001F"),
        ({"operator_kind": "\ud800"}, "operator_kind", "U+D800 at character 1"),
        ({"document_type": "\x7f"}, "document_type", "U+007F"),
        ({"document_number": "1\x022"}, "document_number", "U+0002"),
        ({"source": "\x1d"}, "source", "U+001D"),
        ({"domains": ("a.cn", "b\x1e.cn")}, "domains", "U+001E at character 2"),
        ({"endpoints": ("\x1e",)}, "endpoints", "U+001E"),
        ({"platforms": (RegisteredPlatform(signing_certificate="\x1e"),)}, "platforms", "U+001E"),
        ({"platforms": (RegisteredPlatform(package="a\x1d"),)}, "platforms", "U+001D"),
        ({"platforms": (RegisteredPlatform(public_key="\x1e"),)}, "platforms", "U+001E"),
        ({"platforms": (RegisteredPlatform(package=""), RegisteredPlatform())}, "platforms", "nothing is said"),
    ],
)
def test_what_cannot_be_stored(changes: dict[str, object], field: str, said: str) -> None:
    """Control characters, halves of characters, entries that say nothing: named by field and place."""
    problem = unstorable(replace(RECORD, **changes))  # type: ignore[arg-type]  # fields by name
    assert problem is not None
    assert problem[0] == field
    assert said in problem[1]


def test_line_ends_and_tabs_can_be_stored() -> None:
    """They stand in real names, and separate nothing here."""
    assert unstorable(replace(RECORD, service_name="a\tb\r\nc")) is None


def test_what_records_contain() -> None:
    """A field counts when one record has it, empty or not."""
    bare = RegistrationRecord.read(
        {
            "registration_number": "蜀ICP备2021014694号-10A",
            "status": "registered",
            "observed_at": "2026-11-20T09:00:00+08:00",
            "source": "s",
        }
    )
    assert contained({shape_of(body_of(bare))}) == set(bare.written())
    both = contained({shape_of(body_of(bare)), shape_of(body_of(replace(bare, operator="", blacklisted=False)))})
    assert both == set(bare.written()) | {"operator", "blacklisted"}
