"""
A gateway on this machine that answers in the envelope of the ministry's public query, for tests.

It searches its rows as the public query does, fuzzily and by the page, and can be told to answer anything else.
Nothing of it asks anybody.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from icpgate.testing.listening import Listening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["GatewayServer"]

_Rows: TypeAlias = "Sequence[Mapping[str, object]]"

KINDS: Final = ("web", "app", "mapp", "kapp")
MOST_A_PAGE: Final = 26
"""Rows: what the public query gives at most, whatever is asked for."""

_SEARCHED: Final = ("serviceLicence", "mainLicence", "unitName", "serviceName", "domain")
_JSON: Final = "application/json; charset=utf-8"


class GatewayServer(Listening):
    """
    Lists of rows, searched as a gateway does, on a free port of 127.0.0.1.

    Use it as a context manager. `rows` and `blacklist` have the rows of each kind: `web`, `app`, `mapp`, `kapp`.
    `alter(kind, page, envelope)` may change an answer before it is sent, or return another; `say` answers
    everything with one body.
    """

    def __init__(
        self,
        rows: Mapping[str, _Rows],
        blacklist: Mapping[str, _Rows] | None = None,
        *,
        most_a_page: int = MOST_A_PAGE,
        alter: Callable[[str, int, dict[str, Any]], object] | None = None,
    ) -> None:
        """Begin to serve at once; `most_a_page` is how many rows a page has at most, whatever is asked for."""
        self.asked: list[str] = []
        """The path and query of every request, decoded, in the order in which they came."""
        self.tokens: list[str] = []
        """The `Authorization` of every request; empty where there was none."""
        self._rows, self._blacklist = rows, blacklist or {}
        self._most, self._alter = most_a_page, alter
        self._said: tuple[int, str, bytes] | None = None
        super().__init__(_handler(self))

    def say(self, body: object, *, status: int = 200, content_type: str = _JSON) -> None:
        """Answer everything with this: bytes as they are, anything else as JSON, None as before."""
        written = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self._said = None if body is None else (status, content_type, written)

    def _answer(self, target: str) -> tuple[int, str, bytes]:
        parts = urlsplit(target)
        stated = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.asked.append(unquote(target))
        if self._said is not None:
            return self._said
        kind = parts.path.rpartition("/")[2]
        page = int(stated.get("pageNum") or 1)
        answer: object = self._listed(kind, page, stated)
        if self._alter is not None and isinstance(answer, dict):
            answer = self._alter(kind, page, answer)
        body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        return 200, _JSON, body

    def _listed(self, kind: str, page: int, stated: Mapping[str, str]) -> dict[str, Any]:
        search = stated.get("search", "")
        if kind.removeprefix("b") not in KINDS:
            return {"code": 102, "msg": "不是支持的查询类型"}
        if not search:
            return {"code": 101, "msg": "参数错误,请指定search参数"}
        if kind not in KINDS:
            found = _matching(self._blacklist.get(kind.removeprefix("b"), ()), search)
            return _said_well(found)
        size = min(int(stated.get("pageSize") or 10), self._most)
        return _said_well(_paged(_matching(self._rows.get(kind, ()), search), page, size))


def _matching(rows: _Rows, search: str) -> list[Mapping[str, object]]:
    return [row for row in rows if any(search in str(row.get(name, "")) for name in _SEARCHED)]


def _said_well(params: object) -> dict[str, Any]:
    return {"code": 200, "msg": "操作成功", "params": params, "success": True}


def _paged(rows: list[Mapping[str, object]], page: int, size: int) -> dict[str, Any]:
    """One page of rows with the counts that come along."""
    pages = -(-len(rows) // size)
    given = rows[(page - 1) * size : page * size]
    return {
        "list": given,
        "total": len(rows),
        "pageNum": page,
        "pageSize": size,
        "size": len(given),
        "pages": pages,
        "lastPage": pages,
        "hasNextPage": page < pages,
        "isLastPage": page == pages,
    }


def _handler(server: GatewayServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            server.tokens.append(self.headers.get("authorization", ""))
            status, content_type, body = server._answer(self.path)  # noqa: SLF001 -- the two are one
            self.close_connection = True
            self.send_response_only(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
