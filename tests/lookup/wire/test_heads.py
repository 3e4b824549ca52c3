"""Heads that are written and read at one go, held against h11."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icpgate.lookup.wire import Origin, Outgoing
from icpgate.lookup.wire.heads import read, written

if TYPE_CHECKING:
    from icpgate.lookup.wire.message import Headers

ORIGIN = Origin(secure=False, host="registry.example", port=80)
HOST = (b"host", b"registry.example")
USUAL = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nServer: nginx\r\nContent-Type: application/json\r\n"
    b"content-length:700\r\nset-cookie: a=1;\tb\r\nset-cookie: c=2 \t\r\nX-Empty:\r\n\r\n"
)
CHUNKED = b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nRetry-After: 5\r\n\r\n"


def by_h11(head: bytes) -> tuple[int, Headers] | None:
    """The status and headers that h11 reads; None for what it refuses or what is no final answer."""
    parser = h11.Connection(h11.CLIENT, 65_536)
    parser.send(h11.Request(method="GET", target="/", headers=[HOST]))
    parser.receive_data(head)
    try:
        event = parser.next_event()
    except h11.RemoteProtocolError:
        return None
    return (event.status_code, list(event.headers)) if type(event) is h11.Response else None


def sent_by_h11(message: Outgoing) -> bytes | None:
    """The head that h11 writes; None for what it refuses."""
    parser = h11.Connection(h11.CLIENT, 65_536)
    try:
        return parser.send(h11.Request(method=message.method, target=message.target, headers=message.headers))
    except h11.LocalProtocolError:
        return None


@pytest.mark.parametrize("head", [USUAL, CHUNKED, b"HTTP/1.1 204\r\n\r\n", b"HTTP/1.1 404 \r\na: b\r\n\r\n"])
def test_the_usual_heads_are_read(head: bytes) -> None:
    """Names in lower case, values without the blanks around them."""
    assert read(head) == by_h11(head) != None  # noqa: E711 -- of three values


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 999 Other\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: %s\r\n\r\n" % (b"1" * 16),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a: \xe4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a: b\rc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK",
    ],
)
def test_other_heads_are_for_h11(head: bytes) -> None:
    """Whether it reads them or not."""
    assert read(head) is None


@given(
    st.sampled_from([USUAL, CHUNKED]),
    st.lists(
        st.tuples(
            st.integers(0, 260),
            st.integers(0, 2),
            st.sampled_from(
                [b"", b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\x00", b"\x7f", b"\xff", b"5", b",", b"a"]
            )
            | st.binary(max_size=3),
        ),
        max_size=3,
    ),
)
@example(USUAL, [(15, 0, b" \x0b")])
def test_what_is_read_h11_reads_too(head: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    """A head with some bytes changed: what is still read at one go is what h11 reads."""
    for at, length, other in changes:
        head = head[:at] + other + head[at + length :]
    found = read(head)
    if found is not None:
        assert found == by_h11(head)


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, (b"accept", b"application/json"), (b"authorization", b"Bearer a b"), (b"x-empty", b"")],
        [HOST, (b"content-type", b"application/json"), (b"content-length", b"12")],
    ],
)
def test_the_usual_requests_are_written(headers: Headers) -> None:
    """As h11 writes them."""
    message = Outgoing(ORIGIN, b"POST", b"/v1/lookup?x=%20", headers)
    assert written(message) == sent_by_h11(message) is not None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"accept", b"x"), HOST],
        [HOST, HOST],
        [(b"host", b"")],
        [HOST, (b"Accept", b"x")],
        [HOST, (b"x-a", b"b\r\nx-c: d")],
        [HOST, (b"x-a: b\r\nx-c", b"d")],
        [HOST, (b"x-a: b", b"c")],
        [HOST, (b"x-a", b" b")],
        [HOST, (b"x-a", b"b ")],
        [HOST, (b"x-a", b"\xe4")],
        [HOST, (b"x a", b"b")],
        [HOST, (b"", b"b")],
        [HOST, (b"content-length", b"two")],
        [HOST, (b"content-length", b"2"), (b"content-length", b"2")],
        [HOST, (b"transfer-encoding", b"chunked")],
    ],
)
def test_other_requests_are_for_h11(headers: Headers) -> None:
    """Whether it writes them or not."""
    assert written(Outgoing(ORIGIN, b"GET", b"/", headers)) is None


SNIPPETS = st.lists(
    st.sampled_from(
        [b"a", b"GET", b"/", b" ", b"\t", b":", b": ", b"\r\n", b"\n", b"HTTP/1.1", b"5", b"\xe4", b"\x00"]
    ),
    max_size=4,
).map(b"".join)
NAMES = st.sampled_from([b"host", b"content-length", b"transfer-encoding", b"connection", b"x-a"]) | SNIPPETS


@given(
    st.just(b"GET") | SNIPPETS,
    st.just(b"/") | SNIPPETS,
    st.lists(st.tuples(NAMES, SNIPPETS), max_size=4),
    st.booleans(),
)
def test_what_is_written_h11_writes_too(method: bytes, target: bytes, headers: Headers, hosted: bool) -> None:  # noqa: FBT001 -- drawn
    """Whatever the parts hold: nobody slips a header or a request in."""
    message = Outgoing(ORIGIN, method, target, [HOST, *headers] if hosted else headers)
    head = written(message)
    if head is not None:
        assert head == sent_by_h11(message)
