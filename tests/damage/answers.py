"""A right answer of every kind of registry that is asked over HTTP."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpgate.answer import ByDocument, ByDomain, Observation
from icpgate.lookup.drivers import World
from icpgate.lookup.mapping import load_ready, load_text
from icpgate.lookup.registries.json_api import JsonApi
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from icpgate.testing.contracts.performing import performed
from tests.cases import NUMBER as PROTOCOL_NUMBER
from tests.cases import registered
from tests.damage.verdict import Judge
from tests.damage.wire import Scripted, sized
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW
from tests.lookup.mapping.mappings import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry

__all__ = ["CASES", "Case", "registry_of"]

PAYLOADS = Path(__file__).parents[1] / "data" / "payloads"
DOCS = Path(__file__).parents[2] / "docs"
JSON = b"application/json; charset=utf-8"


def documented() -> str:
    """The worked example of the page."""
    page = (DOCS / "json-api.md").read_text(encoding="utf-8")
    return page.partition("```toml\n")[2].partition("```")[0].replace("env:EXAMPLE_TOKEN", "t0ken")


@cache
def registry_of(shape: str) -> JsonApi:
    """The registry of a shape."""
    if shape == "documented":
        return JsonApi(load_text(documented()))
    secrets = {name: f"the-{name}" for name in load_ready(shape).needs}
    return JsonApi.ready(shape, url="https://registry.example.cn", secrets=secrets)


@dataclass(frozen=True)
class Case:
    """
    A registry, a query, and the right responses to its requests, in order.

    `words` are answers that one fallen bit may make of the right one, because they are words of the service.
    """

    name: str
    query: Query
    bodies: Sequence[bytes]
    make: Callable[[], Registry]
    content_type: bytes = JSON
    words: tuple[str, ...] = ()
    value: Any = field(default=None, compare=False)

    @property
    def body(self) -> bytes:
        """The only body."""
        [body] = self.bodies
        return body

    def judge(self) -> Judge:
        """Who knows the right answer."""
        return Judge(self.observed(), FixedClock(NOW), self.words)

    def observed(self, place: int = 0, raw: bytes | None = None) -> Observation:
        """What the registry makes of its responses, one of them in other bytes."""
        answers = [sized(body, self.content_type) for body in self.bodies]
        if raw is not None:
            answers[place] = raw
        registry = self.make()
        script = performed(registry.ask([self.query]), World(FixedClock(NOW), http=lambda: Scripted(answers)))
        assert script.error is None, script.error
        assert isinstance(script.result, (list, tuple))
        [observation] = script.result
        assert isinstance(observation, Observation)
        return observation


def mapped(name: str, query: Query, value: Any, shape: str = "documented", **other: Any) -> Case:
    """An answer of a mapping."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Case(name, query, [body], lambda: registry_of(shape), value=value, **other)


def hidden(status: str) -> dict[str, Any]:
    """The answer of the worked example."""
    data = {
        "number": NUMBER,
        "status": status,
        "name": "示例阅读",
        "company": "示例网络（北京）有限公司",
        "package": "cn.example.reader",
        "looked_up_at": "2026-11-23 20:00:00",
    }
    return {"code": 0, "message": "ok", "data": data}


def told(status: str, **members: object) -> dict[str, Any]:
    """An answer of the registry protocol."""
    keys = {} if "domain" in members else {"number": PROTOCOL_NUMBER}
    return {"status": status, **keys, **members, "observed_at": "2026-11-23T00:00:00Z", "source": "register"}


def kept(name: str) -> Any:
    """A kept answer."""
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


def not_registered(value: Any) -> Any:
    """The same with the state of a no."""
    changed = copy.deepcopy(value)
    changed["data"]["bazt"] = 1
    return changed


def rows(**changes: object) -> dict[str, Any]:
    """An app in the ministry's envelope, with its details."""
    fields: dict[str, object] = {
        "mainLicence": "京ICP备2026999901号",
        "serviceLicence": NUMBER,
        "serviceName": "示例阅读",
        "unitName": "示例网络（北京）有限公司",
        "natureName": "企业",
        "limitAccess": "否",
        "updateRecordTime": "2024-01-02 03:04:05",
    }
    return {"code": 200, "success": True, "msg": "操作成功", "params": {"list": [fields | changes], "total": 1}}


CHINAZ = {
    "StateCode": 1,
    "Reason": "",
    "Result": {
        "CompanyName": "示例网络（北京）有限公司",
        "CompanyType": "企业",
        "MainPage": "www.example.cn",
        "Owner": "",
        "SiteLicense": "京ICP备2026999901号-1",
        "SiteName": "示例网",
        "VerifyTime": "2024-01-02",
    },
}
UNIT = {"unitName": "示例网络（北京）有限公司"}  # it was taken out of the kept answer
APIHZ = {"code": 200, "domain": "example.cn", "icp": "京ICP备2026999901号", "unit": "示例网络（北京）有限公司"}

WRITTEN = RegistrationRecord.read(registered()).written()
CANCELLED = RegistrationRecord.read(registered(status="cancelled")).written()
ENTERPRISE = kept("store_alibaba_queryAppIcpInfo_response.json")
BY_DOCUMENT = ByDocument("91510108MA6632C60R", "com.sig.wameiji")
CASES = [
    mapped("active", by(NUMBER), hidden("active")),
    mapped("revoked", by(NUMBER), hidden("revoked")),
    mapped("absent", by(NUMBER), hidden("absent")),
    mapped("protocol", by(PROTOCOL_NUMBER), told("registered", record=WRITTEN), "icpgate"),
    mapped("cancelled", by(PROTOCOL_NUMBER), told("cancelled", record=CANCELLED), "icpgate"),
    mapped("no", by(PROTOCOL_NUMBER), told("not_registered", authoritative=True, scope="all"), "icpgate"),
    mapped("nobody", by(PROTOCOL_NUMBER), told("unavailable", why="blocked", detail="captcha"), "icpgate"),
    mapped(
        "batch",
        ByDomain("api.example.cn"),
        {"answers": [told("registered", domain="api.example.cn", records=[WRITTEN])]},
        "icpgate",
    ),
    mapped("miit", by("粤B2-20090059-5"), kept("miit_web_list_response.json"), "miit"),
    mapped("gateway", by(NUMBER), rows(), "gateway"),
    mapped("icp-mcp", by("京ICP证030173号-155"), kept("miit_web_records_baidu_icpmcp.json"), "icp-mcp"),
    mapped("fghwett", ByDomain("mi.cn"), kept("gateway_fghwett_found.json"), "fghwett"),
    mapped("chinaz-app", by("京ICP证030173号-209A"), kept("commercial_chinaz_icpappunit_found.json"), "chinaz-app"),
    mapped("chinaz-icp", ByDomain("example.cn"), CHINAZ, "chinaz-icp"),
    mapped("uapis", ByDomain("baidu.com"), kept("commercial_uapis_found.json") | UNIT, "uapis"),
    mapped("apihz", ByDomain("example.cn"), APIHZ, "apihz"),
    mapped("tencent-urlsec", ByDomain("qq.com"), kept("tencent_urlsec_icp.json"), "tencent-urlsec"),
    # The state of the ministry's query is a single digit, and one bit away from it is its other word.
    mapped("enterprise", BY_DOCUMENT, ENTERPRISE, "enterprise-json", words=("not_registered",)),
    mapped("enterprise-no", BY_DOCUMENT, not_registered(ENTERPRISE), "enterprise-json", words=("found",)),
]
