"""Records: what a registry says, read and written."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import Defect, InvalidRecord
from icpgate.number import ServiceKind, parse
from icpgate.record import (
    BEIJING,
    Origin,
    RegisteredPlatform,
    RegistrationRecord,
    RegistrationStatus,
    read_time,
    write_time,
)
from icpgate.signing import Platform
from tests.cases import DOCUMENT, MD5, NOW, NUMBER, registered

PLATFORM_FIELDS = "platform, package, signing_certificate, public_key"
STATUSES = "registered, changing, pending, returned, cancelling, cancelled, shell"
LEAST: dict[str, object] = {
    "registration_number": NUMBER,
    "status": "registered",
    "observed_at": "2026-11-24T00:00:00Z",
    "source": "s",
}
OPTIONAL = (
    "service_name", "kind", "operator", "operator_kind", "document_type", "document_number", "platforms", "domains",
    "endpoints", "access_providers", "approved_at", "pre_approvals", "access_restricted", "blacklisted",
)  # fmt: skip


def defects(row: Any, **other: Any) -> list[Defect]:
    """The defects of a row."""
    with pytest.raises(InvalidRecord) as caught:
        RegistrationRecord.read(row, **other)
    return list(caught.value.defects)


def wrong(name: str, value: object) -> Defect:
    """The one defect of the least record with this value."""
    (defect,) = defects(LEAST | {name: value})
    return defect


def test_everything_that_a_record_has() -> None:
    """Each field is read into its value."""
    record = RegistrationRecord.read(
        registered(
            operator_kind="企业", approved_at="2023-09-03", entity_number="蜀ICP备2021014694号", origin="simulated"
        )
    )
    assert record == RegistrationRecord(
        registration_number=parse(NUMBER),
        status=RegistrationStatus.REGISTERED,
        observed_at=NOW - timedelta(days=1),
        source="test",
        origin=Origin.SIMULATED,
        service_name="挖煤姬",
        kind=ServiceKind.APP,
        operator="示例科技(成都)有限公司",
        operator_kind="企业",
        document_type="uscc",
        document_number=DOCUMENT,
        platforms=(RegisteredPlatform(Platform.ANDROID, "com.sig.wameiji", MD5, None),),
        domains=("api.example.cn",),
        endpoints=("203.0.113.7",),
        access_providers=("示例云",),
        approved_at=datetime(2023, 9, 2, 16, tzinfo=UTC),
        pre_approvals=(),
        access_restricted=False,
        blacklisted=False,
    )
    assert record.entity_number == "蜀ICP备2021014694号"


def test_what_a_source_does_not_have_is_none() -> None:
    """Absent and null are one thing; nothing is made up but the origin."""
    least = RegistrationRecord.read(LEAST)
    assert [getattr(least, name) for name in OPTIONAL] == [None] * len(OPTIONAL)
    assert least.origin is Origin.BUREAU
    assert RegistrationRecord.read(LEAST | dict.fromkeys(OPTIONAL)) == least


@pytest.mark.parametrize("name", ["service_name", "operator", "operator_kind", "document_type", "document_number"])
def test_an_empty_text_is_empty_not_absent(name: str) -> None:
    """A source that has the field and nothing in it has said so."""
    assert getattr(RegistrationRecord.read(LEAST | {name: " "}), name) == ""


@pytest.mark.parametrize("name", ["platforms", "domains", "endpoints", "access_providers", "pre_approvals"])
def test_an_empty_list_is_empty_not_absent(name: str) -> None:
    """A registration without domains is another thing than a source without them."""
    record = RegistrationRecord.read(LEAST | {name: []})
    assert getattr(record, name) == ()
    assert record.written()[name] == []
    assert name not in RegistrationRecord.read(LEAST).written()


def test_entries_are_normal_forms_and_stand_once() -> None:
    """Case, encoding and repeats are no differences; an empty entry says nothing."""
    record = RegistrationRecord.read(
        LEAST
        | {
            "domains": ["Example.CN.", "example.cn", "例子.中国"],
            "endpoints": ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"],
            "pre_approvals": ["新闻", "", " 新闻 ", "出版"],
            "access_providers": ("", " "),
            "platforms": [{"platform": "安卓"}, {"platform": "android", "package": None}, {}],
        }
    )
    assert record.domains == ("example.cn", "xn--fsqu00a.xn--fiqs8s")
    assert record.endpoints == ("203.0.113.7", "203.0.113.0/24")
    assert record.pre_approvals == ("新闻", "出版")
    assert record.access_providers == ()
    assert record.platforms == (RegisteredPlatform(Platform.ANDROID), RegisteredPlatform())


@pytest.mark.parametrize(
    ("document_type", "number", "normal"),
    [
        ("uscc", "9151 0108-ma6632c60r", DOCUMENT),
        ("营业执照", "９１５１０１０８MA6632C60R", DOCUMENT),
        (None, "9151 0108 ma6632c60r", DOCUMENT),
        ("something", "a-1", "A-1"),
        ("uscc", "not one at all", "NOTONEATALL"),
        ("passport", "E12345678", "E12345678"),
    ],
)
def test_a_document_number_is_kept_in_normal_form(document_type: str | None, number: str, normal: str) -> None:
    """So that a query in normal form finds it; what is wrong with it is not asked."""
    fields = {"document_type": document_type, "document_number": number}
    assert RegistrationRecord.read(LEAST | fields).document_number == normal


def test_every_defect_at_once() -> None:
    """A file is not corrected row by row and field by field."""
    row = {
        "registration_number": "x", "status": "filed", "kind": "game", "origin": "Bureau", "domains": ["a.cn", 7],
        "blacklisted": "no", "approved_at": "yesterday", "platforms": [{"pakage": "a.b"}], "servce_name": "x",
        "source": 1,
    }  # fmt: skip
    found = defects(row)
    assert [(d.code, d.place) for d in found] == [
        ("record.value", "/registration_number"),
        ("record.value", "/status"),
        ("record.value", "/kind"),
        ("record.value", "/origin"),
        ("record.value", "/domains/1"),
        ("record.value", "/blacklisted"),
        ("record.value", "/approved_at"),
        ("record.value", "/platforms/0/pakage"),
        ("record.unknown_field", "/servce_name"),
        ("record.value", "/source"),
        ("record.missing", "/observed_at"),
    ]
    with pytest.raises(InvalidRecord, match="record: 11 defects"):
        RegistrationRecord.read(row)


def test_four_fields_are_demanded() -> None:
    """Number, status, moment and source."""
    names = ("registration_number", "status", "observed_at", "source")
    assert defects({}) == [Defect("record.missing", f"/{name}", "missing", "a value") for name in names]
    assert defects(dict.fromkeys(names)) == defects({})


@pytest.mark.parametrize(
    ("name", "value", "message", "expected"),
    [
        ("status", "filed", "'filed' is not known", f"one of {STATUSES}"),
        ("status", "REGISTERED", "'REGISTERED' is not known", f"one of {STATUSES}"),
        ("status", 1, "'1' is not known", f"one of {STATUSES}"),
        ("status", "", "'' is not known", f"one of {STATUSES}"),
        ("kind", "game", "'game' is not known", "one of website, app, mini_program, quick_app"),
        ("origin", "ours", "'ours' is not known", "one of bureau, simulated"),
        ("service_name", 7, "int given", "text"),
        ("service_name", "x" * 4_097, "4,097 characters", "at most 4,096"),
        ("source", " ", "empty", "who says so"),
        ("blacklisted", 0, "int given", "true or false"),
        ("access_restricted", "false", "str given", "true or false"),
        ("domains", "a.cn", "str given", "a list"),
        ("domains", {"a.cn": 1}, "dict given", "a list"),
        ("domains", ["a.cn"] * 10_001, "10,001 entries", "at most 10,000"),
        ("platforms", {}, "dict given", "a list"),
        ("observed_at", "2026-11-24 08:00:00", "'2026-11-24 08:00:00' is not a time",
         "a time with its zone, such as 2026-11-24T08:00:00+08:00"),
        ("observed_at", "today", "'today' is not a time", "a time with its zone, such as 2026-11-24T08:00:00+08:00"),
        ("observed_at", "0001-01-01T00:00:00+08:00", "'0001-01-01T00:00:00+08:00' is not a time",
         "a time with its zone, such as 2026-11-24T08:00:00+08:00"),
        ("observed_at", 1_700_000_000, "int given", "text"),
        ("approved_at", "2023/09/03", "'2023/09/03' is not a date", "a date such as 2023-09-03"),
        ("approved_at", "9999-12-31T23:59:59-01:00", "'9999-12-31T23:59:59-01:00' is not a date",
         "a date such as 2023-09-03"),
        ("approved_at", 20230903, "int given", "text"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read(name: str, value: object, message: str, expected: str) -> None:
    """What, where, and what was expected; a word that is not on its list is never the nearest one."""
    assert wrong(name, value) == Defect("record.value", f"/{name}", message, expected)


@pytest.mark.parametrize(
    ("name", "value", "at", "message", "expectation"),
    [
        ("domains", ["a.cn", "*.b.cn"], "/1", "'*.b.cn' is a wildcard",
         ("a domain name such as example.cn", "name each domain that is used")),
        ("domains", [7], "/0", "int given", ("text",)),
        ("endpoints", ["203.0.113.7", "a.cn"], "/1", "'a.cn' is not an IP address",
         ("an address such as 203.0.113.7", "put host names into domains")),
        ("access_providers", ["x", None], "/1", "NoneType given", ("text",)),
        ("platforms", ["android"], "/0", "str given", (f"an object with {PLATFORM_FIELDS}",)),
        ("platforms", [{}, {"platform": "symbian"}], "/1/platform", "'symbian' is not a platform",
         (f"one of {', '.join(Platform)}",)),
        ("platforms", [{"package": 7}], "/0", "int given", ("text",)),
        ("platforms", [{"pakage": "a"}], "/0/pakage", "unknown field",
         (f"one of {PLATFORM_FIELDS}", "did you mean package?")),
        ("platforms", [{7: "a"}], "/0/7", "unknown field", (f"one of {PLATFORM_FIELDS}", "remove it")),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read(
    name: str, value: object, at: str, message: str, expectation: tuple[str, ...]
) -> None:
    """The place is the entry's."""
    assert wrong(name, value) == Defect("record.value", f"/{name}{at}", message, *expectation)


def test_the_limits_themselves_are_read() -> None:
    """4,096 characters and 10,000 entries."""
    record = RegistrationRecord.read(
        LEAST | {"operator": "x" * 4_096, "access_providers": [str(n) for n in range(10_000)]}
    )
    assert len(record.operator or "") == 4_096
    assert len(record.access_providers or ()) == 10_000


def test_a_number_that_is_none() -> None:
    """The reason is the number's own."""
    defect = wrong("registration_number", "京公网安备11010802022657号")
    assert defect.message.startswith("'京公网安备11010802022657号' is not a registration number: ")
    assert defect.expected == "a number as issued"
    assert defect.hint == "give the ministry's number, such as 蜀ICP备2021014694号-10A"
    assert wrong("registration_number", 2021014694).place == "/registration_number"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("servce_name", "did you mean service_name?"),
        ("entity_numbr", "did you mean entity_number?"),
        ("zzz", "remove it"),
    ],
)
def test_an_unknown_field(name: str, hint: str) -> None:
    """A misspelt field is a fact that silently would not be checked; even null does not make it known."""
    assert wrong(name, 1) == Defect("record.unknown_field", f"/{name}", f"unknown field '{name}'", "", hint)


def test_a_field_whose_name_is_no_text() -> None:
    """It is unknown as any other."""
    (defect,) = defects({**LEAST, 7: "x"})
    assert (defect.place, defect.message, defect.hint) == ("/7", "unknown field '7'", "remove it")


@pytest.mark.parametrize(
    ("changes", "place", "message", "expected"),
    [
        ({"entity_number": "京ICP备2024000001号"}, "/entity_number",
         f"'京ICP备2024000001号' is not the entity of {NUMBER}", "蜀ICP备2021014694号"),
        ({"entity_number": NUMBER}, "/entity_number", f"'{NUMBER}' is not the entity of {NUMBER}",
         "蜀ICP备2021014694号"),
        ({"entity_number": 7}, "/entity_number", f"'7' is not the entity of {NUMBER}", "蜀ICP备2021014694号"),
        ({"kind": "website"}, "/kind", f"website contradicts {NUMBER}", "app"),
    ],
)  # fmt: skip
def test_a_row_that_contradicts_itself(changes: dict[str, object], place: str, message: str, expected: str) -> None:
    """It belongs to nobody."""
    assert defects(LEAST | changes) == [Defect("record.contradiction", place, message, expected)]


def test_what_agrees_contradicts_nothing() -> None:
    """The entity in another writing, and a kind where the number has none."""
    RegistrationRecord.read(LEAST | {"entity_number": "蜀 ICP 备 2021014694 号", "kind": "app"})
    RegistrationRecord.read(LEAST | {"registration_number": "蜀ICP备2021014694号", "kind": "website"})


def test_moment_and_source_may_be_the_files() -> None:
    """They fill rows that do not state their own, and only those."""
    row = {"registration_number": NUMBER, "status": "registered", "observed_at": None}
    filled = RegistrationRecord.read(row, observed_at=NOW.astimezone(BEIJING), source="file")
    assert (filled.observed_at, filled.source) == (NOW, "file")
    assert filled.observed_at.tzinfo is UTC
    own = RegistrationRecord.read(LEAST, observed_at=NOW - timedelta(days=9), source="file")
    assert (own.observed_at, own.source) == (NOW, "s")


def test_a_moment_without_a_zone_is_nobodys() -> None:
    """Not the row's, nor the file's."""
    naive = datetime(2026, 11, 24)  # noqa: DTZ001 -- the mistake in question
    row = {name: value for name, value in LEAST.items() if name != "observed_at"}
    (defect,) = defects(row, observed_at=naive)
    assert (defect.place, defect.message) == ("/observed_at", "'2026-11-24T00:00:00' is not a time")
    assert defects(row | {"observed_at": naive}) == [defect]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-09-03", datetime(2023, 9, 2, 16, tzinfo=UTC)),
        ("2023-09-03 10:20:30", datetime(2023, 9, 3, 2, 20, 30, tzinfo=UTC)),
        (" 2023-09-03T10:20:30Z ", datetime(2023, 9, 3, 10, 20, 30, tzinfo=UTC)),
    ],
)
def test_the_registration_system_writes_local_time(text: str, moment: datetime) -> None:
    """Without a zone an approval means Asia/Shanghai."""
    assert RegistrationRecord.read(LEAST | {"approved_at": text}).approved_at == moment


class _Raising(dict[str, object]):
    """A mapping that cannot be read."""

    def __iter__(self) -> NoReturn:
        raise ZeroDivisionError

    def keys(self) -> NoReturn:
        raise ZeroDivisionError


class _List(list[object]):
    """A list that cannot be read."""

    def __iter__(self) -> NoReturn:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (None, "NoneType given"),
        ([LEAST], "list given"),
        ("x", "str given"),
        (_Raising(a=1), "_Raising that raises ZeroDivisionError"),
    ],
)
def test_what_is_no_row(row: object, message: str) -> None:
    """It is refused as a whole."""
    assert defects(row) == [Defect("record.type", "", message, "an object with named fields")]
    with pytest.raises(InvalidRecord, match=r"^record: 1 defect"):
        RegistrationRecord.read(row)  # type: ignore[arg-type]  # the mistake in question


def test_a_value_that_raises() -> None:
    """It is a defect of its field."""
    assert wrong("domains", _List([1])) == Defect("record.value", "/domains", "_List that raises ZeroDivisionError")


TEXT = st.text(max_size=12)
PLATFORM = st.fixed_dictionaries(
    {}, optional={"platform": st.sampled_from([p.value for p in Platform]), "package": TEXT, "public_key": TEXT}
)
MOMENT = st.datetimes(
    datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.sampled_from([UTC, BEIJING, timezone(timedelta(hours=-9))])  # noqa: DTZ001 -- the zones come beside
).map(datetime.isoformat)  # fmt: skip
ROWS = st.fixed_dictionaries(
    {
        "registration_number": st.sampled_from([NUMBER, "京ICP证030173号-209A", "粤B2-20090059-1626A"]),
        "status": st.sampled_from([s.value for s in RegistrationStatus]),
        "observed_at": MOMENT,
        "source": TEXT.filter(str.strip),
    },
    optional={
        "origin": st.sampled_from(["bureau", "simulated"]),
        "kind": st.just("app"),
        "service_name": TEXT,
        "operator": TEXT,
        "operator_kind": TEXT,
        "document_type": st.sampled_from(["uscc", "id_card", "营业执照", "其他", "?"]) | TEXT,
        "document_number": TEXT | st.text("0123456789Aa -－Ｂ", max_size=20),
        "platforms": st.lists(PLATFORM, max_size=3),
        "domains": st.lists(st.sampled_from(["a.cn", "B.CN", "例子.中国"]), max_size=3),
        "endpoints": st.lists(st.sampled_from(["203.0.113.7", "203.0.113.0/24", "::ffff:1.2.3.4"]), max_size=3),
        "access_providers": st.lists(TEXT, max_size=3),
        "approved_at": st.dates(datetime(2000, 1, 1).date(), datetime(2090, 1, 1).date()).map(str) | MOMENT,  # noqa: DTZ001 -- days
        "pre_approvals": st.lists(TEXT, max_size=3),
        "access_restricted": st.booleans(),
        "blacklisted": st.booleans() | st.none(),
    },
)


@given(ROWS)
def test_what_is_written_is_read_again(row: dict[str, object]) -> None:
    """As the same record, through JSON, and by pickling."""
    record = RegistrationRecord.read(row)
    written = record.written()
    assert RegistrationRecord.read(json.loads(json.dumps(written))) == record
    assert RegistrationRecord.read(written).written() == written
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 -- our own bytes
    assert {name for name, value in row.items() if value is not None} <= set(written)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(RegistrationRecord)]) | TEXT, VALUES) | VALUES
)
def test_any_row_is_a_record_or_invalid(row: Any) -> None:
    """Nothing but `InvalidRecord` comes out, and each defect says where and what."""
    try:
        RegistrationRecord.read(row)
    except InvalidRecord as error:
        found = error.defects
    else:
        found = ()
    assert all(d.code.startswith("record.") and d.message and d.place.isprintable() for d in found)


def test_a_record_is_written_in_the_names_of_the_protocol() -> None:
    """Each under its name, in plain values."""
    written = RegistrationRecord.read(registered(approved_at="2023-09-03", operator_kind="企业")).written()
    assert written == {
        "registration_number": NUMBER,
        "entity_number": "蜀ICP备2021014694号",
        "service_name": "挖煤姬",
        "kind": "app",
        "operator": "示例科技(成都)有限公司",
        "operator_kind": "企业",
        "document_type": "uscc",
        "document_number": DOCUMENT,
        "platforms": [{"platform": "android", "package": "com.sig.wameiji", "signing_certificate": MD5}],
        "domains": ["api.example.cn"],
        "endpoints": ["203.0.113.7"],
        "access_providers": ["示例云"],
        "approved_at": "2023-09-02T16:00:00Z",
        "status": "registered",
        "pre_approvals": [],
        "access_restricted": False,
        "blacklisted": False,
        "observed_at": "2026-11-23T00:00:00Z",
        "source": "test",
        "origin": "bureau",
    }
    assert [type(written[name]) for name in ("kind", "status", "origin")] == [str] * 3


def test_a_record_is_a_value() -> None:
    """Frozen, hashable, and without the document number in its repr."""
    record = RegistrationRecord.read(registered())
    assert len({record, RegistrationRecord.read(registered())}) == 1
    assert DOCUMENT not in repr(record)
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.status = RegistrationStatus.SHELL  # type: ignore[misc]  # the mistake in question


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 24, 8, tzinfo=BEIJING), "2026-11-24T00:00:00Z"),
        (datetime(2026, 11, 24, 0, 0, 0, 5, tzinfo=UTC), "2026-11-24T00:00:00.000005Z"),
    ],
)
def test_times(moment: datetime, text: str) -> None:
    """RFC 3339 in UTC, and back."""
    assert write_time(moment) == text
    assert read_time(text) == moment
    assert read_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-11-24", "2026-11-24T08:00:00", "", "x", "0001-01-01T00:00:00+08:00"])
def test_times_without_a_zone(text: str) -> None:
    """Nobody guesses one; `ValueError` is all that comes out."""
    with pytest.raises(
        ValueError, match=rf"'{re.escape(text)}' (has no time zone|is beyond the calendar)|Invalid isoformat"
    ):
        read_time(text)


def test_a_zone_may_be_given() -> None:
    """It stands in only where the text has none."""
    assert read_time("2023-09-03", zone=BEIJING) == datetime(2023, 9, 3, tzinfo=BEIJING)
    assert read_time("2023-09-03T00:00:00Z", zone=BEIJING) == datetime(2023, 9, 3, tzinfo=UTC)


def test_china_has_one_zone() -> None:
    """Eight hours ahead of UTC, summer and winter."""
    assert {BEIJING.utcoffset(datetime(2026, month, 1, tzinfo=BEIJING)) for month in range(1, 13)} == {
        timedelta(hours=8)
    }
    assert str(BEIJING) == "Asia/Shanghai"
