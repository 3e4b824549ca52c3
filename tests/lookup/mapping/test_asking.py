"""From a query to a request, over a real server that tells what arrived."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from icpgate.answer import ByDocument, ByDomain, Query, Unavailable, Why
from icpgate.lookup.mapping import load_text
from icpgate.lookup.registries.json_api import JsonApi
from tests.lookup.files import by
from tests.lookup.mapping.local import LocalServer, Received, asked, sent

NUMBER = "蜀ICP备2021014694号-10A"
REST = """
[records]
object = "/data"

[record]
registration_number = "/number"
document_number = "/document"
domains = "/domain"
status = { constant = "registered" }

[record.platforms]
package = "/package"
"""
HOSTILE = "../a/b?c=d&e=f#g%2e h+i\\j\"k'l<m>示\U0001f600{n}"


def arrived(request: str, query: Query | None = None, path: str = "/api", **options: Any) -> Received:
    """What a server gets that stands at `/api`."""
    with LocalServer(lambda _: sent({})) as server:
        mapping = load_text(request + REST)
        asked(JsonApi(mapping, url=f"{server.url}{path}", **options), query or by(NUMBER))
        [received] = server.received
        return received


def unasked(request: str, query: Query, **options: Any) -> Unavailable:
    """Why a query was not sent."""
    with LocalServer(lambda _: sent({})) as server:
        [observation] = asked(JsonApi(load_text(request + REST), url=server.url, **options), query)
        assert server.received == []
    assert isinstance(observation.answer, Unavailable)
    return observation.answer


def test_a_number_in_a_path() -> None:
    """Percent-encoded; the prefix of the address stays."""
    received = arrived('[request.number]\npath = "/v1/numbers/{number}"')
    assert received.method == "GET"
    assert received.path == f"/api/v1/numbers/{NUMBER}"
    assert received.target == "/api/v1/numbers/%E8%9C%80ICP%E5%A4%872021014694%E5%8F%B7-10A"
    assert received.headers["accept"] == "application/json"
    assert received.body == b""


@pytest.mark.parametrize("path", ["", "/", "/api/", "/查询"])
def test_every_prefix_stays(path: str) -> None:
    """A slash at its end is none too many."""
    assert arrived('[request.number]\npath = "/n/{number}"', path=path).path == f"{path.rstrip('/')}/n/{NUMBER}"


def test_a_request_without_a_path() -> None:
    """Some APIs live at the address itself."""
    assert arrived('[request.number]\nquery = { n = "{number}" }').path == "/api"


def test_no_value_ends_its_place_in_a_path() -> None:
    """Whatever it has in it."""
    received = arrived('[request.document]\npath = "/a/{package}/z"', ByDocument("1", HOSTILE))
    assert received.path == f"/api/a/{HOSTILE}/z"
    assert received.target.count("/") == 4
    assert received.target.isascii()


def test_no_value_ends_its_place_in_a_query() -> None:
    """Names, fixed parts and values are encoded once."""
    received = arrived(
        '[request.document]\nquery = { "a b" = "x&y {package}", p = "{document_number}" }', ByDocument("1 2", HOSTILE)
    )
    assert received.query == {"a b": f"x&y {HOSTILE}", "p": "1 2"}
    assert received.target.isascii()


def test_a_form() -> None:
    """As a browser sends it."""
    received = arrived(
        '[request.document]\nform = { p = "{package}", d = "{document_number}" }', ByDocument("1", HOSTILE)
    )
    assert received.method == "POST"
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(received.body.decode(), strict_parsing=True)) == {"p": HOSTILE, "d": "1"}


def test_a_json_body() -> None:
    """Texts are filled in, everything else stays as it is."""
    request = '[request.document]\njson = { p = ["{package}", 1, true, { "{d}" = "<{document_number}>" }], n = {} }'
    received = arrived(request, ByDocument("1", HOSTILE))
    assert received.method == "POST"
    assert received.headers["content-type"] == "application/json"
    assert received.json == {"p": [HOSTILE, 1, True, {"{d}": "<1>"}], "n": {}}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("粤B2-20090059-1626X", 7),
        ("蜀ICP备2021014694号-10A", "app"),
        ("蜀ICP备2021014694号-10", "web"),
        ("蜀ICP备2021014694号", "who"),
    ],
)
def test_the_kind_of_a_number(number: str, kind: object) -> None:
    """As the API calls it; alone in JSON it keeps its type."""
    request = """[request.number]
path = "/{kind}/{entity_number}"
json = { kind = "{kind}", said = "kind {kind} of {number}" }
kinds = { website = "web", app = "app", mini_program = 7, entity = "who" }
"""
    received = arrived(request, by(number))
    assert received.path == f"/api/{kind}/{by(number).number.entity_number}"
    assert received.json == {"kind": kind, "said": f"kind {kind} of {number}"}


def test_a_kind_that_cannot_be_asked() -> None:
    """Nobody has looked."""
    request = '[request.number]\npath = "/{kind}/{number}"\nkinds = { website = "web" }\n'
    assert unasked(request, by(NUMBER)).why is Why.NOT_COVERED


KEYED = """[request.number]
path = "/{number}/{secret:key}"
query = { key = "{secret:key}" }
headers = { Authorization = "Bearer {secret:token?}", X-Key = "k {secret:key}" }
json = { key = "{secret:key}", token = "{secret:token?}", list = ["{secret:token?}"] }
"""


def test_secrets_stand_where_they_belong() -> None:
    """Written for their place."""
    received = arrived(KEYED, secrets={"key": "a/b c", "token": "t0ken"})
    assert received.path.endswith("/a/b c")
    assert received.target.endswith("/a%2Fb%20c?key=a%2Fb%20c")
    assert (received.headers["authorization"], received.headers["x-key"]) == ("Bearer t0ken", "k a/b c")
    assert received.json == {"key": "a/b c", "token": "t0ken", "list": ["t0ken"]}


def test_an_optional_secret_may_be_missing() -> None:
    """Then its member is."""
    received = arrived(KEYED, secrets={"key": "k"})
    assert "authorization" not in received.headers
    assert received.json == {"key": "k", "list": []}


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        ('[request.document]\npath = "/{package}"', ByDocument("1", "..")),
        ('[request.document]\npath = "/{package}/x"', ByDocument("1", ".")),
        ('[request.document]\npath = "/{package}"', ByDocument("1", "")),
        ('[request.document]\npath = "/{package}"', ByDocument(" ", "a.b")),
        ('[request.document]\npath = "/{package}"', ByDocument("1", "a\ud800")),
        ('[request.document]\npath = "/x"\nheaders = { X = "{package}" }', ByDocument("1", "示例")),
        ('[request.document]\npath = "/x"\nheaders = { X = "{package}" }', ByDocument("1", "a\r\nX-Other: 1")),
        ('[request.domain]\npath = "/{domain}"', ByDomain("")),
        ('[request.number]\npath = "/{number}"', ByDomain("a.cn")),
    ],
)
def test_a_query_that_cannot_be_asked(request_: str, query: Query) -> None:
    """It is not sent as another one."""
    assert unasked(request_, query).why is Why.CONFIGURATION


def test_a_secret_that_cannot_stand_in_a_header() -> None:
    """Told without it."""
    answer = unasked(
        '[request.number]\npath = "/{number}"\nheaders = { X = "{secret:k}" }', by(NUMBER), secrets={"k": "密"}
    )
    assert answer == Unavailable(Why.CONFIGURATION, "a value that cannot stand in a header")
