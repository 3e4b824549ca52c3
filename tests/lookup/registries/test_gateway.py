"""A gateway in the envelope of the public query, over a real server, blocking and on an event loop."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import ConfigurationError
from icpgate.lookup import Limits, LookupClient, registry_from_url
from icpgate.lookup.registries.gateway import GatewayRegistry, from_file, from_url
from icpgate.lookup.transport import Transport
from icpgate.lookup.wire import Origin
from icpgate.testing.gateway import GatewayServer
from tests.awaited import CLIENTS, GATES
from tests.cases import described
from tests.lookup.files import by
from tests.lookup.mapping.local import asked, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.answer import Answer, Query
    from icpgate.gate import Gate
    from icpgate.record import RegistrationRecord

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
OPERATOR = "示例网络（北京）有限公司"
CHALLENGE = "<html><head><title>405</title></head><body>当前访问疑似黑客攻击</body></html>".encode()


def app_row(sequence: int = 1, **changes: object) -> dict[str, object]:
    """A row of an app with its details; a change to None leaves a field out."""
    fields: dict[str, object] = {
        "contentTypeName": "",
        "dataId": 700 + sequence,
        "leaderName": "",
        "limitAccess": "否",
        "mainLicence": "京ICP备2026999901号",
        "mainUnitAddress": "北京市",
        "natureName": "企业",
        "serviceLicence": f"京ICP备2026999901号-{sequence}A",
        "serviceName": f"示例阅读{sequence}",
        "unitName": OPERATOR,
        "updateRecordTime": "2024-01-02 03:04:05",
        "version": "1.0",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def short_row(sequence: int = 1) -> dict[str, object]:
    """The same, when its details could not be had."""
    full = app_row(sequence)
    return {name: full[name] for name in ("dataId", "mainLicence", "serviceLicence", "unitName")}


def site_row(domain: str, sequence: int = 3, **changes: object) -> dict[str, object]:
    """A row of a website: one for each of its domains."""
    number = f"京ICP备2026999901号-{sequence}"
    row = app_row(sequence, serviceLicence=number, serviceName=None, version=None, dataId=None)
    return row | {"domain": domain} | changes


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Observation]:
    """Asks a gateway one query, once."""

    def look_up(server: GatewayServer, query: Query, **settings: Any) -> Observation:
        kind: type[LookupClient] = request.param
        with kind(GatewayRegistry.at(server.url, **settings), limits=Limits(attempts=1)) as client:
            return client.look_up(query, deadline=10)

    return look_up


def record_of(observation: Observation) -> RegistrationRecord:
    """The one record that was found."""
    assert isinstance(observation.answer, Found), observation.answer
    (record,) = observation.answer.records
    return record


def why_of(observation: Observation) -> tuple[Why, str]:
    """Why nobody could say, and where that was seen."""
    assert isinstance(observation.answer, Unavailable), observation.answer
    return observation.answer.why, observation.answer.detail


CLEAR = {"app": [{"serviceName": "示例阅读1", "blackListLevel": 2}]}


def test_all_that_a_row_says(ask: Callable[..., Observation]) -> None:
    """Each field in its place, the moment in Asia/Shanghai; the kind of the query follows from the number."""
    with GatewayServer({"app": [app_row(limitAccess="是", contentTypeName="出版、文化")]}, CLEAR) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-1A")))
    assert record.registration_number.canonical == "京ICP备2026999901号-1A"
    assert (record.service_name, record.operator, record.operator_kind) == ("示例阅读1", OPERATOR, "企业")
    assert (record.access_restricted, record.blacklisted) == (True, False)
    assert record.pre_approvals == ("出版", "文化")
    assert record.approved_at == datetime(2024, 1, 1, 19, 4, 5, tzinfo=UTC)
    assert record.source == f"gateway {server.url}"
    assert server.asked == [
        "/query/app?search=京ICP备2026999901号-1A&pageNum=1&pageSize=26",
        "/query/bapp?search=示例阅读1",
    ]


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("京ICP备2026999901号-4X", "/query/mapp?search=京ICP备2026999901号-4X"),
        ("京ICP备2026999901号-5K", "/query/kapp?search=京ICP备2026999901号-5K"),
        ("京ICP备2026999901号-6", "/query/web?search=京ICP备2026999901号-6"),
        ("京ICP备2026999901号", "/query/web?search=京ICP备2026999901号"),
    ],
)
def test_each_kind_is_asked_of_its_own(number: str, path: str, ask: Callable[..., Observation]) -> None:
    """The suffix of the number says where; an empty list proves nothing."""
    with GatewayServer({}) as server:
        assert why_of(ask(server, by(number))) == (Why.NOT_LISTED, "not in the list")
    assert server.asked == [f"{path}&pageNum=1&pageSize=26"]


def test_short_rows_and_rows_with_details(ask: Callable[..., Observation]) -> None:
    """A short row is a record with fewer fields; without a name there is nothing to ask the blacklist by."""
    rows = [short_row(1), app_row(11), app_row(12)]
    with GatewayServer({"app": rows}) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-1A")))
        assert len(server.asked) == 1
    assert (record.operator, record.service_name) == (OPERATOR, None)
    assert (record.access_restricted, record.blacklisted) == (None, None)


def test_a_short_row_beside_the_one_with_details(ask: Callable[..., Observation]) -> None:
    """They do not contradict each other: one registration with all that both say."""
    for rows in ([short_row(1), app_row(1)], [app_row(1, limitAccess=None), short_row(1) | {"limitAccess": "是"}]):
        with GatewayServer({"app": rows}) as server:
            record = record_of(ask(server, by("京ICP备2026999901号-1A"), blacklist=False))
        assert (record.service_name, record.blacklisted) == ("示例阅读1", None)
        assert record.access_restricted is (rows[1].get("limitAccess") == "是")


@pytest.mark.parametrize(
    "change", [{"unitName": "别家"}, {"limitAccess": "是"}, {"updateRecordTime": "2025-01-02 03:04:05"}]
)
def test_equal_rows_that_disagree(change: dict[str, str], ask: Callable[..., Observation]) -> None:
    """Two rows of one number that say different things say nothing."""
    with GatewayServer({"app": [app_row(1), app_row(1, **change)]}) as server:
        assert why_of(ask(server, by("京ICP备2026999901号-1A"))) == (Why.MALFORMED, "ambiguous: several records")


@pytest.mark.parametrize(
    "number",
    ["京ICP备2026999901号-11A", "京ICP备2026999901号-1X", "京ICP备2026999902号-1A", "京ICP备2026999901号"],
)
def test_only_the_very_number_counts(number: str, ask: Callable[..., Observation]) -> None:
    """A fuzzy search brings near ones, those of another kind, and the entity's."""
    entity = number.partition("-")[0]
    row = app_row(1, serviceLicence=number, mainLicence=entity, unitName="京ICP备2026999901号-1A")
    with GatewayServer({"app": [row]}) as server:
        assert why_of(ask(server, by("京ICP备2026999901号-1A"))) == (Why.NOT_LISTED, "not in the list")


def test_the_number_in_other_characters(ask: Callable[..., Observation]) -> None:
    """A number is compared in its canonical form."""
    row = app_row(1, serviceLicence="京ＩＣＰ备２０２６９９９９０１号－１Ａ")

    def wide(kind: str, _page: int, envelope: dict[str, Any]) -> object:
        if kind == "app":
            envelope["params"] |= {"list": [row], "total": 1, "isLastPage": True}
        return envelope

    with GatewayServer({}, CLEAR, alter=wide) as server:
        assert record_of(ask(server, by("京ICP备2026999901号-1A"))).service_name == "示例阅读1"


# --- by domain ----------------------------------------------------------------------------------


def test_a_website_with_several_domains(ask: Callable[..., Observation]) -> None:
    """Its rows are one registration, by number and by domain; each domain is looked for in the blacklist."""
    rows = [site_row("www.example.cn"), site_row("api.example.cn")]
    black = {"web": [{"domain": row["domain"], "blackListLevel": 2} for row in rows]}
    with GatewayServer({"web": rows}, black) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-3")))
        assert (record.domains, record.blacklisted) == (("www.example.cn", "api.example.cn"), False)
        assert sorted(server.asked[1:]) == ["/query/bweb?search=api.example.cn", "/query/bweb?search=www.example.cn"]
        assert record_of(ask(server, ByDomain("api.example.cn"))).domains == ("api.example.cn",)
        assert server.asked[3].startswith("/query/web?search=api.example.cn&")


def test_a_domain_of_several_registrations(ask: Callable[..., Observation]) -> None:
    """Every one of them, and none of a domain that only has it in its name."""
    rows = [site_row("example.cn", 3), site_row("example.cn", 4), site_row("example.cn.example.com", 5)]
    with GatewayServer({"web": rows}) as server:
        answer = ask(server, ByDomain("example.cn"), blacklist=False).answer
    assert isinstance(answer, Found)
    assert [record.registration_number.sequence for record in answer.records] == [3, 4]


def test_a_domain_counts_only_when_the_list_was_read_to_its_end(ask: Callable[..., Observation]) -> None:
    """Another registration of it may be among the rows that were not given."""
    rows = [site_row("example.cn", 3), *(site_row(f"{n}.example.cn", n) for n in range(10, 20))]
    with GatewayServer({"web": rows}, most_a_page=3) as server:
        assert why_of(ask(server, ByDomain("example.cn"), most_pages=3)) == (
            Why.TRUNCATED,
            "more rows than were given",
        )
        assert record_of(ask(server, ByDomain("example.cn"), blacklist=False)).domains == ("example.cn",)


def test_what_cannot_be_asked(ask: Callable[..., Observation]) -> None:
    """A gateway has neither documents nor packages: nobody is asked."""
    with GatewayServer({}) as server:
        assert why_of(ask(server, ByDocument("91510108MA6632C60R", "cn.example.app")))[0] is Why.CONFIGURATION
        [observation] = asked(GatewayRegistry.at(server.url), ByDocument("91510108MA6632C60R", "cn.example.app"))
        assert outcome(observation.answer) == "configuration"
        assert server.asked == []


# --- pages --------------------------------------------------------------------------------------


def many(count: int) -> list[dict[str, object]]:
    """So many rows of one entity."""
    return [app_row(sequence) for sequence in range(1, count + 1)]


def alike(count: int) -> dict[str, list[dict[str, object]]]:
    """Rows that a search for the first of them all finds, the first as the last."""
    return {"app": [app_row(n, aliases="", unitName="京ICP备2026999901号-1A") for n in range(2, count + 1)] + many(1)}


def test_it_is_read_on_until_found(ask: Callable[..., Observation]) -> None:
    """Page after page, and no further; a page may be shorter than was asked for."""
    with GatewayServer(alike(25), most_a_page=10) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-1A"), blacklist=False))
        assert record.service_name == "示例阅读1"
        assert [path.partition("pageNum=")[2] for path in server.asked] == [f"{n}&pageSize=26" for n in (1, 2, 3)]
        del server.asked[:]
        record_of(ask(server, by("京ICP备2026999901号-1A"), blacklist=False, page_size=1, most_pages=25))
        assert len(server.asked) == 25


def test_found_on_the_first_page_of_many(ask: Callable[..., Observation]) -> None:
    """No other page is asked for; of a website that is not all of its domains."""
    sites = {"web": [site_row(f"{n}.example.cn") for n in range(9)]}
    with GatewayServer(sites, most_a_page=4) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-3"), blacklist=True))
        assert (record.domains, record.blacklisted) == (None, None)
        assert len(server.asked) == 1


def test_no_more_pages_than_said(ask: Callable[..., Observation]) -> None:
    """Then nobody can say what stands on the others."""
    with GatewayServer(alike(25), most_a_page=4) as server:
        said = why_of(ask(server, by("京ICP备2026999901号-1A"), most_pages=3))
        assert said == (Why.TRUNCATED, "more rows than were given")
        assert len(server.asked) == 3


def _with(**params: object) -> Callable[[str, int, dict[str, Any]], object]:
    def alter(_kind: str, _page: int, envelope: dict[str, Any]) -> object:
        envelope["params"] |= params
        return envelope

    return alter


def _growing(_kind: str, page: int, envelope: dict[str, Any]) -> object:
    envelope["params"]["total"] += page
    return envelope


def _same_page(_kind: str, _page: int, envelope: dict[str, Any]) -> object:
    rows = [app_row(n) for n in range(2, 6)]
    envelope["params"] |= {"list": rows, "total": 25, "pageNum": 1}
    return envelope


def _same_rows(kind: str, page: int, envelope: dict[str, Any]) -> object:
    _same_page(kind, page, envelope)
    envelope["params"]["pageNum"] = page
    return envelope


def _endless(_kind: str, page: int, envelope: dict[str, Any]) -> object:
    rows = [app_row(10 * page + n) for n in range(4)]
    envelope["params"] |= {"list": rows, "total": 10_000}
    return envelope


MORE = "a page without new rows, and yet more are declared"


@pytest.mark.parametrize(
    ("alter", "expected", "pages"),
    [
        (_growing, (Why.TRUNCATED, "a list that changed while it was read"), 2),
        (_same_page, (Why.TRUNCATED, "another page than was asked for"), 2),
        (_same_rows, (Why.TRUNCATED, MORE), 2),
        (_endless, (Why.TRUNCATED, "more rows than were given"), 4),
        (_with(list=[]), (Why.TRUNCATED, MORE), 1),
        (_with(pageNum=7), (Why.TRUNCATED, "another page than was asked for"), 1),
        (_with(list=many(2)[1:], total=1, hasNextPage=True), (Why.TRUNCATED, MORE), 2),
        (_with(list=many(2)[1:], total=1, hasNextPage=False, isLastPage=False), (Why.TRUNCATED, MORE), 2),
        (_with(list=many(2)[1:], total=1, hasNextPage=False, isLastPage=True, pages=2), (Why.TRUNCATED, MORE), 2),
        (_with(list=many(2)[1:], total=1, hasNextPage=False, isLastPage=True, pages=1, lastPage=9),
         (Why.TRUNCATED, MORE), 2),
        (_with(list=many(2)[1:], total=0), (Why.SCHEMA, "more rows than /params/total says"), 1),
        (_with(total=None), (Why.SCHEMA, "no count of the rows at /params/total"), 1),
        (_with(total=-1), (Why.SCHEMA, "no count of the rows at /params/total"), 1),
        (_with(total="4"), (Why.SCHEMA, "no count of the rows at /params/total"), 1),
        (_with(total=True), (Why.SCHEMA, "no count of the rows at /params/total"), 1),
        (_with(list=None), (Why.SCHEMA, "no list at /params/list"), 1),
        (_with(list={}), (Why.SCHEMA, "no list at /params/list"), 1),
        (lambda *_: {"code": 200, "success": True, "params": [app_row(1)]}, (Why.SCHEMA, "no list at /params/list"), 1),
        (lambda *_: {"code": 200, "success": True}, (Why.SCHEMA, "no list at /params/list"), 1),
        (_with(list=[None], total=1, pages=1, lastPage=1, hasNextPage=False, isLastPage=True),
         (Why.SCHEMA, "no object at a row of /params/list"), 1),
    ],
    ids=range(20),
)  # fmt: skip
def test_lists_that_cannot_be_right(
    alter: Callable[[str, int, dict[str, Any]], object],
    expected: tuple[Why, str],
    pages: int,
    ask: Callable[..., Observation],
) -> None:
    """Lying totals, repeated pages, endless ones: nobody can say, and not because the number is missing."""
    with GatewayServer(alike(9), most_a_page=4, alter=alter) as server:
        said, detail = why_of(
            ask(server, by("京ICP备2026999901号-99A" if alter is _endless else "京ICP备2026999901号-1A"))
        )
        assert said is expected[0]
        assert expected[1] in detail
        assert len(server.asked) == pages


def test_an_empty_list_that_is_not_its_last_page(ask: Callable[..., Observation]) -> None:
    """As some versions of what counts the pages call it: it is empty all the same."""
    alter = _with(list=[], total=0, pages=0, lastPage=0, isLastPage=False, hasNextPage=False)
    with GatewayServer({}, alter=alter) as server:
        assert why_of(ask(server, by("京ICP备2026999901号-1A"))) == (Why.NOT_LISTED, "not in the list")


def test_more_rows_than_anybody_looks_at(ask: Callable[..., Observation]) -> None:
    """A page of a megabyte would keep everybody waiting; that goes for the blacklist, too."""
    number, alter = by("京ICP备2026999901号-1A"), _with(list=many(201), total=201)
    with GatewayServer({}, alter=alter) as server:
        assert why_of(ask(server, number)) == (Why.TOO_LARGE, "more than 200 rows")
    rows = {"code": 200, "success": True, "params": [{}] * 201}
    with GatewayServer({"app": many(1)}, alter=_black(rows)) as server:
        assert why_of(ask(server, number)) == (Why.TOO_LARGE, "blacklist: more than 200 rows")


def _page_after_page(row: Callable[[int], dict[str, object]]) -> Callable[[str, int, dict[str, Any]], object]:
    """A gateway that has 200 more rows on every page."""

    def alter(_kind: str, page: int, envelope: dict[str, Any]) -> object:
        rows = [row(page * 1_000 + n) for n in range(200)]
        envelope["params"] |= {"list": rows, "total": 100_000, "pages": 500, "pageNum": page}
        return envelope

    return alter


def test_pages_without_end(ask: Callable[..., Observation]) -> None:
    """No page more is read once there are too many rows."""
    alter = _page_after_page(lambda n: site_row("example.cn", n))
    with GatewayServer({}, alter=alter) as server:
        said = why_of(ask(server, ByDomain("example.cn"), most_pages=50))
        assert said == (Why.TOO_LARGE, "more than 200 rows")
        assert len(server.asked) == 2


def test_rows_that_are_long_and_differ_at_their_end(ask: Callable[..., Observation]) -> None:
    """How many fields are compared is bounded, not only how many rows."""
    long = {f"field{n}": 1 for n in range(60)}
    with GatewayServer({}, alter=_page_after_page(lambda n: site_row("example.cn") | long | {"last": n})) as server:
        said = why_of(ask(server, by("京ICP备2026999901号-3")))
    assert said == (Why.TOO_LARGE, "too many different rows of one number")


def test_a_website_of_two_hundred_domains(ask: Callable[..., Observation]) -> None:
    """It is within what is compared: many more fields of each make no difference."""
    rows = [{f"field{n}": 1 for n in range(60)} | site_row(f"d{n}.example.cn") for n in range(200)]
    with GatewayServer({}, alter=_with(list=rows, total=200, pages=1, isLastPage=True)) as server:
        record = record_of(ask(server, by("京ICP备2026999901号-3"), blacklist=False))
    assert len(record.domains or ()) == 200


def test_a_row_that_cannot_be_read(ask: Callable[..., Observation]) -> None:
    """It may be the one that was asked for, unless that is there as well."""
    odd, asked_for = app_row(2, serviceLicence="?", unitName="京ICP备2026999901号-1A"), by("京ICP备2026999901号-1A")
    with GatewayServer({"app": [odd, odd | {"version": "2"}]}) as server:
        assert why_of(ask(server, asked_for)) == (Why.MALFORMED, "no registration number at /serviceLicence")
    with GatewayServer({"app": [odd, *many(1)]}, most_a_page=1) as server:
        assert record_of(ask(server, asked_for, blacklist=False)).service_name == "示例阅读1"


def test_rows_that_moved_between_two_pages(ask: Callable[..., Observation]) -> None:
    """One that was given twice is counted once: another is missing."""

    def moving(_kind: str, page: int, envelope: dict[str, Any]) -> object:
        envelope["params"] |= {"list": [app_row(page + 1), app_row(page + 2)], "total": 4, "pages": 2}
        return envelope

    with GatewayServer({}, alter=moving) as server:
        said = why_of(ask(server, by("京ICP备2026999901号-1A"), most_pages=2))
    assert said == (Why.TRUNCATED, "more rows than were given")


# --- errors -------------------------------------------------------------------------------------

ERRORS = json.loads((PAYLOADS / "gateway_hgha_errors.json").read_text(encoding="utf-8"))
WHYS = {
    101: Why.CONFIGURATION, 102: Why.CONFIGURATION, 401: Why.UNAUTHORISED, 405: Why.CONFIGURATION,
    429: Why.RATE_LIMITED,
}  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=range(len(ERRORS)))
def test_each_error_under_http_200(error: dict[str, Any], ask: Callable[..., Observation]) -> None:
    """Whether it says `msg` or `message`, and whatever rows are left over in it."""
    blocked = "创宇盾" in str(error)
    expected = Why.BLOCKED if blocked else WHYS.get(error["code"], Why.UPSTREAM_ERROR)
    with GatewayServer({}) as server:
        for answer in (error, error | {"params": {"list": [app_row(1)], "total": 1}}):
            server.say(answer)
            observation = ask(server, by("京ICP备2026999901号-1A"))
            assert why_of(observation)[0] is expected
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (CHALLENGE, Why.BLOCKED),
        (CHALLENGE.decode().encode("gb18030"), Why.BLOCKED),
        (b"<!DOCTYPE html><form action=/login><input name=p type=password></form>", Why.BLOCKED),
        (b"<html><script>location='/c'</script></html>", Why.BLOCKED),
        (b"<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>", Why.MALFORMED),
        (b"<?xml version='1.0'?><list/>", Why.MALFORMED),
        (b"", Why.TRUNCATED),
        (b"[]", Why.SCHEMA),
        (b"null", Why.SCHEMA),
        (b'{"code": 200, "success": true, "params": {"list": [', Why.TRUNCATED),
        (b'{"code": 200, "code": 200}', Why.MALFORMED),
    ],
    ids=range(11),
)
@pytest.mark.parametrize("declared", ["application/json", "text/html"])
def test_no_json(body: bytes, declared: str, expected: Why, ask: Callable[..., Observation]) -> None:
    """A challenge blocks, another page is only no answer; how it is declared does not matter to a page."""
    with GatewayServer({}) as server:
        server.say(body, content_type=declared)
        said = why_of(ask(server, by("京ICP备2026999901号-1A")))[0]
    assert said is (Why.MALFORMED if declared == "text/html" and not body.startswith(b"<") and body else expected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, Why.UNAUTHORISED), (404, Why.UPSTREAM_ERROR), (429, Why.RATE_LIMITED), (500, Why.UPSTREAM_ERROR)],
)
def test_http_statuses(status: int, expected: Why, ask: Callable[..., Observation]) -> None:
    """A right body under another status is not read."""
    rows = {"code": 200, "success": True, "params": {"list": [app_row(1)], "total": 1}}
    with GatewayServer({}) as server:
        server.say(rows, status=status)
        assert why_of(ask(server, by("京ICP备2026999901号-1A"))) == (expected, f"http {status}")


# --- the blacklist ------------------------------------------------------------------------------

KNOWN = {"serviceName": "示例阅读1"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([KNOWN | {"blackListLevel": 2}], False),
        ([KNOWN | {"blackListLevel": "2"}], False),
        ([KNOWN | {"blackListLevel": 1}], True),
        ([KNOWN | {"blackListLevel": "3"}], True),
        ([KNOWN | {"blackListLevel": 0}], True),
        ([KNOWN | {"blackListLevel": 2}, KNOWN | {"blackListLevel": 1}], True),
        ([{"serviceName": "示例阅读10", "blackListLevel": 1}], None),
        ([KNOWN | {"blackListLevel": 1, "unitName": "别家"}], None),
        ([KNOWN | {"blackListLevel": 1, "unitName": OPERATOR}], True),
        ([KNOWN | {"blackListLevel": 1, "serviceLicence": "京ICP备2026999902号-1A"}], None),
        ([KNOWN | {"blackListLevel": 1, "serviceLicence": "京ICP备2026999901号-1A", "unitName": "别家"}], True),
        ([{"blackListLevel": 2}], None),
    ],
    ids=range(13),
)
def test_what_the_blacklist_says(
    rows: list[dict[str, object]], expected: object, ask: Callable[..., Observation]
) -> None:
    """Level 2 is nothing known, any other is a yes; of others and of nobody it says nothing."""
    alter = _black({"code": 200, "msg": "操作成功", "success": True, "params": rows})
    with GatewayServer({"app": many(1)}, alter=alter) as server:
        assert record_of(ask(server, by("京ICP备2026999901号-1A"))).blacklisted is expected


def _black(answer: object) -> Callable[[str, int, dict[str, Any]], object]:
    return lambda kind, _page, envelope: answer if kind.startswith("b") else envelope


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"code": 102, "msg": "不是支持的查询类型"}, (Why.CONFIGURATION, "blacklist: /code is 102")),
        ({"code": 122, "message": "查询失败"}, (Why.UPSTREAM_ERROR, "blacklist: /code is 122")),
        (CHALLENGE, (Why.BLOCKED, "blacklist: a captcha or login page")),
        ({"code": 200, "success": True, "params": {"list": []}}, (Why.SCHEMA, "blacklist: no list at /params")),
        ({"code": 200, "success": True, "params": None}, (Why.SCHEMA, "blacklist: no list at /params")),
        ({"code": 200, "success": True, "params": [1]}, (Why.SCHEMA, "blacklist: no object in /params")),
        ({"code": 200, "success": True, "params": [KNOWN]}, (Why.SCHEMA, "blacklist: no level at blackListLevel")),
        ({"code": 200, "success": True, "params": [KNOWN | {"blackListLevel": True}]},
         (Why.SCHEMA, "blacklist: no level at blackListLevel")),
        ({"code": 200, "success": True, "params": [KNOWN | {"blackListLevel": "２"}]},
         (Why.SCHEMA, "blacklist: no level at blackListLevel")),
        ({"code": 200, "success": True, "params": [{"blackListLevel": 1}]},
         (Why.SCHEMA, "blacklist: a blacklisted row that does not say what it is about")),
        ({"code": 200, "success": True, "params": [KNOWN | {"blackListLevel": 1, "serviceLicence": "?"}]},
         (Why.MALFORMED, "blacklist: no registration number at /params/serviceLicence")),
        ([], (Why.SCHEMA, "blacklist: nothing at /code")),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_blacklist_that_cannot_be_read(
    answer: object, expected: tuple[Why, str], ask: Callable[..., Observation]
) -> None:
    """Then nobody can say, whatever was found: it may be held for illegal."""
    with GatewayServer({"app": many(1)}, alter=_black(answer)) as server:
        assert why_of(ask(server, by("京ICP备2026999901号-1A"))) == expected
        del server.asked[:]
        assert record_of(ask(server, by("京ICP备2026999901号-1A"), blacklist=False)).blacklisted is None
        assert len(server.asked) == 1


def test_one_bad_domain_of_a_website(ask: Callable[..., Observation]) -> None:
    """Is enough; one that nothing is known about leaves it open; more than ten leave it open as well."""
    rows = [site_row(f"{n}.example.cn") for n in range(3)]
    said = [{"domainName": row["domain"], "domain": row["domain"], "blackListLevel": 2} for row in rows]
    number = by("京ICP备2026999901号-3")
    with GatewayServer({"web": rows}, {"web": [*said[:2], said[2] | {"blackListLevel": 1}]}) as server:
        assert record_of(ask(server, number)).blacklisted is True
    with GatewayServer({"web": rows}, {"web": said[:2]}) as server:
        assert record_of(ask(server, number)).blacklisted is None
    with GatewayServer({"web": rows}, alter=lambda k, _p, e: CHALLENGE if k == "bweb" else e) as server:
        assert why_of(ask(server, number))[0] is Why.BLOCKED
    eleven = [site_row(f"{n}.example.cn") for n in range(11)]
    clear = [{"domain": row["domain"], "blackListLevel": 2} for row in eleven]
    with GatewayServer({"web": eleven}, {"web": clear}) as server:
        assert record_of(ask(server, number)).blacklisted is None
        assert len(server.asked) == 11


# --- the registry itself ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLIENTS, ids=["blocking", "asynchronous"])
def test_several_at_once(kind: type[LookupClient]) -> None:
    """Each with its own answer."""
    with GatewayServer({"app": many(3)}) as server:
        registry = GatewayRegistry.at(server.url, blacklist=False)
        numbers = [by(f"京ICP备2026999901号-{n}A") for n in (1, 2, 9)]
        with kind(registry, limits=Limits(attempts=1)) as client:
            answers: list[Answer] = [o.answer for o in client.look_up_many(numbers, deadline=10)]
    assert [outcome(answer) for answer in answers] == ["found", "found", "not_listed"]


@pytest.mark.parametrize("kind", GATES, ids=["blocking", "asynchronous"])
def test_a_gate_on_a_gateway(kind: type[Gate], app: App) -> None:
    """It allows what is registered to this operator under this name, and denies what is blacklisted."""
    level = {"serviceName": "挖煤姬", "blackListLevel": 2}
    row = app_row(
        1, serviceLicence="蜀ICP备2021014694号-10A", mainLicence="蜀ICP备2021014694号", serviceName="挖煤姬",
        unitName="示例科技(成都)有限公司",
    )  # fmt: skip
    with GatewayServer({"app": [row]}, {"app": [level]}) as server:
        with kind.for_listing(GatewayRegistry.at(server.url), deadline=10) as gate:
            assert gate.check(app).allowed
        level["blackListLevel"] = 1
        with kind.for_listing(GatewayRegistry.at(server.url), deadline=10) as gate:
            assert gate.check(app).codes == ("blacklisted",)


@pytest.fixture
def app() -> App:
    """The app with everything right."""
    return App.parse(described())


def test_it_says_what_it_is() -> None:
    """Never authoritative; its records have a blacklist only where that is asked."""
    registry = from_url("http://127.0.0.1:16181/")
    assert (registry.id, repr(registry)) == (
        "gateway http://127.0.0.1:16181",
        "GatewayRegistry('gateway http://127.0.0.1:16181')",
    )
    able = registry.capabilities
    assert (able.by_number, able.by_domain, able.by_document, able.authoritative) == (True, True, False, False)
    assert "blacklisted" in (able.contains or ())
    assert "blacklisted" not in (GatewayRegistry.at("http://127.0.0.1:1", blacklist=False).capabilities.contains or ())


def test_a_token_goes_along_and_is_nowhere_else(tmp_path: Path, ask: Callable[..., Observation]) -> None:
    """As the bearer of every request, the blacklist's too; a file says it by `env:` or `file:`."""
    secret = tmp_path / "token"
    secret.write_text("the-token\n", encoding="utf-8")
    path = tmp_path / "gateway.toml"
    with GatewayServer({"app": many(1)}, CLEAR) as server:
        path.write_text(
            f'url = "{server.url}"\nid = "ours"\nsource = "our gateway"\nmost_pages = 2\n'
            f'[secrets]\ntoken = "file:{secret}"\n',
            encoding="utf-8",
        )
        registry = from_file(str(path))
        with LookupClient(registry, limits=Limits(attempts=1)) as client:
            observation = client.look_up(by("京ICP备2026999901号-1A"), deadline=10)
        assert server.tokens == ["Bearer the-token"] * 2
        ask(server, by("京ICP备2026999901号-1A"))
        assert server.tokens[2:] == ["", ""]
    record = record_of(observation)
    assert (registry.id, record.source, record.blacklisted) == ("ours", "our gateway", False)
    assert "the-token" not in f"{registry!r} {registry.__dict__} {observation}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(registry)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "http://gateway.example.cn"}, "url: http:// beyond this machine"),
        ({"url": "gateway"}, "url: neither http:// nor https://"),
        ({"blacklist": 1}, "blacklist: int given"),
        ({"insecure_http": "yes"}, "insecure_http: str given"),
        ({"page_size": 0}, "page_size: not a number that can be asked for"),
        ({"page_size": 101}, "page_size: not a number that can be asked for"),
        ({"most_pages": True}, "most_pages: not a number that can be asked for"),
        ({"secrets": {"password": "x"}}, "secrets.password: nothing has a place for it"),
        ({"secrets": {"token": "env:NO_SUCH_VARIABLE"}}, "secrets.token: the environment variable"),
    ],
    ids=range(9),
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Told when the registry is made."""
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        GatewayRegistry.at(**({"url": "http://127.0.0.1:16181"} | settings))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "/url|url: missing"),
        ('url = "http://127.0.0.1:1"\npage_sice = 3', "page_sice"),
        ('url = "http://127.0.0.1:1"\n[secrets]\ntoken = ""', "secrets.token"),
        ('url = "http://127.0.0.1:1"\nblacklist = "no"', "blacklist: str given"),
        ("url = ", "not TOML"),
    ],
    ids=range(5),
)
def test_wrong_files(text: str, place: str, tmp_path: Path) -> None:
    """With what is wrong, and where."""
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=place):
        from_file(str(path))


def test_its_transport(tmp_path: Path, ask: Callable[..., Observation]) -> None:
    """Every request travels by it; through a proxy nothing that is only for this machine does."""
    transport = Transport(connections=2)
    with GatewayServer({"app": many(1)}, CLEAR) as server:
        registry = from_url(server.url, transport=transport)
        assert registry.channel is not None
        record_of(ask(server, by("京ICP备2026999901号-1A"), transport=transport))
    path = tmp_path / "gateway.toml"
    path.write_text('url = "http://gateway.example.cn"', encoding="utf-8")
    assert from_file(str(path), transport=Transport(insecure_http=True)).channel is None
    away = from_url("http://127.0.0.1:1", transport=Transport(proxy="http://proxy.example.cn:8080")).channel
    assert away is not None
    assert away.proxies.of(Origin(secure=False, host="127.0.0.1", port=1)) is None


def test_its_url(tmp_path: Path) -> None:
    """An address, which takes a token, or a file."""
    registry = registry_from_url("gateway:http://127.0.0.1:16181", token="the-token")  # noqa: S106 -- of nothing
    assert registry.id == "gateway http://127.0.0.1:16181"
    assert registry_from_url("gateway:http://gateway.example.cn", insecure_http=True).id.endswith("example.cn")
    path = tmp_path / "gateway.toml"
    path.write_text('url = "http://127.0.0.1:16181"\nid = "ours"', encoding="utf-8")
    assert registry_from_url(f"gateway:{path}").id == "ours"
    with pytest.raises(ConfigurationError, match="gateway: without an address"):
        registry_from_url("gateway:")
    with pytest.raises(ConfigurationError, match="did you mean gateway:"):
        registry_from_url("gatway:x")


def test_files_that_are_none(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(ConfigurationError, match="No such file"):
        from_file(str(tmp_path / "gateway.toml"))
    (tmp_path / "gateway.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not a file of UTF-8"):
        from_file(str(tmp_path / "gateway.toml"))


def test_the_server_says_what_gateways_say() -> None:
    """Also about queries that no registry of ours sends."""
    with GatewayServer({}) as server:
        said = [
            json.loads(urlopen(f"{server.url}/query/{query}", timeout=10).read())["code"]  # noqa: S310 -- our own server
            for query in ("nothing?search=x", "app", "bapp?search=x", "app?search=x&pageSize=")
        ]
    assert said == [102, 101, 200, 200]
