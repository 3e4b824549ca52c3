"""A conversation without I/O, and the framing of bodies held against h11."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire import Incoming, Origin, Outgoing
from icpgate.lookup.wire.budgets import (
    MAX_BODY,
    MAX_CHUNK_LINE,
    MAX_CHUNKS,
    MAX_HEAD,
    MAX_HEADER_LINES,
    MAX_INFORMATIONAL,
    MAX_WIRE,
)
from icpgate.lookup.wire.coding import body_of
from icpgate.lookup.wire.conversation import Conversation
from icpgate.lookup.wire.framing import Chunked

if TYPE_CHECKING:
    from collections.abc import Iterable

ORIGIN = Origin(secure=False, host="registry.example", port=80)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def conversation(
    method: bytes = b"GET", *headers: tuple[bytes, bytes], target: bytes = b"/", body: bytes = b""
) -> Conversation:
    """One about anything."""
    return Conversation(Outgoing(ORIGIN, method, target, [(b"host", b"registry.example"), *headers], body))


def heard(pieces: Iterable[bytes], *, method: bytes = b"GET", closed: bool = False) -> Incoming | Unanswered | None:
    """What comes of these pieces, with the end of the connection behind them or without."""
    talk = conversation(method)
    try:
        for piece in pieces:
            incoming = talk.receive(piece)
            if incoming is not None:
                return incoming
        return talk.ended() if closed else None
    except Unanswered as unanswered:
        return unanswered


def why(came: Incoming | Unanswered | None) -> Why:
    """Why there was no answer."""
    assert isinstance(came, Unanswered), came
    return came.why


def body(came: Incoming | Unanswered | None) -> bytes:
    """The body of an answer."""
    assert isinstance(came, Incoming), came
    return came.body


def test_what_is_sent() -> None:
    """The line, the headers as given, the body."""
    talk = conversation(b"POST", (b"content-length", b"2"), target=b"/v1/lookup?x=%20", body=b"{}")
    assert talk.outgoing == (b"POST /v1/lookup?x=%20 HTTP/1.1\r\nhost: registry.example\r\ncontent-length: 2\r\n\r\n{}")
    assert not talk.started


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        ([(b"x-a", b"b\r\nx-c: d")], b"/"),
        ([(b"x a", b"b")], b"/"),
        ([(b"host", b"other.example")], b"/"),
        ([(b"content-length", b"two")], b"/"),
        ([], b"/ HTTP/1.1\r\nx-a: b"),
        ([], b"/\xe4"),
        ([], b""),
    ],
)
def test_what_http_cannot_carry_is_not_sent(headers: list[tuple[bytes, bytes]], target: bytes) -> None:
    """Nobody slips a header or a request in; the detail repeats nothing."""
    with pytest.raises(Unanswered) as caught:
        conversation(b"GET", *headers, target=target)
    assert (caught.value.why, caught.value.detail) == (Why.CONFIGURATION, "request")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_pieces_of_any_size(size: int) -> None:
    """Where an answer is cut on its way changes nothing."""
    for wire in (
        OK + b"content-length: 6\r\nx-a: b\r\n\r\nabcdef",
        b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"4\r\nabcd\r\n2;x=y\r\nef\r\n0\r\nx-t: u\r\n\r\n",
    ):
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert body(heard(pieces)) == b"abcdef"


def test_the_answer_to_head_has_no_body() -> None:
    """Whatever length it states."""
    assert body(heard([OK + b"content-length: 500\r\n\r\n"], method=b"HEAD")) == b""


def test_a_protocol_that_nobody_switches_to() -> None:
    """Not even when the request proposed one."""
    talk = conversation(b"GET", (b"upgrade", b"other"), (b"connection", b"upgrade"))
    with pytest.raises(Unanswered) as caught:
        talk.receive(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\n\r\n" + OK + b"\r\n")
    assert caught.value.why is Why.PROTOCOL


def test_the_budgets_are_exact() -> None:
    """What is just within one is taken; a byte, a line or a chunk more is not."""
    filler = OK + b"content-length: 0\r\nx-a: "
    room = MAX_HEAD - len(filler) - 4
    assert body(heard([filler + b"a" * room + b"\r\n\r\n"])) == b""
    assert why(heard([filler + b"a" * (room + 1) + b"\r\n\r\n"])) is Why.TOO_LARGE
    lines = MAX_HEADER_LINES - 3
    assert body(heard([OK + b"content-length: 0\r\n" + b"a: b\r\n" * lines + b"\r\n"])) == b""
    assert why(heard([OK + b"content-length: 0\r\n" + b"a: b\r\n" * (lines + 1) + b"\r\n"])) is Why.TOO_LARGE
    early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    assert body(heard([early * MAX_INFORMATIONAL + OK + b"content-length: 0\r\n\r\n"])) == b""
    assert why(heard([early * (MAX_INFORMATIONAL + 1) + OK + b"content-length: 0\r\n\r\n"])) is Why.PROTOCOL
    chunks = b"1\r\nx\r\n" * (MAX_CHUNKS - 1)
    assert len(body(heard([CHUNKED + chunks + b"0\r\n\r\n"]))) == MAX_CHUNKS - 1
    assert why(heard([CHUNKED + chunks + b"1\r\nx\r\n0\r\n\r\n"])) is Why.TOO_LARGE
    assert len(body(heard([OK + b"\r\n" + bytes(MAX_BODY)], closed=True))) == MAX_BODY
    assert why(heard([OK + b"\r\n" + bytes(MAX_BODY + 1)], closed=True)) is Why.TOO_LARGE
    assert len(body(heard([OK + b"content-length: %d\r\n\r\n" % MAX_BODY + bytes(MAX_BODY)]))) == MAX_BODY
    assert why(heard([OK + b"content-length: %d\r\n\r\n" % (MAX_BODY + 1)])) is Why.TOO_LARGE


def test_the_wire_is_measured_whatever_it_carries() -> None:
    """Also where it is neither headers nor body."""
    line = b"x-t: " + b"a" * 10_000 + b"\r\n"
    pieces = [CHUNKED + b"0\r\n", *[line] * (MAX_WIRE // len(line) + 1)]
    assert why(heard(pieces)) is Why.TOO_LARGE


def test_a_coding_is_undone_within_the_budget() -> None:
    """Exactly as much as a body may have, and not a byte more."""
    head = OK + b"content-encoding: gzip\r\ncontent-length: %d\r\nx-a: b\r\n\r\n"
    for size, expected in ((MAX_BODY, None), (MAX_BODY + 1, Why.TOO_LARGE)):
        coded = gzip.compress(bytes(size))
        came = heard([head % len(coded), coded])
        if expected is None:
            assert len(body(came)) == size
            assert isinstance(came, Incoming)
            assert came.headers == [(b"x-a", b"b")]
        else:
            assert why(came) is expected


def test_a_bomb_costs_no_memory() -> None:
    """A hundred mebibytes behind a hundred kilobytes are given up at once."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(128)) + squeeze.flush()
    tracemalloc.start()
    came = heard(
        [OK + b"content-encoding: gzip\r\n\r\n", *[bomb[at : at + 16_384] for at in range(0, len(bomb), 16_384)]]
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert why(came) is Why.TOO_LARGE
    assert peak < 8 * 1024 * 1024


BODIES = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    """The pieces between these places."""
    ends = [*sorted({place for place in places if 0 < place < len(wire)}), len(wire)]
    return [wire[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def by_h11(wire: bytes, *, closed: bool) -> bytes | None:
    """The body that h11 reads; None when it does not, or not yet."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "registry.example")]))
    parser.receive_data(wire)
    if closed:
        parser.receive_data(b"")
    found = b""
    try:
        while True:
            event = parser.next_event()
            if type(event) is h11.EndOfMessage:
                return found
            if type(event) is h11.Data:
                found += event.data
            if event is h11.NEED_DATA or event is h11.PAUSED or type(event) is h11.ConnectionClosed:
                return None
    except h11.RemoteProtocolError:
        return None


@given(BODIES, CUTS, st.sampled_from([b"\r\n", b"x-t: u\r\n\r\n"]))
def test_chunks_cut_anywhere(pieces: list[bytes], places: list[int], end: bytes) -> None:
    """The body is that of the chunks, in whatever pieces they come."""
    wire = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + end
    assert body(heard(cut(wire, places))) == b"".join(pieces) == by_h11(wire, closed=False)


@given(BODIES, CUTS, st.integers(0, 400), st.sampled_from(list(b"0aF;\r\n: \x00-+_x\xff")), st.booleans())
def test_what_we_accept_h11_accepts(pieces: list[bytes], places: list[int], at: int, other: int, closed: bool) -> None:  # noqa: FBT001 -- drawn
    """A byte of an answer changed: what is still read here is what h11 reads too."""
    wire = bytearray(CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")
    wire[at % len(wire)] = other
    came = heard(cut(bytes(wire), places), closed=closed)
    if isinstance(came, Incoming):
        assert came.body == by_h11(bytes(wire), closed=closed)


@given(st.binary(max_size=300), CUTS)
def test_noise_is_no_answer(noise: bytes, places: list[int]) -> None:
    """Nothing but `Unanswered` comes out, whatever comes in."""
    for begin in (b"", b"HTTP/1.1 ", OK, CHUNKED, OK + b"content-encoding: gzip\r\n\r\n"):
        came = heard(cut(begin + noise, places), closed=True)
        assert isinstance(came, (Incoming, Unanswered))


@given(st.binary(max_size=2_000), st.sampled_from([b"gzip", b"deflate"]), CUTS, st.integers(0, 400), st.integers(0, 7))
def test_a_coded_body_is_whole_or_refused(data: bytes, coding: bytes, places: list[int], at: int, bit: int) -> None:
    """Cut anywhere it is read all the same; with a bit turned it is refused or the same."""
    coded = bytearray(gzip.compress(data) if coding == b"gzip" else zlib.compress(data))
    right = body_of([coding])
    for piece in cut(bytes(coded), places):
        right.add(piece)
    assert right.whole() == data
    coded[at % len(coded)] ^= 1 << bit
    wrong = body_of([coding])
    with suppress(Unanswered):
        wrong.add(bytes(coded))
        assert wrong.whole() == data


def test_a_chunk_line_is_bounded_in_pieces() -> None:
    """Also when it comes a byte at a time and never ends."""
    framing, sink = Chunked(), body_of([])
    for _ in range(MAX_CHUNK_LINE):
        assert framing.feed(b"0", sink) is None
    with pytest.raises(Unanswered) as caught:
        framing.feed(b"0", sink)
    assert caught.value.why is Why.TOO_LARGE
