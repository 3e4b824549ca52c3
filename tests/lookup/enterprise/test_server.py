"""The local server itself: it is strict about who calls, and can be made to say anything."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from icpgate.lookup.enterprise.password import password_hash
from icpgate.lookup.enterprise.soap import called
from icpgate.testing.enterprise import METHOD, NAMESPACE, OTHERS, QUERY, EnterpriseServer
from tests.lookup.enterprise.bureau import DOMAIN, PASSWORD, RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

RANDOM = "a1B2c3D4e5F6g7H8i9J0"
RIGHT = {
    "ispID": "110000000211",
    "userName": "example",
    "randVal": RANDOM,
    "pwdHash": password_hash(PASSWORD, RANDOM),
    "hashAlgorithm": "0",
    "queryConditionType": "0",
    "queryCondition": DOMAIN,
}


@pytest.fixture
def server() -> Iterator[EnterpriseServer]:
    """A bureau with one registration."""
    with EnterpriseServer([RECORD]) as bureau:
        yield bureau


def sent(
    server: EnterpriseServer, method: str, path: str, body: bytes = b"", kind: str = "text/xml; charset=GBK"
) -> tuple[int, bytes]:
    """A request as it stands, and what came back."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port, timeout=5)
    try:
        connection.request(method, path, body or None, {"content-type": kind})
        answered = connection.getresponse()
        return answered.status, answered.read()
    finally:
        connection.close()


def code(server: EnterpriseServer, **changes: str | None) -> str:
    """The code that a call with these changes is answered; None leaves a parameter out."""
    told = {name: text for name, text in (RIGHT | changes).items() if text is not None}
    status, body = sent(server, "POST", QUERY, called(NAMESPACE, told.items(), "GBK"))
    assert status == 200
    return body.decode("gb18030").partition("msg_code&gt;")[2].partition("&lt;")[0]


def test_the_right_call(server: EnterpriseServer) -> None:
    """Is answered, in GBK, with a declaration of its own inside."""
    _, body = sent(server, "POST", QUERY, called(NAMESPACE, RIGHT.items(), "GBK"))
    text = body.decode("gb18030")
    assert '&lt;?xml version="1.0" encoding="GBK"?&gt;' in text
    assert "&lt;Wzmc&gt;挖煤姬&lt;/Wzmc&gt;" in text
    assert code(server) == "0"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ispID": "1"}, "12"),
        ({"ispID": None}, "12"),
        ({"userName": "other"}, "4"),
        ({"randVal": RANDOM[:19]}, "16"),
        ({"randVal": None}, "16"),
        ({"hashAlgorithm": "1"}, "10"),
        ({"pwdHash": password_hash(RANDOM, PASSWORD)}, "5"),
        ({"pwdHash": password_hash("passw0rd", RANDOM)}, "5"),
        ({"pwdHash": ""}, "5"),
        ({"queryConditionType": "12"}, "999"),
        ({"queryConditionType": None}, "999"),
    ],
)
def test_who_may_not_ask(changes: dict[str, str | None], expected: str, server: EnterpriseServer) -> None:
    """Each has its code; the random text before the password, as some clients hash it, is wrong."""
    assert code(server, **changes) == expected


def test_too_many_wrong_passwords() -> None:
    """The right one does not help any more."""
    with EnterpriseServer(most_passwords=2) as server:
        assert [code(server, pwdHash="x") for _ in range(3)] == ["5", "5", "22"]
        assert code(server) == "22"
        server.unlock()
        assert code(server) == "0"


def test_maintenance(server: EnterpriseServer) -> None:
    """Everybody is answered the same, and nothing is counted."""
    server.maintenance = "902"
    assert code(server, pwdHash="x") == "902"
    server.maintenance = None
    assert code(server) == "0"


def test_documents_are_told_apart_by_their_type(server: EnterpriseServer) -> None:
    """The number of a business is found under condition 1, and under none of people's."""
    number = RECORD.document_number
    found = [
        kind
        for kind in map(str, range(1, 12))
        if b"Bazt&gt;0" in sent(server, "POST", QUERY, called(NAMESPACE, _asked(kind, number), "GBK"))[1]
    ]
    assert found == ["1", "4", "6"]


def _asked(kind: str, number: str | None) -> list[tuple[str, str]]:
    return list((RIGHT | {"queryConditionType": kind, "queryCondition": number or ""}).items())


@pytest.mark.parametrize("path", [QUERY, *OTHERS])
def test_the_description(path: str, server: EnterpriseServer) -> None:
    """Stands behind each path, and names the namespace and the method."""
    status, body = sent(server, "GET", f"{path}?wsdl")
    assert status == 200
    root = ET.fromstring(body)  # noqa: S314 -- ours
    assert root.attrib["targetNamespace"] == NAMESPACE
    assert METHOD.encode() in body
    assert f"{server.url}{path}".encode() in body


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", QUERY, b"", 404),
        ("GET", "/", b"", 404),
        ("POST", "/", b"<a/>", 404),
        ("POST", QUERY, b"<?xml?><a>", 500),
        ("POST", QUERY, b"<?xml?><a/>", 500),
        ("POST", QUERY, b"<?xml?>\xff\xff", 500),
        ("POST", OTHERS[0], b"<?xml?><a/>", 500),
    ],
)
def test_what_is_no_call(method: str, path: str, body: bytes, status: int, server: EnterpriseServer) -> None:
    """Is not found, or a fault."""
    answered, told = sent(server, method, path, body)
    assert answered == status
    assert (b"Fault" in told) is (status == 500)


def test_a_charset_that_is_unknown(server: EnterpriseServer) -> None:
    """Is a fault as well."""
    assert sent(server, "POST", QUERY, b"<a/>", "text/xml; charset=x-none")[0] == 500
