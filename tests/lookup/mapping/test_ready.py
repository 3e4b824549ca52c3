"""Real answers of real services, each by its ready mapping, over a real server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.lookup.mapping import load_ready, ready_shapes
from icpgate.lookup.registries.json_api import JsonApi
from tests.lookup.files import by
from tests.lookup.mapping.local import LocalServer, Sent, asked, outcome, sent

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
EXPECTED = [json.loads(line) for line in (PAYLOADS / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
SHAPES = {
    "apihz", "chinaz-app", "chinaz-icp", "enterprise-json", "fghwett", "gateway", "icp-mcp", "icpgate", "miit",
    "tencent-urlsec", "uapis",
}  # fmt: skip


def query_of(keys: dict[str, str]) -> Query:
    """The query of these keys."""
    if "number" in keys:
        return by(keys["number"])
    return ByDomain(keys["domain"]) if "domain" in keys else ByDocument(keys["document_number"], keys["package"])


def api(shape: str, url: str) -> JsonApi:
    """The registry of a shape, with secrets that say who they are."""
    return JsonApi.ready(shape, url=url, secrets={name: f"the-{name}" for name in load_ready(shape).needs})


def observed(shape: str, body: bytes | object, query: Query) -> Observation:
    """What a shape makes of a body."""
    response = Sent(body) if isinstance(body, bytes) else sent(body)
    with LocalServer(lambda _: response) as server:
        [observation] = asked(api(shape, server.url), query)
        assert len(server.received) == 1
        assert observation.registry.endswith(server.url)
    return observation


def why(shape: str, body: bytes | object, query: Query) -> Why:
    """Why nobody could say."""
    answer = observed(shape, body, query).answer
    assert isinstance(answer, Unavailable), answer
    return answer.why


def payload(name: str) -> Any:
    """A kept answer."""
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


def test_all_shapes_ship() -> None:
    """And no other."""
    assert set(ready_shapes()) == SHAPES


def test_every_kept_answer_is_expected_something_of() -> None:
    """But the one that is only a shape."""
    named = {line["file"] for line in EXPECTED} | {"commercial_chinaz_icp_shape.json"}
    assert {path.name for path in PAYLOADS.glob("*.json")} == named


@pytest.mark.parametrize(
    "line",
    [line for line in EXPECTED if line["shape"] != "gateway"],
    ids=lambda line: f"{line['file']}:{line['query']}",
)
def test_what_each_must_come_out_as(line: dict[str, Any]) -> None:
    """Found with its number, or unavailable with its why."""
    query = query_of(line["query"])
    answer = observed(line["shape"], (PAYLOADS / line["file"]).read_bytes(), query).answer
    assert outcome(answer) == line.get("why", line["answer"])
    if isinstance(answer, Found):
        expected = line.get("number", line["query"].get("number"))
        assert [record.registration_number.canonical for record in answer.records] == [expected]


GATEWAY = {
    101: Why.CONFIGURATION,
    102: Why.CONFIGURATION,
    122: Why.UPSTREAM_ERROR,
    201: Why.UPSTREAM_ERROR,
    401: Why.UNAUTHORISED,
    405: Why.CONFIGURATION,
    415: Why.UPSTREAM_ERROR,
    429: Why.RATE_LIMITED,
}


@pytest.mark.parametrize("row", payload("gateway_hgha_errors.json"), ids=str)
def test_each_error_of_a_gateway(row: dict[str, Any]) -> None:
    """Whether it says `msg` or `message`; its firewall is a block."""
    said = f"{row.get('message')}{row.get('msg')}"
    expected = Why.BLOCKED if "创宇盾" in said else GATEWAY.get(row["code"], Why.UPSTREAM_ERROR)
    assert why("gateway", row, by("京ICP证030173号-1")) is expected
    # Under an error a leftover list is not looked at.
    leftover = row | {"params": payload("miit_web_list_response.json")["params"]}
    assert why("gateway", leftover, by("粤B2-20090059-5")) is expected


def test_all_that_the_ministry_says() -> None:
    """Each field in its place."""
    observation = observed("miit", payload("miit_web_list_response.json"), ByDomain("qq.com"))
    assert isinstance(observation.answer, Found)
    record = observation.answer.record
    assert (record.operator, record.operator_kind) == ("深圳市腾讯计算机系统有限公司", "企业")
    assert (record.entity_number, record.domains) == ("粤B2-20090059", ("qq.com",))
    assert record.access_restricted is False
    assert record.approved_at == datetime(2022, 9, 6, 7, 51, 52, tzinfo=UTC)
    assert record.pre_approvals == ("出版", "文化", "新闻", "宗教")
    assert record.source == observation.registry


def envelope(*rows: dict[str, object], total: int | None = None) -> dict[str, object]:
    """The ministry's envelope around these rows."""
    return {
        "code": 200,
        "success": True,
        "params": {"list": list(rows), "total": len(rows) if total is None else total},
    }


APP: dict[str, object] = {
    "mainLicence": "京ICP备2026999901号",
    "serviceLicence": "京ICP备2026999901号-1A",
    "serviceName": "示例阅读",
    "unitName": "示例网络（北京）有限公司",
    "updateRecordTime": "2024-01-02 03:04:05",
}


@pytest.mark.parametrize("shape", ["miit", "gateway"])
def test_rows_of_apps(shape: str) -> None:
    """Some short, some with details, some of another app: only the exact one counts."""
    short = {"serviceLicence": "京ICP备2026999901号-2A", "unitName": "示例网络（北京）有限公司", "dataId": 7}
    detail = APP | {"version": "1.0", "limitAccess": "是", "leaderName": ""}
    value = envelope(short, detail, total=3)
    answer = observed(shape, value, by("京ICP备2026999901号-1A")).answer
    assert isinstance(answer, Found)
    assert (answer.record.service_name, answer.record.access_restricted) == ("示例阅读", True)
    short_one = observed(shape, value, by("京ICP备2026999901号-2A")).answer
    assert isinstance(short_one, Found)
    assert (short_one.record.service_name, short_one.record.access_restricted) == (None, None)
    assert why(shape, value, by("京ICP备2026999901号-3A")) is Why.TRUNCATED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (envelope(APP | {"limitAccess": "?"}), Why.SCHEMA),
        (envelope(APP | {"mainLicence": "京ICP备2026999902号"}), Why.SCHEMA),
        (envelope(APP | {"unitName": "查询失败"}), Why.UPSTREAM_ERROR),
        (envelope(APP) | {"success": False}, Why.UPSTREAM_ERROR),
        (envelope(APP) | {"success": "true"}, Why.SCHEMA),
        (envelope(APP) | {"code": "200"}, Why.SCHEMA),
        ({"code": 200, "success": True, "params": [APP]}, Why.SCHEMA),
        ("<html>当前访问疑似黑客攻击</html>".encode(), Why.BLOCKED),
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", ["miit", "gateway"])
def test_broken_envelopes_of_the_ministry(shape: str, value: object, expected: Why) -> None:
    """With a right row in them."""
    assert why(shape, value, by("京ICP备2026999901号-1A")) is expected


@pytest.mark.parametrize(
    ("shape", "query", "method", "target", "body"),
    [
        ("miit", by("粤B2-20090059-1626X"), "POST", "/icpAbbreviateInfo/queryByCondition",
         {"pageNum": "1", "pageSize": "40", "unitName": "粤B2-20090059-1626X", "serviceType": 7}),
        ("miit", ByDomain("qq.com"), "POST", "/icpAbbreviateInfo/queryByCondition",
         {"pageNum": "1", "pageSize": "40", "unitName": "qq.com", "serviceType": 1}),
        ("gateway", by("粤B2-20090059-7K"), "GET",
         "/query/kapp?search=%E7%B2%A4B2-20090059-7K&pageNum=1&pageSize=26", None),
        ("gateway", ByDomain("qq.com"), "GET", "/query/web?search=qq.com&pageNum=1&pageSize=26", None),
        ("icp-mcp", ByDomain("qq.com"), "POST", "/query_icp", {"keyword": "qq.com", "page": 1}),
        ("fghwett", ByDomain("mi.cn"), "GET", "/api?domain=mi.cn", None),
        ("chinaz-app", by("粤B2-20090059"), "GET",
         "/v1/1001/icpappunit?keyword=%E7%B2%A4B2-20090059&page=1&APIKey=the-key&ChinazVer=1.0", None),
        ("chinaz-icp", ByDomain("qq.com"), "GET", "/v1/1001/icp?domain=qq.com&APIKey=the-key&ChinazVer=1.0", None),
        ("uapis", ByDomain("qq.com"), "GET", "/api/v1/network/icp?domain=qq.com", None),
        ("apihz", ByDomain("qq.com"), "GET", "/api/wangzhan/icp.php?id=the-id&key=the-key&domain=qq.com", None),
        ("tencent-urlsec", ByDomain("qq.com"), "GET", "/geticpinfo?url=qq.com&feature=disabled", None),
    ],
    ids=str,
)  # fmt: skip
def test_what_each_is_asked(shape: str, query: Query, method: str, target: str, body: object) -> None:
    """As the service documents it."""
    with LocalServer(lambda _: sent({})) as server:
        asked(api(shape, server.url), query)
        [received] = server.received
    assert (received.method, received.target) == (method, target)
    assert received.body == b"" if body is None else received.json == body


BY_DOCUMENT = ByDocument("91510108MA6632C60R", "com.sig.wameiji")


class TestEnterprise:
    """The ministry's query by document and package."""

    RIGHT = payload("store_alibaba_queryAppIcpInfo_response.json")

    def changed(self, **changes: object) -> dict[str, object]:
        """The right answer with other members; a change to `...` leaves one out."""
        data = {name: value for name, value in (self.RIGHT["data"] | changes).items() if value is not ...}
        return {"data": data}

    def test_all_that_it_says(self) -> None:
        """Both keys behind base64."""
        answer = observed("enterprise-json", self.RIGHT, BY_DOCUMENT).answer
        assert isinstance(answer, Found)
        record = answer.record
        assert (record.service_name, record.document_number) == ("挖煤姬", "91510108MA6632C60R")
        assert [platform.package for platform in record.platforms or ()] == ["com.sig.wameiji"]

    def test_a_no(self) -> None:
        """Exactly the number 1, with or without what a registration would have."""
        bare = self.changed(bazt=1, wzmc=..., ztbah=..., wzbah=...)
        empty = self.changed(bazt=1, wzmc="", ztbah="", wzbah="")
        for value in (bare, empty, self.changed(bazt=1)):
            assert observed("enterprise-json", value, BY_DOCUMENT).answer == NotRegistered("all")

    @pytest.mark.parametrize("state", ["0", "1", "", 2, -1, True, False, 0.0, 1.0, None, [], {}, ...], ids=repr)
    def test_any_other_state(self, state: object) -> None:
        """Says nothing."""
        assert why("enterprise-json", self.changed(bazt=state), BY_DOCUMENT) is Why.SCHEMA

    @pytest.mark.parametrize("state", [0, 1])
    @pytest.mark.parametrize("key", ["cxtj", "cxtj2"])
    def test_other_keys(self, key: str, state: int) -> None:
        """Somebody else's document or package, found or not."""
        assert why("enterprise-json", self.changed(bazt=state, **{key: "eHg="}), BY_DOCUMENT) is Why.MALFORMED

    @pytest.mark.parametrize("changes", [{"cxtjlx": 2}, {"cxtjlx": "102"}, {"cxtj": "91510108MA6632C60R"}], ids=str)
    def test_another_condition(self, changes: dict[str, object]) -> None:
        """It is another query's answer, or nobody's."""
        assert isinstance(observed("enterprise-json", self.changed(**changes), BY_DOCUMENT).answer, Unavailable)

    def test_the_state_of_the_console(self) -> None:
        """Where it comes along, it must be right."""
        right = self.RIGHT | {"state": {"msg": "success", "code": 200}}
        assert outcome(observed("enterprise-json", right, BY_DOCUMENT).answer) == "found"
        wrong = self.RIGHT | {"state": {"msg": "no", "code": 500}}
        assert why("enterprise-json", wrong, BY_DOCUMENT) is Why.UPSTREAM_ERROR
        assert why("enterprise-json", {"data": None}, BY_DOCUMENT) is Why.SCHEMA


def test_no_answer_of_a_public_query_is_a_no() -> None:
    """That it shows nothing proves nothing."""
    qq = ByDomain("qq.com")
    assert why("fghwett", {"code": 0, "msg": "Success", "data": {"isRecorded": False}}, qq) is Why.NOT_LISTED
    assert why("chinaz-icp", payload("commercial_chinaz_icp_shape.json"), qq) is Why.NOT_LISTED
    assert (
        why("chinaz-app", {"StateCode": 1, "Reason": "", "Result": {"List": []}}, by("粤B2-20090059")) is Why.NOT_LISTED
    )
    results: dict[str, object] = {"isDomainICPOk": 0, "url": "qq.com"}
    assert why("tencent-urlsec", {"data": {"results": results, "retcode": 0}, "reCode": 0}, qq) is Why.NOT_LISTED


def test_tencent_is_as_old_as_it_says() -> None:
    """An answer of 2017 is no younger today."""
    observation = observed("tencent-urlsec", payload("tencent_urlsec_icp.json"), ByDomain("qq.com"))
    assert observation.observed_at == datetime(2017, 12, 25, 8, 17, 8, tzinfo=UTC)
    unknown = payload("tencent_urlsec_icp.json")
    unknown["data"]["results"]["detect_time"] = "0"
    assert why("tencent-urlsec", unknown, ByDomain("qq.com")) is Why.SCHEMA


def test_chinaz_by_domain() -> None:
    """The shape filled in."""
    value = payload("commercial_chinaz_icp_shape.json")
    value["Result"] |= {"CompanyName": "示例网络（北京）有限公司", "SiteLicense": "京ICP备2026999901号-1"}
    answer = observed("chinaz-icp", value, ByDomain("qq.com")).answer
    assert isinstance(answer, Found)
    assert (answer.record.operator, answer.record.domains) == ("示例网络（北京）有限公司", ("qq.com",))


def test_a_false_success_of_apihz() -> None:
    """Beyond its rate it answers 200 with a word of failure."""
    value = {"code": 200, "icp": "查询失败", "unit": "查询失败", "domain": "qq.com"}
    assert why("apihz", value, ByDomain("qq.com")) is Why.UPSTREAM_ERROR
    right = {"code": 200, "icp": "粤B2-20090059-5", "unit": "深圳市腾讯计算机系统有限公司", "domain": "qq.com"}
    assert outcome(observed("apihz", right, ByDomain("qq.com")).answer) == "found"
    assert why("apihz", right | {"domain": "example.com"}, ByDomain("qq.com")) is Why.MALFORMED
