"""What an answer says, as its mapping explains it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Query, Unavailable, Why
from icpgate.number import ServiceKind
from icpgate.record import Origin, RegistrationRecord, RegistrationStatus
from icpgate.signing import Platform
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW, outcome
from tests.lookup.mapping.mappings import (
    BY_DOCUMENT,
    BY_DOMAIN,
    BY_NUMBER,
    DOCUMENT,
    DOMAIN,
    NUMBER,
    OTHER,
    PACKAGE,
    answered,
    mapped,
    row,
    said,
    why,
)

if TYPE_CHECKING:
    from icpgate.lookup.mapping import ApiMapping

QUERIES: list[Query] = [BY_NUMBER, BY_DOCUMENT, BY_DOMAIN]
ONE = mapped()
CHRISTMAS = datetime(2017, 12, 25, 8, 17, 8, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = mapped('list = "/data"')
COUNTED = mapped('list = "/data"\ntotal = "/total"')


def record(mapping: ApiMapping = ONE, value: Any = None, query: Query = BY_NUMBER) -> RegistrationRecord:
    """The one record that an answer has."""
    answer = said(mapping, answered(row()) if value is None else value, query)
    assert isinstance(answer, Found), answer
    [found] = answer.records
    return found


def field(line: str, value: object, **members: object) -> Any:
    """What a further field of the record comes to, that is read from `/x`."""
    found = record(mapped(fields=line), answered(row(x=value), **members))
    return getattr(found, line.partition(" ")[0])


def no_field(line: str, value: object) -> Why:
    """Why a further field cannot be read from `/x`."""
    return why(mapped(fields=line), answered(row(x=value)))


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_record(query: Query) -> None:
    """Found by each key, with what the answer says and nothing else."""
    found = record(query=query)
    assert found.registration_number.canonical == NUMBER
    assert found.status is RegistrationStatus.REGISTERED
    assert (found.operator, found.service_name) == ("示例网络（北京）有限公司", "示例阅读")
    assert (found.observed_at, found.source, found.origin) == (NOW, "somebody", Origin.BUREAU)
    assert (found.kind, found.blacklisted, found.approved_at) == (None, None, None)


@pytest.mark.parametrize(
    ("word", "status"), [("active", RegistrationStatus.REGISTERED), ("revoked", RegistrationStatus.CANCELLED)]
)
def test_a_status(word: str, status: RegistrationStatus) -> None:
    """By the closed table."""
    assert record(value=answered(row(status=word))).status is status


@pytest.mark.parametrize("word", ["Active", "active ", "", 0, 1, True, None, [], {}, ["active"], "registered", ...])
def test_a_status_that_is_not_listed(word: object) -> None:
    """Never the nearest one, and never our own word for it."""
    assert why(ONE, answered(row(status=word))) is Why.SCHEMA


def test_a_status_that_is_a_why() -> None:
    """Some services say there that they are busy."""
    assert said(ONE, answered(row(status="busy"))) == Unavailable(Why.MAINTENANCE, "the status says maintenance")


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_no(query: Query) -> None:
    """Explicit, of a complete source, and about what was asked."""
    assert said(ONE, answered(row(status="absent")), query) == NotRegistered("all")


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_no_about_nothing(query: Query) -> None:
    """One that does not repeat its keys may be the answer to anything."""
    bare = answered({"status": "absent"})
    assert why(ONE, bare, query) is Why.MALFORMED
    halves = [{"status": "absent", "document": DOCUMENT}, {"status": "absent", "package": PACKAGE}]
    assert {why(ONE, answered(half), BY_DOCUMENT) for half in halves} == {Why.MALFORMED}


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        (BY_NUMBER, {"number": OTHER}),
        (BY_NUMBER, {"number": NUMBER.removesuffix("-1A")}),
        (BY_NUMBER, {"number": NUMBER.removesuffix("A")}),
        (BY_DOCUMENT, {"document": "91110108MA00000001"}),
        (BY_DOCUMENT, {"package": "cn.example.Reader"}),
        (BY_DOMAIN, {"domains": ["example.cn"]}),
        (BY_DOMAIN, {"domains": "www.example.cn"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", ["active", "absent"])
def test_an_answer_about_something_else(query: Query, changes: dict[str, object], status: str) -> None:
    """However near it is; in a list it is passed over, which proves nothing."""
    value = row(status=status, **changes)
    assert why(ONE, answered(value), query) is Why.MALFORMED
    assert why(LIST, answered([value]), query) is Why.NOT_LISTED


@pytest.mark.parametrize(
    "number",
    ["京ICP备２０２６９９９９０１号－１Ａ", " 京 ICP 备 2026999901 号-1a ", "京icp備2026999901號-1A"],
)
def test_another_spelling_of_the_number(number: str) -> None:
    """Is the number."""
    assert record(value=answered(row(number=number))).registration_number.canonical == NUMBER


@pytest.mark.parametrize(
    "number", ["", "京ICP备...号", "查无此号", "京ICP备2026999901号-1A;京ICP备2026999902号-1A", "1"]
)
def test_a_number_that_is_none(number: str) -> None:
    """Whatever else the answer says; also when it was asked by another key."""
    for query in QUERIES:
        assert why(ONE, answered(row(number=number)), query) is Why.MALFORMED


@pytest.mark.parametrize("number", [None, ..., 7, True, [NUMBER], {"is": NUMBER}], ids=str)
def test_a_number_of_another_type(number: object) -> None:
    """Is of another schema."""
    for query in QUERIES:
        assert why(ONE, answered(row(number=number)), query) is Why.SCHEMA


def test_a_number_that_says_that_there_is_none() -> None:
    """Some services write a word in its place. It is no no."""
    mapping = mapped(**{'"/number"': '{ at = "/number", absent = ["-", "查询失败"] }'})
    for word in ("-", "查询失败"):
        assert why(mapping, answered(row(number=word))) is Why.NOT_LISTED
        assert why(mapping, answered(row(number=word)), BY_DOMAIN) is Why.NOT_LISTED
    assert why(mapping, answered(row(number="--"))) is Why.MALFORMED


@pytest.mark.parametrize("name", ["number", "company", "name", "document", "package"])
def test_a_word_of_failure_in_any_field(name: str) -> None:
    """A look-up that failed under a code of success is no record."""
    assert why(ONE, answered(row(**{name: "查询失败"}))) is Why.UPSTREAM_ERROR


def test_other_words_of_failure() -> None:
    """The mapping may have its own, or none."""
    assert why(mapped('object = "/data"\nfailures = ["?"]'), answered(row(name="?"))) is Why.UPSTREAM_ERROR
    assert record(mapped('object = "/data"\nfailures = []'), answered(row(name="查询失败"))).service_name == "查询失败"


@pytest.mark.parametrize("data", [None, [], [row()], "text", 7, True])
def test_data_of_another_type(data: object) -> None:
    """An object is an object."""
    assert why(ONE, answered(data)) is Why.SCHEMA
    if not isinstance(data, list):
        assert why(LIST, answered(data)) is Why.SCHEMA
        assert why(LIST, answered([data])) is Why.SCHEMA


@pytest.mark.parametrize(
    "value", [None, [], "text", 7, True, {}, [row()], row()], ids=lambda value: type(value).__name__
)
def test_an_answer_of_another_type(value: object) -> None:
    """Nothing is found where nothing is."""
    assert why(ONE, value) is Why.SCHEMA
    assert why(LIST, value) is Why.SCHEMA


class TestChecks:
    """Before anything else is looked at."""

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (1002, Why.RATE_LIMITED),
            (1, Why.UPSTREAM_ERROR),
            (-1, Why.UPSTREAM_ERROR),
            (200, Why.UPSTREAM_ERROR),
            ("0", Why.SCHEMA),
            (0.0, Why.SCHEMA),
            (False, Why.SCHEMA),
            (None, Why.SCHEMA),
            ([], Why.SCHEMA),
            ({}, Why.SCHEMA),
        ],
    )
    def test_under_an_error_nothing_is_read(self, code: object, expected: Why) -> None:
        """A leftover record counts for nothing."""
        assert why(ONE, answered(row(), code=code)) is expected

    def test_the_first_one_counts(self) -> None:
        """In the order of the file."""
        second = '[[check]]\nat = "/msg"\ntable = [{ is = "no", means = "blocked" }]\nother = "ok"'
        mapping = mapped(rest=second)
        assert why(mapping, answered(row(), code=1002, msg="no")) is Why.RATE_LIMITED
        assert why(mapping, answered(row(), msg="no")) is Why.BLOCKED

    @pytest.mark.parametrize("message", ["yes", "", None, 7, [], ...])
    def test_one_that_accuses_passes_over_the_rest(self, message: object) -> None:
        """Another value, another type, null and nothing."""
        mapping = mapped(rest='[[check]]\nat = "/msg"\ntable = [{ is = "no", means = "blocked" }]\nother = "ok"')
        members = {} if message is ... else {"msg": message}
        assert record(mapping, answered(row(), **members)).service_name == "示例阅读"

    def test_null_and_nothing_may_have_a_meaning(self) -> None:
        """Each its own."""
        check = '[[check]]\nat = "/e"\ntable = [{ is = 0, means = "ok" }]\nnull = "ok"\nmissing = "maintenance"'
        assert record(mapped(rest=check), answered(row(), e=None)).service_name == "示例阅读"
        assert said(mapped(rest=check), answered(row())) == Unavailable(Why.MAINTENANCE, "nothing at /e")

    def test_the_detail_has_the_mappings_own_literal(self) -> None:
        """And nothing else of what came."""
        assert said(ONE, answered(row(), code=1002)) == Unavailable(Why.RATE_LIMITED, "/code is 1002")
        assert said(ONE, answered(row(), code=77)) == Unavailable(Why.UPSTREAM_ERROR, "another value at /code")
        assert said(ONE, answered(row(), code="77")) == Unavailable(Why.SCHEMA, "another type at /code")


class TestLists:
    """Only exact rows count."""

    def test_the_exact_row(self) -> None:
        """Wherever it stands."""
        rows = [row(number=OTHER), row(), row(number="京ICP备2026999901号")]
        assert record(LIST, answered(rows)).registration_number.canonical == NUMBER

    def test_none(self) -> None:
        """Nobody has said anything."""
        assert why(LIST, answered([])) is Why.NOT_LISTED
        assert why(LIST, answered([row(number=OTHER)])) is Why.NOT_LISTED

    def test_the_same_row_twice_is_one(self) -> None:
        """Also when what differs was not asked for."""
        assert record(LIST, answered([row(), row(id=7)])).registration_number.canonical == NUMBER

    @pytest.mark.parametrize(
        "changes",
        [{"status": "revoked"}, {"company": "another"}, {"name": ...}, {"package": "b.c"}, {"domains": ...}],
        ids=lambda changes: next(iter(changes)),
    )
    def test_two_that_differ_say_nothing(self, changes: dict[str, object]) -> None:
        """In either order."""
        rows = [row(), row(**changes)]
        for value in (rows, rows[::-1]):
            assert said(LIST, answered(value)) == Unavailable(Why.MALFORMED, "ambiguous: several records")

    @pytest.mark.parametrize("status", ["absent", "busy", "unknown"])
    def test_one_that_is_and_one_that_is_not(self, status: str) -> None:
        """What cannot be read of the number that was asked spoils the answer."""
        rows = [row(), row(status=status)]
        for value in (rows, rows[::-1]):
            assert isinstance(said(LIST, answered(value)), Unavailable)

    def test_two_domains_of_one_registration(self) -> None:
        """Some services have a row for each."""
        rows = [row(domains="a.cn"), row(domains="b.cn"), row(domains="a.cn")]
        assert record(LIST, answered(rows)).domains == ("a.cn", "b.cn")

    def test_several_registrations_by_another_key(self) -> None:
        """All that has it."""
        answer = said(LIST, answered([row(), row(number=OTHER), row(domains="other.cn")]), BY_DOMAIN)
        assert isinstance(answer, Found)
        assert [found.registration_number.canonical for found in answer.records] == [NUMBER, OTHER]

    def test_a_no_in_a_list(self) -> None:
        """Counts like one alone."""
        assert said(LIST, answered([row(number=OTHER), row(status="absent")])) == NotRegistered("all")

    @pytest.mark.parametrize("number", [None, ..., "京ICP备...号", 7])
    def test_a_row_that_cannot_be_read(self, number: object) -> None:
        """It may have been the one; beside the exact row it does not matter."""
        assert outcome(said(LIST, answered([row(number=number), row()]))) == "found"
        assert isinstance(said(LIST, answered([row(number=number)])), Unavailable)

    def test_a_list_that_is_cut(self) -> None:
        """What is not in it may be in the rest; the exact row is there all the same."""
        assert why(COUNTED, answered([row(number=OTHER)], total=40)) is Why.TRUNCATED
        assert why(COUNTED, answered([], total=1)) is Why.TRUNCATED
        assert record(COUNTED, answered([row()], total=1)).domains == (DOMAIN,)
        # Its other domains may be in the rest as well: what is given is not all of them.
        assert record(COUNTED, answered([row(), row(domains="b.cn")], total=40)).domains is None
        assert why(COUNTED, answered([row(number=OTHER)], total=1)) is Why.NOT_LISTED

    def test_a_field_of_the_answer(self) -> None:
        """Holds for every row."""
        mapping = mapped('list = "/data"', 'observed_at = { at = "/time", of = "answer", zone = "+08:00" }')
        assert record(mapping, answered([row(time="x")], time="2026-11-23 20:00:00")).observed_at == EVENING
        assert why(mapping, answered([row(time="2026-11-23 20:00:00")])) is Why.SCHEMA

    @pytest.mark.parametrize("query", [BY_DOCUMENT, BY_DOMAIN], ids=str)
    def test_by_another_key_the_rest_may_have_more(self, query: Query) -> None:
        """So that nobody can say what all has it."""
        assert why(COUNTED, answered([row()], total=2), query) is Why.TRUNCATED
        assert isinstance(said(COUNTED, answered([row()], total=1), query), Found)

    @pytest.mark.parametrize("total", [0, -1, "1", 1.0, True, None, [], ...], ids=str)
    def test_a_count_that_cannot_be_right(self, total: object) -> None:
        """Is no count: the answer is of another schema."""
        members = {} if total is ... else {"total": total}
        assert why(COUNTED, answered([row()], **members)) is Why.SCHEMA


class TestEcho:
    """What the answer itself repeats."""

    ECHO = mapped(
        rest='[echo]\nnumber = "/asked"\ndomain = "/domain"\npackage = "/p"\n'
        'document_number = { at = "/d", decode = "base64" }'
    )

    def test_a_no_may_be_about_the_echo(self) -> None:
        """When its record is empty."""
        absent = {"status": "absent"}
        assert said(self.ECHO, answered(absent, asked=NUMBER)) == NotRegistered("all")
        assert said(self.ECHO, answered(absent, domain="API.example.cn"), BY_DOMAIN) == NotRegistered("all")
        document = base64.b64encode(DOCUMENT.encode()).decode()
        assert said(self.ECHO, answered(absent, d=document, p=PACKAGE), BY_DOCUMENT) == NotRegistered("all")
        assert why(self.ECHO, answered(absent, d=document), BY_DOCUMENT) is Why.MALFORMED
        assert why(self.ECHO, answered(absent)) is Why.MALFORMED

    def test_an_echo_of_something_else(self) -> None:
        """Also before the right record."""
        assert why(self.ECHO, answered(row(), asked=OTHER)) is Why.MALFORMED
        assert why(self.ECHO, answered(row(), domain="example.cn"), BY_DOMAIN) is Why.MALFORMED
        assert why(self.ECHO, answered(row(), p="other"), BY_DOCUMENT) is Why.MALFORMED
        assert why(self.ECHO, answered(row(), asked="?")) is Why.MALFORMED

    def test_an_echo_is_no_record(self) -> None:
        """A record must repeat its keys itself."""
        assert why(self.ECHO, answered(row(number=...), asked=NUMBER)) is Why.SCHEMA
        assert outcome(said(self.ECHO, answered(row(), asked=NUMBER))) == "found"
        assert outcome(said(self.ECHO, answered(row()))) == "found"


class TestNo:
    """Whose no counts."""

    def test_of_a_source_that_does_not_count_as_complete(self) -> None:
        """It is only not listed."""
        from dataclasses import replace  # noqa: PLC0415 -- a mapping with an answer that no file can have

        assert why(replace(ONE, authoritative=False), answered(row(status="absent"))) is Why.NOT_LISTED

    def test_outside_the_scope(self) -> None:
        """A scope is about numbers: by another key only a complete register counts."""
        ours = mapped(**{'"all"': '"provinces:京"'})
        theirs = mapped(**{'"all"': '"provinces:沪"'})
        assert said(ours, answered(row(status="absent"))) == NotRegistered("provinces:京")
        assert why(theirs, answered(row(status="absent"))) is Why.NOT_COVERED
        assert why(ours, answered(row(status="absent")), BY_DOMAIN) is Why.NOT_COVERED


class TestFields:
    """One field at a time, read from `/x`."""

    @pytest.mark.parametrize(
        ("line", "value", "expected"),
        [
            ('entity_number = "/x"', "京ICP备2026999901号", None),
            ('kind = { at = "/x", table = [{ is = 6, means = "app" }] }', 6, ServiceKind.APP),
            ('origin = { at = "/x", table = [{ is = true, means = "simulated" }] }', True, Origin.SIMULATED),
            ('operator_kind = "/x"', " 企业 ", "企业"),
            ('operator_kind = "/x"', None, None),
            ('operator_kind = { at = "/x", of = "answer" }', "row's", "answer's"),
            ('document_type = { constant = "uscc" }', "", "uscc"),
            ('access_restricted = "/x"', True, True),
            ('access_restricted = { at = "/x", table = [{ is = "是", means = true }] }', "是", True),
            ('blacklisted = { at = "/x", required = false }', None, None),
            ("blacklisted = { constant = false }", "", False),
            ('pre_approvals = { at = "/x", split = "、" }', "新闻、出版、 、新闻", ("新闻", "出版")),
            ('pre_approvals = { at = "/x", split = "、" }', "", ()),
            ('pre_approvals = "/x"', ["新闻"], ("新闻",)),
            ('access_providers = "/x"', "示例云", ("示例云",)),
            ('endpoints = { at = "/x", decode = "base64", split = ";" }', "MjAzLjAuMTEzLjc7OjoxOg==", None),
            ('approved_at = "/x"', "2023-09-03", datetime(2023, 9, 2, 16, tzinfo=UTC)),
            ('approved_at = "/x"', "2022-09-06 15:51:52", datetime(2022, 9, 6, 7, 51, 52, tzinfo=UTC)),
            ('approved_at = { at = "/x", zone = "-08:00" }', "2023-09-03", datetime(2023, 9, 3, 8, tzinfo=UTC)),
            ('approved_at = { at = "/x", time = "epoch" }', 1_514_189_828, CHRISTMAS),
            ('approved_at = { at = "/x", time = "epoch" }', "1514189828", CHRISTMAS),
            ('observed_at = { at = "/x", time = "epoch_ms" }', 1_514_189_828_000, CHRISTMAS),
            ('observed_at = { at = "/x", zone = "Asia/Shanghai" }', "2026-11-23 20:00:00", EVENING),
            ('observed_at = "/x"', "2026-11-23T20:00:00+08:00", EVENING),
        ],
        ids=lambda value: str(value)[:60],
    )  # fmt: skip
    def test_it_says(self, line: str, value: object, expected: object) -> None:
        """What its options make of it."""
        if line.startswith("entity_number"):
            assert field(line, value) == value
        elif line.startswith("endpoints"):
            assert no_field(line, value) is Why.SCHEMA  # the second is no address
            assert field(line, "MjAzLjAuMTEzLjc=") == ("203.0.113.7",)
        else:
            assert field(line, value, x="answer's") == expected

    @pytest.mark.parametrize(
        ("line", "value"),
        [
            ('entity_number = "/x"', "京ICP备2026999902号"),
            ('kind = { at = "/x", table = [{ is = 6, means = "app" }] }', 7),
            ('kind = { at = "/x", table = [{ is = 6, means = "website" }] }', 6),
            ('operator_kind = "/x"', 7),
            ('operator_kind = { at = "/x", required = true }', None),
            ('access_restricted = "/x"', "false"),
            ('access_restricted = "/x"', 0),
            ('access_restricted = "/x"', None),
            ('blacklisted = "/x"', None),
            ('blacklisted = { at = "/x", table = [{ is = "2", means = false }] }', 2),
            ('pre_approvals = "/x"', [7]),
            ('pre_approvals = "/x"', {"a": 1}),
            ('endpoints = "/x"', "localhost"),
            ('operator_kind = { at = "/x", decode = "base64" }', "not base64!"),
            ('operator_kind = { at = "/x", decode = "base64" }', "YWI"),
            ('operator_kind = { at = "/x", decode = "base64" }', "/////w=="),
            ('operator_kind = { at = "/x", decode = "base64" }', "示例"),
            ('operator_kind = { at = "/x", decode = "base64" }', 7),
            ('approved_at = "/x"', "2023/09/03"),
            ('approved_at = "/x"', 1_514_189_828),
            ('approved_at = { at = "/x", zone = "+08:00" }', "yesterday"),
            ('approved_at = { at = "/x", zone = "+08:00" }', 7),
            ('approved_at = { at = "/x", zone = "+08:00" }', "0001-01-01"),
            ('approved_at = { at = "/x", time = "epoch" }', 0),
            ('approved_at = { at = "/x", time = "epoch" }', "0"),
            ('approved_at = { at = "/x", time = "epoch" }', -1),
            ('approved_at = { at = "/x", time = "epoch" }', True),
            ('approved_at = { at = "/x", time = "epoch" }', 1.5e9),
            ('approved_at = { at = "/x", time = "epoch" }', "１５"),
            ('approved_at = { at = "/x", time = "epoch" }', 999_999_999_999_999),
            ('approved_at = { at = "/x", time = "epoch" }', 10**40),
            ('observed_at = "/x"', "2026-11-23 20:00:00"),
            ('observed_at = "/x"', None),
        ],
        ids=str,
    )
    def test_it_says_nothing(self, line: str, value: object) -> None:
        """A value that is not as the mapping says makes no record."""
        assert no_field(line, value) is Why.SCHEMA

    def test_a_word_that_is_not_listed_may_have_its_own_why(self) -> None:
        """As the mapping says."""
        line = 'kind = { at = "/x", table = [{ is = 6, means = "app" }], other = "maintenance" }'
        assert no_field(line, 7) is Why.MAINTENANCE

    def test_an_unechoed_domain(self) -> None:
        """Only where the mapping says so, and only where the answer says nothing else."""
        mapping = mapped(**{'domains = "/domains"': 'domains = { at = "/domains", unechoed = "asked" }'})
        unsaid: list[object] = [..., None, "", []]
        for domains in unsaid:
            assert record(mapping, answered(row(domains=domains)), BY_DOMAIN).domains == (DOMAIN,)
            assert why(ONE, answered(row(domains=domains)), BY_DOMAIN) is Why.SCHEMA
        assert why(mapping, answered(row(domains="other.cn")), BY_DOMAIN) is Why.MALFORMED
        assert said(mapping, answered(row(domains=..., status="absent")), BY_DOMAIN) == NotRegistered("all")

    def test_a_domain_in_another_spelling(self) -> None:
        """Is the domain."""
        assert record(value=answered(row(domains="API.Example.cn.")), query=BY_DOMAIN).domains == (DOMAIN,)
        assert why(ONE, answered(row(domains="https://api.example.cn/")), BY_DOMAIN) is Why.MALFORMED
        assert why(ONE, answered(row(domains=7)), BY_DOMAIN) is Why.SCHEMA

    def test_a_document_in_another_spelling(self) -> None:
        """Is the document; the record decides by its type."""
        assert (
            record(value=answered(row(document="91110108ma00000000 ")), query=BY_DOCUMENT).document_number == DOCUMENT
        )
        typed = mapped(fields='document_type = { constant = "uscc" }')
        assert outcome(said(typed, answered(row(document="9111 0108 ma00000000")), BY_DOCUMENT)) == "found"
        assert why(ONE, answered(row(document=7)), BY_DOCUMENT) is Why.SCHEMA

    def test_a_document_that_the_record_reads_differently(self) -> None:
        """The last word is the record's own echo."""
        spaced = ByDocument("9111 0108 MA00000000", PACKAGE)
        assert why(ONE, answered(row(document="9111 0108 MA00000000")), spaced) is Why.MALFORMED


class TestPlatforms:
    """Of the row, or of a list in it."""

    EACH = mapped(**{"[record.platforms]": '[record.platforms]\nlist = "/platforms"\nplatform = "/os"'})

    def test_of_the_row(self) -> None:
        """One, or none when the row has nothing of it."""
        assert [p.package for p in record().platforms or ()] == [PACKAGE]
        assert record(value=answered(row(package=None))).platforms is None

    def test_of_a_list(self) -> None:
        """Each with its own."""
        items = [{"os": "安卓", "package": PACKAGE}, {"os": "iOS", "package": "cn.example.ios"}]
        found = record(self.EACH, answered(row(platforms=items)), BY_DOCUMENT)
        assert [(p.platform, p.package) for p in found.platforms or ()] == [
            (Platform.ANDROID, PACKAGE),
            (Platform.IOS, "cn.example.ios"),
        ]

    @pytest.mark.parametrize("items", [None, ...])
    def test_no_list(self, items: object) -> None:
        """The source does not say."""
        assert record(self.EACH, answered(row(platforms=items))).platforms is None

    @pytest.mark.parametrize("items", ["x", {}, [7], [{"os": "Symbian"}], [{"os": 7}], [{"package": ["a"]}]], ids=str)
    def test_what_is_no_list_of_platforms(self, items: object) -> None:
        """Is of another schema."""
        assert why(self.EACH, answered(row(platforms=items))) is Why.SCHEMA

    def test_a_package_of_another_type(self) -> None:
        """Equal to nothing."""
        query = ByDocument(DOCUMENT, "7")
        assert why(ONE, answered(row(package=7)), query) is Why.SCHEMA
        assert why(ONE, answered(row(package=7, status="absent")), query) is Why.MALFORMED


def test_no_detail_repeats_what_came() -> None:
    """Places and the mapping's own words only."""
    marked = "S3CRET"
    for changes in ({"number": marked}, {"status": marked}, {"company": [marked]}, {"document": {marked: marked}}):
        for query in QUERIES:
            answer = said(ONE, answered(row(**changes)), query)
            assert isinstance(answer, Unavailable)
            assert marked not in answer.detail


def test_an_entity_is_not_its_service() -> None:
    """Nor the other way round."""
    assert why(ONE, answered(row()), by("京ICP备2026999901号")) is Why.MALFORMED
    assert why(ONE, answered(row()), ByDomain("example.cn")) is Why.MALFORMED


FRAGMENTS = mapped(
    rest="""
[[check]]
at = "/message"
other = "ok"
fragments = [{ has = "频次", means = "rate_limited" }, { has = "验证", means = "blocked" }]
"""
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("您目前访问频次过高[访问ip：192.0.2.1], 请稍后再试。", Why.RATE_LIMITED),
        ("请完成验证", Why.BLOCKED),
        ("访问频次过高，请完成验证", Why.RATE_LIMITED),
    ],
)
def test_a_fragment_accuses(message: str, expected: Why) -> None:
    """Wherever it stands; the first of the mapping counts. What was received is not repeated."""
    answer = said(FRAGMENTS, answered(row(), message=message))
    assert isinstance(answer, Unavailable)
    assert answer.why is expected
    assert "192.0.2.1" not in answer.detail


@pytest.mark.parametrize("message", ["ok", "", "频", None, 7, ["频次"], {"频次": "频次"}])
def test_without_a_fragment_nothing_is_said(message: object) -> None:
    """What is no text has no fragment."""
    assert isinstance(said(FRAGMENTS, answered(row(), message=message)), Found)
    assert isinstance(said(FRAGMENTS, answered(row())), Found)


EITHER = mapped('either = "/data"\ntotal = "/total"')


def test_one_object_or_a_list_of_them() -> None:
    """An object is held to the rules of one, a list to those of a list."""
    assert record(EITHER).registration_number.canonical == NUMBER
    assert record(EITHER, answered([row(number=OTHER), row()], total=2)).registration_number.canonical == NUMBER
    assert why(EITHER, answered(row(number=OTHER))) is Why.MALFORMED
    assert why(EITHER, answered([row(number=OTHER)], total=1)) is Why.NOT_LISTED
    assert why(EITHER, answered([row(number=OTHER)], total=40)) is Why.TRUNCATED
    assert why(EITHER, answered([row(), row(status="revoked")], total=2)) is Why.MALFORMED
    assert why(EITHER, answered("active")) is Why.SCHEMA
    assert why(EITHER, {"code": 0}) is Why.SCHEMA


def test_rows_are_counted() -> None:
    """More than a service has on a page are not looked at, were the right one among them."""
    assert isinstance(said(LIST, answered([row(number=OTHER)] * 199 + [row()])), Found)
    assert why(LIST, answered([row(number=OTHER)] * 200 + [row()])) is Why.TOO_LARGE


def test_a_long_text_is_no_number() -> None:
    """It is not looked at for what it might have in it."""
    assert why(ONE, answered(row(number="京" * 65))) is Why.MALFORMED
    assert isinstance(said(ONE, answered(row(number=f"{NUMBER:<64}"))), Found)
