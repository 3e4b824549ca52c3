"""F45 to F49: statuses other than 200 around a record that allows, and redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.edge.answers import answer
from tests.edge.fault import Fault, plays, says
from tests.edge.heads import beside, status

if TYPE_CHECKING:
    from tests.edge.fault import Behaviour
    from tests.edge.talk import Talk

__all__ = ["STATUSES"]

WHYS: Final = {
    "protocol": (201, 202, 203, 205, 206, 226, 300, 301, 305, 407),
    "upstream_error": (400, 402, 404, 405, 406, 409, 410, 413, 418, 421, 422, 451, 500, 501, 502, 503, 505, 520, 521),
    "blocked": (403,),
    "timeout": (408, 504),
    "rate_limited": (425, 429),
}
ASKED_AGAIN: Final = frozenset({500, 502, 503})
"""What may pass: asked again right away, within the deadline."""


def _bare(line: bytes, body: bytes = b"") -> Behaviour:
    return plays(b"HTTP/1.1 " + line + b"\r\n\r\n" + body)


_CODES: Final = [
    Fault("F45", str(code), status(b"%d Status" % code), says(why), once=code not in ASKED_AGAIN)
    for why, codes in WHYS.items()
    for code in codes
] + [
    Fault("F45", "204", _bare(b"204 No Content"), says("protocol"), once=True),
    Fault("F45", "204-body", status(b"204 No Content"), says("protocol"), once=True),
    Fault("F45", "304", status(b"304 Not Modified"), says("protocol"), once=True),
]

_AUTH: Final = [
    Fault("F46", "401", status(b"401 Unauthorized"), says("unauthorised"), once=True),
    Fault(
        "F46",
        "401-digest",
        plays(
            lambda talk: answer(
                talk.body, b'www-authenticate: Digest realm="x", nonce="n", qop="auth"', status=b"401 Unauthorized"
            ),
            keep=True,
        ),
        says("unauthorised"),
        once=True,
    ),
    Fault(
        "F46",
        "401-basic",
        plays(lambda talk: answer(talk.body, b'www-authenticate: Basic realm="x"', status=b"401 Unauthorized")),
        says("unauthorised"),
        once=True,
    ),
]

WAITS: Final = {
    "seconds": b"30",
    "zero": b"0",
    "date": b"Fri, 31 Dec 2094 23:59:59 GMT",
    "past": b"Thu, 01 Jan 1970 00:00:00 GMT",
    "huge": b"9" * 400,
    "negative": b"-5",
    "garbage": b"soon",
    "float": b"1.5",
    "full-width": "３０".encode(),
    "empty": b"",
    "bad-date": b"Fri, 31 Feb 2094 25:61:61 GMT",
}
_WAITS: Final = [
    Fault(
        "F47",
        f"429-{name}",
        plays(
            lambda talk, wait=wait: answer(talk.body, b"retry-after: " + wait, status=b"429 Too Many Requests")  # type: ignore[misc]  # bound now
        ),
        says("rate_limited"),
        once=True,
    )
    for name, wait in WAITS.items()
] + [
    Fault("F47", "429-none", status(b"429 Too Many Requests"), says("rate_limited"), once=True),
    Fault(
        "F47",
        "429-twice",
        plays(lambda talk: answer(talk.body, b"retry-after: 30", b"retry-after: 60", status=b"429 Too Many Requests")),
        says("rate_limited"),
        once=True,
    ),
    Fault(
        "F48",
        "503-wait",
        plays(lambda talk: answer(talk.body, b"retry-after: 1", status=b"503 Service Unavailable")),
        says("upstream_error"),
    ),
]


def _redirect(line: bytes, where: bytes) -> Behaviour:
    """To some place; %h is the sink, %s this very address."""

    def told(talk: Talk) -> bytes:
        sink = b"127.0.0.1:%d" % talk.server.sink_port
        location = where.replace(b"%h", sink).replace(b"%s", talk.asked.target.encode())
        return answer(talk.body, b"location: " + location, status=line)

    return plays(told, keep=True)


FOUND: Final = b"302 Found"
PLACES: Final = {
    "loop": (FOUND, b"%s"),
    "chain": (FOUND, b"%s&next=1"),
    "other-host": (FOUND, b"http://%h/stolen"),
    "301": (b"301 Moved Permanently", b"http://%h/stolen"),
    "303": (b"303 See Other", b"http://%h/stolen"),
    "307": (b"307 Temporary Redirect", b"http://%h/stolen"),
    "308": (b"308 Permanent Redirect", b"http://%h/stolen"),
    "localhost": (FOUND, b"http://localhost/"),
    "decimal-ip": (FOUND, b"http://2130706433/"),
    "ipv6-mapped": (FOUND, b"http://[::ffff:127.0.0.1]/"),
    "userinfo": (FOUND, b"http://upstream.example.cn@%h/"),
    "metadata": (FOUND, b"http://169.254.169.254/latest/meta-data/"),
    "file": (FOUND, b"file:///etc/passwd"),
    "gopher": (FOUND, b"gopher://%h/1"),
    "bad": (FOUND, b"http://[/"),
    "relative": (FOUND, b"../../other"),
    "scheme": (FOUND, b"//%h/stolen"),
    "utf8": (FOUND, "http://例子.cn/路".encode()),
    "control": (FOUND, b"http://%h/\x1b[31m"),
}
_REDIRECTS: Final = [
    Fault("F49", f"redirect-{name}", _redirect(line, where), says("protocol"), once=True)
    for name, (line, where) in PLACES.items()
] + [
    Fault("F49", "redirect-none", status(FOUND), says("protocol"), once=True),
    Fault(
        "F49",
        "redirect-refresh",
        plays(lambda talk: answer(talk.body, b"refresh: 0; url=http://127.0.0.1:%d/" % talk.server.sink_port)),
        says("allow"),
    ),
    Fault(
        "F49",
        "link-elsewhere",
        beside(b"content-location: http://169.254.169.254/", b'alt-svc: h3=":1"'),
        says("allow"),
    ),
]

STATUSES: Final[list[Fault]] = [*_CODES, *_AUTH, *_WAITS, *_REDIRECTS]
