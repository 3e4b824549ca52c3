"""Mappings for the tests: a right one, and ways to say one thing differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpgate.answer import ByDocument, ByDomain, Unavailable, Why
from icpgate.lookup.mapping import ApiMapping, load_text
from icpgate.lookup.mapping.extraction import Extraction
from icpgate.lookup.steps import Unanswered
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW

if TYPE_CHECKING:
    from icpgate.answer import Answer, Query

NUMBER = "京ICP备2026999901号-1A"
OTHER = "京ICP备2026999902号-1A"
DOCUMENT = "91110108MA00000000"
PACKAGE = "cn.example.reader"
DOMAIN = "api.example.cn"
BY_NUMBER = by(NUMBER)
BY_DOCUMENT = ByDocument(DOCUMENT, PACKAGE)
BY_DOMAIN = ByDomain(DOMAIN)

TEXT = """
authoritative = true
scope = "all"

[request.number]
path = "/apps/{number}"

[request.document]
path = "/apps"
query = { document = "{document_number}", package = "{package}" }

[request.domain]
path = "/domains/{domain}"

[[check]]
at = "/code"
table = [{ is = 0, means = "ok" }, { is = 1002, means = "rate_limited" }]

[records]
WHERE

[record]
registration_number = "/number"
operator = "/company"
service_name = "/name"
document_number = "/document"
domains = "/domains"
FIELDS

[record.status]
at = "/status"
table = [
  { is = "active", means = "registered" },
  { is = "revoked", means = "cancelled" },
  { is = "absent", means = "not_registered" },
  { is = "busy", means = "maintenance" },
]

[record.platforms]
package = "/package"

REST
"""


def mapped(where: str = 'object = "/data"', fields: str = "", rest: str = "", **changes: str) -> ApiMapping:
    """The mapping with other records, further fields, further tables; `changes` replace texts."""
    text = TEXT.replace("WHERE", where).replace("FIELDS", fields).replace("REST", rest)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return load_text(text)


def row(**changes: object) -> dict[str, Any]:
    """A right row; a change to `...` leaves the member out."""
    members: dict[str, object] = {
        "number": NUMBER,
        "status": "active",
        "company": "示例网络（北京）有限公司",
        "name": "示例阅读",
        "document": DOCUMENT,
        "package": PACKAGE,
        "domains": [DOMAIN],
    }
    return {name: value for name, value in (members | changes).items() if value is not ...}


def answered(data: object, **members: object) -> Any:
    """An answer with these data."""
    return {"code": 0, "data": data} | members


def said(mapping: ApiMapping, value: Any, query: Query = BY_NUMBER) -> Answer:
    """What an answer says; why nobody could say as an answer."""
    try:
        return Extraction(mapping, query, NOW, "somebody").answer(value)
    except Unanswered as error:
        return Unavailable(error.why, error.detail)


def why(mapping: ApiMapping, value: Any, query: Query = BY_NUMBER) -> Why:
    """Why nobody could say."""
    answer = said(mapping, value, query)
    assert isinstance(answer, Unavailable), answer
    return answer.why
