"""Mappings as they are read: closed, strict, every defect with its place."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, ByNumber, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup.mapping import load_file, load_ready, load_text, ready_shapes
from icpgate.lookup.mapping.model import Epoch, Form
from icpgate.record import BEIJING
from tests.lookup.mapping.mappings import TEXT, mapped

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """
[request.number]
path = "/{number}"

[records]
object = "/data"

[record]
registration_number = "/number"
status = { constant = "registered" }
"""


def refused(text: str) -> str:
    """Everything that is wrong with a mapping."""
    with pytest.raises(ConfigurationError) as caught:
        load_text(text, name="mapping.toml")
    assert caught.value.code in {"config.mapping", "config.syntax", "config.too_large"}
    return str(caught.value)


def test_the_smallest_mapping() -> None:
    """What is not said has its default."""
    mapping = load_text(SMALL)
    assert mapping.form is Form.MAPPED
    assert mapping.kinds == {ByNumber}
    assert not mapping.authoritative
    assert mapping.cacheable
    assert set(mapping.contains or ()) == {"registration_number", "status", "observed_at", "source", "origin"}
    assert mapping.records is not None
    assert mapping.records.failures == {"查询失败"}


def test_every_kind_of_query() -> None:
    """A registry can be asked what has its request."""
    mapping = mapped()
    assert mapping.kinds == {ByNumber, ByDocument, ByDomain}
    assert mapping.says_no
    assert mapping.contains is not None
    assert {"operator", "platforms", "domains"} <= mapping.contains


def test_a_byte_order_mark_is_passed_over() -> None:
    """Editors write one."""
    assert load_text("\ufeff" + SMALL).kinds == {ByNumber}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('observed_at = { at = "/t", zone = "Asia/Shanghai" }', BEIJING),
        ('observed_at = { at = "/t", zone = "+05:30" }', timezone(timedelta(hours=5, minutes=30))),
        ('observed_at = { at = "/t", zone = "-08:00" }', timezone(timedelta(hours=-8))),
        ('observed_at = { at = "/t", time = "epoch" }', Epoch.SECONDS),
        ('approved_at = { at = "/t", time = "epoch_ms" }', Epoch.MILLISECONDS),
        ('approved_at = "/t"', None),
    ],
)
def test_moments(line: str, expected: object) -> None:
    """A zone, or a count since 1970."""
    [field] = [field for name, field in load_text(f"{SMALL}\n{line}").fields.items() if name.endswith("_at")]
    assert field.time == expected


def test_what_must_not_get_lost() -> None:
    """Some fields are required unless the mapping says otherwise."""
    text = SMALL + '\nobserved_at = "/t"\nblacklisted = "/b"\naccess_restricted = { at = "/r", required = false }\n'
    fields = load_text(text + 'operator = { at = "/o", required = true }').fields
    assert {name for name, field in fields.items() if field.required} == {"observed_at", "blacklisted", "operator"}


def test_a_check_that_accuses() -> None:
    """What it does not list, null and nothing say nothing; unless it says so itself."""
    check = '\n[[check]]\nat = "/m"\ntable = [{ is = "x", means = "blocked" }]\nother = "ok"\n'
    [accusing] = load_text(SMALL + check).checks
    assert (accusing.accuses, accusing.null, accusing.missing) == (True, None, None)
    [strict] = load_text(SMALL + check + 'missing = "schema"').checks
    assert (strict.accuses, strict.null, strict.missing) == (True, None, Why.SCHEMA)


DEFECTS = [
    # The whole file.
    ("= 1", "not TOML"),
    ("a = 1\na = 2", "not TOML"),
    ("a = " + "9" * 5_000, "not TOML"),
    ("a = " + "[" * 100_000, "nested deeper"),
    ("#" * 262_145, "262,145 characters"),
    ("", "request: nothing can be asked"),
    (SMALL + "\n[recrods]", "recrods: unknown key (did you mean records?)"),
    ("form = 7\n" + SMALL, "form: '7' is not known; expected one of mapped, icpgate"),
    # The top.
    ("id = 7\n" + SMALL, "id: not a line of visible text"),
    ('url = "a\\nb"\n' + SMALL, "url: not a line of visible text"),
    ('source = " "\n' + SMALL, "source: not a line of visible text"),
    ('authoritative = "yes"\nscope = "all"\n' + SMALL, "authoritative: str given; expected true or false"),
    ("authoritative = true\n" + SMALL, "scope: missing; expected what the source is complete for"),
    ('scope = "everything"\n' + SMALL, "scope: 'everything' is not a scope"),
    ("cacheable = 1\n" + SMALL, "cacheable: int given"),
    ("request = 7", "request: int given; expected a table"),
    # Secrets.
    ('[secrets]\nkey = "s3cret"\n' + SMALL, "secrets.key: unknown secret: nothing in [request] has a place for it"),
    (SMALL.replace('"/{number}"', '"/{number}/{secret:key}"') + "\n[secrets]\nkey = 7", "secrets.key: int given"),
    (SMALL.replace('"/{number}"', '"/{number}/{secret:key}"') + '\n[secrets]\nkey = ""', "secrets.key: empty"),
    # Requests.
    (SMALL + '\n[request.nummer]\npath = "/"', "request.nummer: unknown kind of query (did you mean number?)"),
    (SMALL.replace("path", "pfad"), "request.number.pfad: unknown key"),
    (SMALL.replace('"/{number}"', '"/x"'), "request.number: a request that does not say what is asked"),
    (SMALL.replace('"/{number}"', '"{number}"'), "request.number.path: not a path"),
    (SMALL.replace('"/{number}"', "7"), "request.number.path: not a path"),
    (SMALL.replace('"/{number}"', '"/{number}?a=b"'), "request.number.path: more than a path"),
    (SMALL.replace('"/{number}"', '"/{number}/../x"'), "request.number.path: a path with . or .. in it"),
    (SMALL.replace('"/{number}"', '"/{number}/%zz"'), "request.number.path: a % that encodes nothing"),
    (
        SMALL.replace('"/{number}"', '"/{nummer}"'),
        "request.number.path: {nummer} is not known here; did you mean {number}?",
    ),
    (SMALL.replace('"/{number}"', '"/{domain}"'), "request.number.path: {domain} is not known here"),
    (SMALL.replace('"/{number}"', '"/{number}/{kind}"'), "request.number.path: {kind} is not known here"),
    (SMALL.replace('"/{number}"', '"/{number}"\nmethod = "PUT"'), "request.number.method: 'PUT' is not known"),
    (
        SMALL.replace('"/{number}"', '"/{number}"\nmethod = "GET"\njson = {}'),
        "request.number.method: a GET has no body",
    ),
    (SMALL.replace('"/{number}"', '"/{number}"\njson = {}\nform = {}'), "request.number.form: a request has one body"),
    (SMALL.replace('"/{number}"', '"/{number}"\nquery = { a = 7 }'), "request.number.query.a: int given"),
    (SMALL.replace('"/{number}"', '"/{number}"\nquery = "a=b"'), "request.number.query: str given; expected a table"),
    (SMALL.replace('"/{number}"', '"/{number}"\nheaders = { "a b" = "x" }'), "headers.a b: not the name of a header"),
    (
        SMALL.replace('"/{number}"', '"/{number}"\nheaders = { Host = "x" }'),
        "headers.Host: this header is the sender's",
    ),
    (SMALL.replace('"/{number}"', '"/{number}"\nheaders = { X = "示" }'), "headers.X: not visible ASCII"),
    (SMALL.replace('"/{number}"', '"/{number}"\nheaders = { X = "a\\nb" }'), "headers.X: not visible ASCII"),
    (SMALL.replace('"/{number}"', '"/{number}"\njson = { a = 1.5 }'), "request.number.json.a: float given"),
    (SMALL.replace('"/{number}"', '"/{number}"\njson = [1979-05-27]'), "request.number.json[0]: date given"),
    (SMALL.replace('"/{number}"', '"/{number}"\njson = [["{x}"]]'), "request.number.json[0][0]: {x} is not known"),
    (SMALL.replace('"/{number}"', '"/{number}"\njson = { ' + "a." * 20 + "b = 1 }"), "nested deeper than 16 levels"),
    (
        SMALL.replace('"/{number}"', '"/{number}"\nkinds = { apps = 1 }'),
        "kinds.apps: unknown kind of service (did you mean app?)",
    ),
    (SMALL.replace('"/{number}"', '"/{number}"\nkinds = { app = 1.5 }'), "kinds.app: not what an API calls a kind"),
    # Checks.
    (SMALL + "\n[check]\nat = 1", "check: not an array of tables; expected [[check]]"),
    (SMALL + "\n[[check]]", "check[0].at: NoneType given; expected a JSON pointer"),
    (SMALL + '\n[[check]]\nat = "code"', "check[0].at: 'code': a JSON pointer begins with /"),
    (SMALL + '\n[[check]]\nat = "/code"', "check[0].table: missing"),
    (SMALL + '\n[[check]]\nat = "/code"\ntable = []', "check[0].table: empty"),
    (SMALL + '\n[[check]]\nat = "/code"\ntable = 7', "check[0].table: not an array of tables"),
    (SMALL + '\n[[check]]\nat = "/code"\ntable = [{ is = 0 }]', "check[0].table[0].means: 'None' is not known"),
    (
        SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "found" }]',
        "check[0].table[0].means: 'found' is not known",
    ),
    (SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "not_registered" }]', "'not_registered' is not known"),
    (SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "internal" }]', "'internal' is not known"),
    (SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0.5, means = "ok" }]', "check[0].table[0].is: '0.5' given"),
    (SMALL + '\n[[check]]\nat = "/c"\ntable = [{ means = "ok" }]', "check[0].table[0].is: 'None' given"),
    (
        SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "ok", then = 1 }]',
        "check[0].table[0].then: unknown key",
    ),
    (
        SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "ok" }, { is = 0, means = "blocked" }]',
        "check[0].table[1].is: '0' stands twice in one table",
    ),
    (
        SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "ok" }]\nnull = "no"',
        "check[0].null: 'no' is not known",
    ),
    (SMALL + '\n[[check]]\nat = "/c"\ntable = [{ is = 0, means = "ok" }]\nelse = "ok"', "check[0].else: unknown key"),
    (
        SMALL + '\n[[check]]\nat = "/m"\nfragments = [{ has = "频次", means = "rate_limited" }]',
        "check[0].table: missing",
    ),
    (
        SMALL + '\n[[check]]\nat = "/m"\nother = "ok"\nfragments = [{ has = "好", means = "ok" }]',
        "check[0].fragments[0].means: 'ok' is not known",
    ),
    (
        SMALL + '\n[[check]]\nat = "/m"\nother = "ok"\nfragments = [{ means = "blocked" }]',
        "check[0].fragments[0].has: missing",
    ),
    (
        SMALL + '\n[[check]]\nat = "/m"\nother = "ok"\nfragments = [{ has = "", means = "blocked" }]',
        "check[0].fragments[0].has: not a line of visible text",
    ),
    (
        SMALL + '\n[[check]]\nat = "/m"\nother = "ok"\nfragments = [{ has = "x", is = 1, means = "blocked" }]',
        "check[0].fragments[0].is: unknown key",
    ),
    # Records.
    (SMALL.replace('object = "/data"', ""), "records: object, list or either is needed, one of the three"),
    (SMALL.replace('object = "/data"', 'object = "/data"\nlist = "/x"'), "records: object, list or either is needed"),
    (SMALL.replace('object = "/data"', "object = 7"), "records.object: int given"),
    (
        SMALL.replace('object = "/data"', 'object = "/data"\ntotal = "/t"'),
        "records.total: only a list can be incomplete",
    ),
    (
        SMALL.replace('object = "/data"', 'list = "/data"\ntotal = "t"'),
        "records.total: 't': a JSON pointer begins with /",
    ),
    (SMALL.replace('object = "/data"', 'object = "/data"\nfailures = "x"'), "records.failures: not a list of texts"),
    # Fields.
    (SMALL + '\noperater = "/o"', "record.operater: unknown field (did you mean operator?)"),
    (SMALL + '\nsource = "/o"', "record.source: unknown field"),
    (SMALL + "\noperator = 7", "record.operator: int given"),
    (SMALL + "\noperator = {}", "record.operator: at or constant is needed, one of the two"),
    (SMALL + '\noperator = { at = "/o", constant = "x" }', "record.operator: at or constant is needed"),
    (
        SMALL + '\noperator = { constant = "x", required = true }',
        "record.operator.required: without effect beside a constant",
    ),
    (SMALL + "\noperator = { constant = 7 }", "record.operator.constant: not for operator; expected a text"),
    (SMALL + '\noperator = { at = "/o", encode = "x" }', "record.operator.encode: unknown key (did you mean decode?)"),
    (SMALL + '\noperator = { at = "/o", decode = "rot13" }', "record.operator.decode: 'rot13' is not known"),
    (SMALL + '\noperator = { at = "/o", of = "envelope" }', "record.operator.of: 'envelope' is not known"),
    (SMALL + '\noperator = { at = "/o", required = 1 }', "record.operator.required: int given"),
    (SMALL + '\noperator = { at = "/o", split = ";" }', "record.operator.split: not for operator; expected a list"),
    (SMALL + '\noperator = { at = "/o", zone = "+08:00" }', "record.operator.zone: not for operator"),
    (SMALL + '\noperator = { at = "/o", absent = ["-"] }', "record.operator.absent: not for operator"),
    (SMALL + '\noperator = { at = "/o", unechoed = "asked" }', "record.operator.unechoed: not for operator"),
    (SMALL + '\noperator = { at = "/o", other = "blocked" }', "record.operator.other: without a table"),
    (SMALL + '\ndomains = { at = "/d", unechoed = "yes" }', "record.domains.unechoed: not known"),
    (SMALL + '\ndomains = { at = "/d", split = "" }', "record.domains.split: not a separator"),
    (SMALL + '\nobserved_at = { at = "/t", zone = "CST" }', "record.observed_at.zone: not a zone"),
    (SMALL + '\nobserved_at = { at = "/t", zone = 8 }', "record.observed_at.zone: not a zone"),
    (SMALL + '\nobserved_at = { at = "/t", zone = "+24:00" }', "record.observed_at.zone: not a zone"),
    (
        SMALL + '\nobserved_at = { at = "/t", time = "epoch", zone = "+08:00" }',
        "record.observed_at.zone: without effect",
    ),
    (SMALL + '\nobserved_at = { at = "/t", time = "days" }', "record.observed_at.time: 'days' is not known"),
    (
        SMALL + '\nobserved_at = { constant = "2026-11-24T00:00:00Z" }',
        "record.observed_at.constant: not for observed_at",
    ),
    (
        SMALL + '\nkind = { constant = "game" }',
        "record.kind.constant: 'game' is not known; expected one of website, app",
    ),
    (SMALL + '\nblacklisted = { constant = "no" }', "record.blacklisted.constant: not for a flag"),
    (
        SMALL + '\nblacklisted = { at = "/b", table = [{ is = 1, means = 1 }] }',
        "blacklisted.table[0].means: not for a flag",
    ),
    (SMALL.replace("status = ", "# "), "record.status: missing"),
    (SMALL.replace("registration_number = ", "# "), "record.registration_number: missing"),
    (SMALL.replace('"/number"', '{ constant = "x" }'), "record.registration_number: a constant number"),
    (
        SMALL.replace('"/number"', '{ at = "/n", required = false }'),
        "record.registration_number.required: a record without",
    ),
    (
        SMALL.replace('"/number"', '{ at = "/n", absent = "-" }'),
        "record.registration_number.absent: not a list of texts",
    ),
    (SMALL.replace('{ constant = "registered" }', '"/s"'), "record.status: neither a table nor a constant"),
    (SMALL.replace("registered", "not_registered"), "record.status: a constant that is no status"),
    (SMALL.replace("registered", "blocked"), "record.status: a constant that is no status"),
    (SMALL.replace("registered", "filed"), "record.status.constant: 'filed' is not known"),
    (
        SMALL.replace('{ constant = "registered" }', '{ at = "/s", table = [{ is = 1, means = "not_registered" }] }'),
        "record.status: a no from a source that is not complete",
    ),
    (SMALL + "\nplatforms = 7", "record.platforms: int given"),
    (SMALL + "\n[record.platforms]", "record.platforms: empty"),
    (SMALL + '\n[record.platforms]\nbundle = "/b"', "record.platforms.bundle: unknown field"),
    (SMALL + '\n[record.platforms]\nlist = "x"\npackage = "/p"', "record.platforms.list: 'x': a JSON pointer"),
    # What belongs together.
    (SMALL + '\n[request.domain]\npath = "/{domain}"', "record.domains: needed where domains are asked"),
    (
        SMALL + '\n[request.document]\npath = "/{document_number}/{package}"',
        "record: document number and package are needed where they are asked",
    ),
    (
        SMALL.replace("object", "list") + '\ndomains = { at = "/d", unechoed = "asked" }',
        "record.domains.unechoed: a list in which every row would be about what was asked",
    ),
    (SMALL + '\n[echo]\nnummer = "/n"', "echo.nummer: unknown key (did you mean number?)"),
    (SMALL + '\n[echo]\nnumber = { constant = "x" }', "echo.number: a constant echoes nothing"),
    # The body.
    (SMALL + '\n[body]\ncharset = "latin-1"', "body.charset: 'latin-1' is not known"),
    (SMALL + '\n[body]\nencoding = "gbk"', "body.encoding: unknown key"),
    # The protocol's own form.
    ('form = "icpgate"', "request: nothing can be asked"),
    ('form = "icpgate"\n' + SMALL, "records: unknown key"),
    (SMALL + '\n[batch]\npath = "/"', "batch: unknown key"),
    (
        'form = "icpgate"\n[request.domain]\npath = "/{domain}"',
        "request: the protocol asks by document and by domain in a",
    ),
    ('form = "icpgate"\n[batch]\nat_most = 0', "batch.at_most: not a number of queries; expected 1 to 1,000"),
    ('form = "icpgate"\n[batch]\nat_most = true', "batch.at_most: not a number of queries"),
    ('form = "icpgate"\n[batch]\npath = "/{number}"', "batch.path: {number} is not known here"),
]


@pytest.mark.parametrize(("text", "said"), DEFECTS, ids=[f"{n}" for n in range(len(DEFECTS))])
def test_a_defect_is_told_with_its_place(text: str, said: str) -> None:
    """At load, not when the first answer comes; and no secret with it."""
    message = refused(text)
    assert said in message
    assert "s3cret" not in message


def test_every_defect_is_told_at_once() -> None:
    """Whoever mends one finds the others too."""
    message = refused(SMALL.replace("/number", "number").replace('"registered"', "7") + '\nname = "/n"\noperator = 7')
    assert "mapping.toml: 4 defects" in message
    for place in ("record.name", "record.registration_number.at", "record.operator", "record.status.constant"):
        assert f"  {place}: " in message


def test_a_message_stays_on_its_lines() -> None:
    """A key with a line break or a direction mark in it is shown as such."""
    message = refused(SMALL + '\n"a\\nb\\u202e" = 1')
    assert r"record.a\nb\u202e: unknown field" in message


def test_a_file(tmp_path: Path) -> None:
    """Read as UTF-8, and named in what is wrong with it."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert load_file(path).name == "mine.toml"
    path.write_text(SMALL + "\nx = 1", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"^mine\.toml: 1 defect\n"):
        load_file(path)


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), (b"\xff", "not a file of UTF-8")])
def test_what_is_no_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Its path is the caller's own, and told."""
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_file(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("path", ["\0", 7])
def test_what_is_no_path(path: str) -> None:
    """Neither a crash."""
    with pytest.raises(ConfigurationError):
        load_file(path)


@pytest.mark.parametrize("shape", ready_shapes())
def test_every_ready_mapping_loads(shape: str) -> None:
    """The same object each time: it cannot be changed."""
    assert load_ready(shape) is load_ready(shape)
    assert load_ready(shape).kinds


@pytest.mark.parametrize(
    ("shape", "said"),
    [("uapi", "did you mean uapis?"), ("zzz", "known: apihz, "), ("../uapis", "is called"), (7, "'7'"), ("", "''")],
)
def test_what_is_no_ready_mapping(shape: str, said: str) -> None:
    """With the name that was meant, where one is near."""
    with pytest.raises(ConfigurationError) as caught:
        load_ready(shape)
    assert said in str(caught.value)


def test_secrets_do_not_stand_in_repr() -> None:
    """Of a mapping with a literal one."""
    text = TEXT.replace('path = "/apps/{number}"', 'path = "/apps/{number}"\nheaders = { X-Key = "{secret:key}" }')
    text = text.replace("WHERE", 'object = "/data"').replace("FIELDS", "").replace("REST", '[secrets]\nkey = "s3cret"')
    mapping = load_text(text)
    assert mapping.secrets == {"key": "s3cret"}
    assert "s3cret" not in repr(mapping)
