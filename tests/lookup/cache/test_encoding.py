"""An entry as bytes, and back; and what is no entry."""

from __future__ import annotations

import hashlib
import hmac
import json
import pickle
from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.errors import InvalidRecord
from icpgate.lookup.cache.encoding import MAX_BLOB, decode, encode, stored
from icpgate.lookup.cache.entry import Entry
from icpgate.record import RegistrationRecord
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.lookup.files import OTHER, by
from tests.strategies import SERVICE, moments, records

if TYPE_CHECKING:
    from icpgate.answer import Query

SECRET = b"a secret of thirty-two bytes ..."
SECRETS = [None, SECRET]
QUERY = by(NUMBER)
HEAD = 12 + 20 + 1 + 64 + 1


def entry(*rows: dict[str, object], query: Query = QUERY, **changes: object) -> Entry:
    """An entry of these records, by default of the usual one."""
    read = tuple(RegistrationRecord.read(row) for row in rows or (registered(),))
    given: dict[str, Any] = {"answer": Found(read), "observed_at": read[0].observed_at, "registry": "r", "source": "s"}
    return Entry(Observation(query, **(given | changes)), NOW)


def no(query: Query = QUERY) -> Entry:
    """An entry of a registry that says no."""
    return entry(query=query, answer=NotRegistered("all"))


def read(blob: object, query: Query = QUERY, secret: bytes | None = None, registry: str = "r") -> Entry | None:
    """What comes of a blob."""
    return decode(blob, query, registry, secret=secret)  # type: ignore[arg-type]  # mistakes are the point


def sealed(body: object, observed: int | None = None, secret: bytes | None = None) -> bytes:
    """A blob of this body with a right digest, as anybody can make it who knows the format."""
    text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    moment = int((NOW - timedelta(days=1)).timestamp() * 1e6) if observed is None else observed
    head = b"icpgate 001 %020d" % moment
    content = head + b"\n" + text
    digest = hashlib.sha256(content) if secret is None else hmac.new(secret, content, "sha256")
    return head + b" " + digest.hexdigest().encode() + b"\n" + text


def body(**changes: object) -> dict[str, object]:
    """The body of the usual entry; a change to None leaves a member out."""
    members = json.loads(encode(entry(), None)[HEAD:])
    return {name: value for name, value in (members | changes).items() if value is not None}


def row(**changes: object) -> list[dict[str, object]]:
    """The one record in it, changed."""
    [written] = json.loads(encode(entry(), None)[HEAD:])["found"]
    return [{name: value for name, value in (written | changes).items() if value is not None}]


def test_the_bytes_of_release_one() -> None:
    """What other processes of this release read; a change needs another format."""
    blob = encode(
        entry(registered(operator=None, platforms=None, domains=None, endpoints=None, pre_approvals=None)), None
    )
    assert blob == sealed(
        '{"asked":1795478400000000,"found":[{"access_providers":["示例云"],"access_restricted":false,'
        '"blacklisted":false,"document_number":"91510108MA6632C60R","document_type":"uscc",'
        '"entity_number":"蜀ICP备2021014694号","kind":"app","observed_at":"2026-11-23T00:00:00Z","origin":"bureau",'
        '"registration_number":"蜀ICP备2021014694号-10A","service_name":"挖煤姬","source":"test",'
        '"status":"registered"}],"key":"r|1|n|蜀ICP备2021014694号-10A","observed":1795392000000000,'
        '"registry":"r","source":"s"}'.encode()
    )
    assert read(blob) is not None


@pytest.mark.parametrize("secret", SECRETS)
def test_back_again(secret: bytes | None) -> None:
    """Records and moments exactly; a *no* with its scope."""
    for kept in (entry(), no(), entry(observed_at=NOW, source=""), entry(registered(observed_at=NOW.isoformat()))):
        assert read(encode(kept, secret), secret=secret) == kept


@given(record=records(SERVICE), seen=moments(), asked=st.datetimes(timezones=st.just(NOW.tzinfo)))
@pytest.mark.parametrize("secret", SECRETS)
def test_every_record_comes_back_exactly(
    secret: bytes | None, record: RegistrationRecord, seen: Any, asked: Any
) -> None:
    """With a secret and without; so does when it was observed and asked for."""
    kept = Entry(Observation(QUERY, Found((record,)), seen, "source", "r"), asked)
    there = read(encode(kept, secret), secret=secret)
    assert there == kept
    assert there.observation.digest == kept.observation.digest


TEXTS = st.none() | st.text(max_size=20)
ROWS = st.fixed_dictionaries(
    {
        "registration_number": st.sampled_from([NUMBER, "粤B2-20090059-1626X", "京ICP证030173号-1"]),
        "status": st.just("shell"),
    },
    optional={
        "service_name": TEXTS,
        "operator": TEXTS,
        "operator_kind": TEXTS,
        "document_type": TEXTS,
        "document_number": TEXTS,
        "access_providers": st.none() | st.lists(st.text(max_size=5), max_size=3),
        "pre_approvals": st.none() | st.lists(st.text(max_size=5), max_size=3),
        "domains": st.none() | st.lists(st.sampled_from(["a.example.cn", "例子.中国"]), max_size=3),
        "endpoints": st.none() | st.lists(st.sampled_from(["203.0.113.0/24", "2001:db8::1"]), max_size=3),
        "platforms": st.none()
        | st.lists(st.fixed_dictionaries({}, optional={"package": TEXTS, "platform": st.sampled_from(["ios", None])})),
        "approved_at": st.sampled_from([None, "2023-09-03", "2023-09-03T10:00:00.000001+08:00"]),
        "access_restricted": st.none() | st.booleans(),
        "blacklisted": st.none() | st.booleans(),
        "origin": st.sampled_from(["simulated", "bureau"]),
    },
)


@given(fields=ROWS)
@pytest.mark.parametrize("secret", SECRETS)
def test_whatever_a_source_has_comes_back_exactly(secret: bytes | None, fields: dict[str, object]) -> None:
    """Empty and absent are two things; odd texts are texts."""
    try:
        kept = entry(
            fields | {"observed_at": "2026-11-01T00:00:00+08:00", "source": "?"},
            query=by(str(fields["registration_number"])),
        )
    except InvalidRecord:
        return
    assert read(encode(kept, secret), kept.observation.query, secret=secret) == kept


def test_moments_of_another_zone_are_the_same_moments() -> None:
    """What was observed at eight in Beijing was observed at midnight in UTC."""
    beijing = timezone(timedelta(hours=8))
    kept = entry(observed_at=NOW.astimezone(beijing))
    assert read(encode(kept, None)) == kept


BY_DOCUMENT, BY_DOMAIN = ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("query", [BY_DOCUMENT, BY_DOMAIN], ids=str)
def test_other_queries(query: Query, secret: bytes | None) -> None:
    """Of them several records may be found; each echoes the query."""
    kept = entry(registered(), registered(registration_number=OTHER), query=query)
    assert read(encode(kept, secret), query, secret) == kept
    assert read(encode(no(query), secret), query, secret) == no(query)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_document_stands_only_in_its_record(secret: bytes | None) -> None:
    """Nobody can read from a *no* whose document was asked for; without a secret not even by trying."""
    blob = encode(no(BY_DOCUMENT), secret)
    assert DOCUMENT.encode() not in blob
    assert (b"|d||" in blob) is (secret is None)


def test_another_document() -> None:
    """With a secret a *no* belongs to one document; in any case to one package."""
    other, package = ByDocument("91110000MAEXAMPL2M", "com.sig.wameiji"), ByDocument(DOCUMENT, "com.other")
    assert read(encode(no(BY_DOCUMENT), SECRET), other, SECRET) is None
    assert read(encode(no(BY_DOCUMENT), SECRET), package, SECRET) is None
    assert read(encode(no(BY_DOCUMENT), None), package) is None
    assert read(encode(entry(query=BY_DOCUMENT), None), other) is None


def test_what_nobody_could_say_is_never_kept() -> None:
    """There is no way to write it."""
    with pytest.raises(ValueError, match="Unavailable is never kept"):
        encode(entry(answer=Unavailable(Why.TIMEOUT)), None)


NO_ENTRIES: list[object] = [
    None,
    "text",
    bytearray(encode(entry(), None)),
    0,
    [],
    b"",
    b"null",
    b"\x80\x05",
    b" " * 1_000_000,
    pickle.dumps(entry().asked_at),
    encode(entry(), None)[:-1],
    encode(entry(), None) + b" ",
    encode(entry(), None).replace(b"icpgate 001", b"icpgate 099"),
    encode(entry(), None).replace(b"registered", b"cancelled "),
    encode(entry(), SECRET),
    b"icpgate 001 " + b"9" * 20 + encode(entry(), None)[32:],
]


@pytest.mark.parametrize("blob", NO_ENTRIES, ids=map(str, range(len(NO_ENTRIES))))
def test_what_is_no_entry(blob: object) -> None:
    """Another type, nothing, a pickle, too much, cut, longer, of another release, changed, sealed, redated."""
    assert read(blob) is None


SEALED_BY_ANYBODY = [
    b"",
    b"null",
    b"[]",
    b"\xff",
    b'"text"',
    b"{",
    b"[" * 30_000,
    body(key="r|1|n|" + OTHER),
    body(registry="another"),
    body(registry=1),
    body(source=1),
    body(source=None),
    body(asked="2026-11-24T00:00:00Z"),
    body(asked=1.5),
    body(asked=True),
    body(asked=None),
    body(asked=10**30),
    body(observed="2026-11-23T00:00:00Z"),
    body(observed=0),
    body(more=1),
    body(found=None),
    body(found={}),
    body(found="text"),
    body(found=[]),
    body(found=[None]),
    body(found=["text"]),
    body(found=[[]]),
    body(found=None, not_registered=1),
    body(found=None, not_registered=["all"]),
    body(found=None, unavailable="timeout"),
    body(found=row() * 2),
    body(found=row() + row(registration_number=OTHER, entity_number="京ICP备2026999901号")),
    body(found=row(registration_number=OTHER, entity_number="京ICP备2026999901号")),
    body(found=row(status="filed")),
    body(found=row(status=None)),
    body(found=row(status=["registered"])),
    body(found=row(kind="website")),
    body(found=row(entity_number="京ICP备2026999901号")),
    body(found=row(blacklisted=0)),
    body(found=row(blacklisted="false")),
    body(found=row(observed_at=1)),
    body(found=row(observed_at="2026-11-23T00:00:00")),
    body(found=row(observed_at="2026-11-23T08:00:00+08:00")),
    body(found=row(observed_at="yesterday")),
    body(found=row(observed_at="2026-11-22T00:00:00Z")),
    body(found=row(domains="api.example.cn")),
    body(found=row(domains=["*.example.cn"])),
    body(found=row(domains=["API.example.cn"])),
    body(found=row(domains=["a.cn", "a.cn"])),
    body(found=row(platforms=["android"])),
    body(found=row(platforms=[{"platform": "android", "more": "?"}])),
    body(found=row(operator=" 示例")),
    body(found=row(registration_number=" " + NUMBER)),
    body(found=row(more="?")),
    json.dumps(body()).encode().replace(b'"asked"', b'"asked":1,"asked"'),
    json.dumps(body(source="\ud800")).encode(),
    json.dumps(body(source="?")).replace('"?"', "NaN").encode(),
    body(source="x" * MAX_BLOB),
]


@pytest.mark.parametrize("content", SEALED_BY_ANYBODY, ids=map(str, range(len(SEALED_BY_ANYBODY))))
def test_what_anybody_may_have_sealed(content: object) -> None:
    """A right digest proves nothing: whatever `read` would refuse, or would mend, is no record."""
    assert read(sealed(body())) == entry()
    assert read(sealed(content)) is None


SEALED_BY_US = [b"null", b"{", b"\xff", body(found=["x"]), body(found=row(blacklisted=0)), body(more=1)]


@pytest.mark.parametrize("content", SEALED_BY_US, ids=map(str, range(len(SEALED_BY_US))))
def test_what_was_sealed_and_is_no_entry(content: object) -> None:
    """Even with the right secret only what has the right types comes back."""
    assert read(sealed(body(), secret=SECRET), secret=SECRET) == entry()
    assert read(sealed(content, secret=SECRET), secret=SECRET) is None


def test_another_secret() -> None:
    """Whoever can write to the level, but does not know the secret, is not believed; nor is who has another one."""
    assert read(encode(entry(), SECRET), secret=SECRET[:-1]) is None
    assert read(encode(entry(), None), secret=SECRET) is None
    assert read(encode(entry(), SECRET)) is None


def test_something_else_was_asked() -> None:
    """Another number, another registry, another kind of query."""
    blob = encode(entry(), None)
    assert read(blob, by(OTHER)) is None
    assert read(blob, by("蜀ICP备2021014694号")) is None
    assert read(blob, registry="R") is None
    assert read(blob, BY_DOMAIN) is None


@given(st.binary(max_size=300))
def test_any_bytes(blob: bytes) -> None:
    """Reading never raises."""
    assert read(blob) is None
    assert read(b"icpgate 001 " + blob) is None
    assert read(sealed(blob)) is None


@given(place=st.integers(0, len(encode(entry(), None)) - 1), bit=st.integers(0, 7))
def test_one_bit(place: int, bit: int) -> None:
    """Whichever falls over, it is no entry any more."""
    blob = bytearray(encode(entry(), None))
    blob[place] ^= 1 << bit
    assert read(bytes(blob)) is None


def test_the_moment_stands_at_a_fixed_place() -> None:
    """So that a server can compare it without reading the rest; the oldest part counts."""
    kept = entry(observed_at=NOW)
    assert encode(kept, None)[12:32] == encode(kept, SECRET)[12:32] == b"00001795392000000000"
    assert stored(kept, "k", 60.0, None).observed == 1_795_392_000_000_000


def test_before_1970() -> None:
    """A moment that nobody believes is written all the same, as the beginning of time."""
    kept = entry(observed_at=NOW.replace(year=1969))
    assert stored(kept, "k", 60.0, None).observed == 0
    assert read(encode(kept, None)) == kept


def test_stored_by_number() -> None:
    """The number and its entity are those that were asked for, also of a *no*."""
    for kept in (entry(), no()):
        there = stored(kept, "key", 60.0, SECRET)
        assert (there.key, there.seconds) == ("key", 60.0)
        assert (there.number, there.entity) == (NUMBER, "蜀ICP备2021014694号")
        assert read(there.blob, secret=SECRET) == kept
    assert stored(no(by("蜀ICP备2021014694号")), "key", 1.0, None).entity == "蜀ICP备2021014694号"


def test_stored_by_another_key() -> None:
    """The record's number where there is one, its first entity, and nothing of a *no*."""
    one, two = entry(query=BY_DOMAIN), entry(registered(), registered(registration_number=OTHER), query=BY_DOMAIN)
    found = [(e.number, e.entity) for e in (stored(kept, "key", 1.0, None) for kept in (one, two, no(BY_DOMAIN)))]
    assert found == [(NUMBER, "蜀ICP备2021014694号"), ("", "蜀ICP备2021014694号"), ("", "")]


def test_a_record_that_reads_otherwise_than_it_is_written() -> None:
    """One that a registry of a caller's own made without reading it is kept exactly, or not at all."""
    odd = replace(RegistrationRecord.read(registered()), operator=" 示例 ", domains=("A.example.cn",))
    kept = entry(answer=Found((odd,)))
    assert read(encode(kept, None)) is None
    assert read(encode(kept, SECRET), secret=SECRET) == kept


def test_half_a_character() -> None:
    """It is no text that others could read."""
    kept = entry(source="\ud800")
    assert read(encode(kept, None)) is None
    assert read(encode(kept, SECRET), secret=SECRET) == kept


def test_an_entry_that_is_too_large() -> None:
    """It is written, and read by nobody."""
    kept = entry(registered(domains=[f"{number}.example.cn" for number in range(6_000)]))
    assert len(encode(kept, None)) > MAX_BLOB
    assert read(encode(kept, None)) is None


def test_a_query_is_compared_by_its_number() -> None:
    """Two spellings of one number are one number, and the answer is given to the one that was asked."""
    query = ByNumber(QUERY.number.parse("蜀ICP备 2021014694号-10a"))
    there = read(encode(entry(), None), query)
    assert there is not None
    assert there.observation.query is query
