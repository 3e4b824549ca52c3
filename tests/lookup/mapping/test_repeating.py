"""What an answer repeats of the question goes no further: our credentials, a document's number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from icpgate import Gate
from icpgate.answer import ByDocument, Found, NotRegistered, Unavailable, Why
from icpgate.app import App
from icpgate.lookup.mapping import load_text
from icpgate.lookup.registries.json_api import JsonApi, from_url
from tests.cases import NUMBER, described, registered
from tests.lookup.files import OTHER, by
from tests.lookup.mapping.local import NOW, LocalServer, Received, Sent, asked, sent

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "canary-0123456789"  # noqa: S105 -- a test's
MOMENTS = {"observed_at": NOW.isoformat(), "source": "test"}
CREDENTIALS = "an answer that repeats our credentials"


def echo(**changes: object) -> Callable[[Received], Sent]:
    """A registry of the protocol that finds what it is asked, with changes; `{}` in a text is our header."""

    def answer(request: Received) -> Sent:
        quoted = json.dumps(changes, ensure_ascii=False).replace("{}", request.headers["authorization"])
        value = {"number": NUMBER, "status": "registered", "record": registered()} | MOMENTS | json.loads(quoted)
        return sent({name: member for name, member in value.items() if member is not None})

    return answer


UNAVAILABLE = {"status": "unavailable", "why": "unauthorised", "record": None}


@pytest.mark.parametrize("changes", [{"detail": "no such token: {}"}, {"detail": "", "source": "for {}"}])
def test_why_nobody_could_say_loses_its_detail(changes: dict[str, object]) -> None:
    """The why stays."""
    with LocalServer(echo(**(UNAVAILABLE | changes))) as server:
        registry = from_url(server.url, secrets={"token": TOKEN})
        observation = asked(registry, by(NUMBER))[0]
    assert observation.answer == Unavailable(Why.UNAUTHORISED)
    assert observation.source == registry.id


def test_another_detail_stays() -> None:
    """It is for the gatekeeper."""
    with LocalServer(echo(**(UNAVAILABLE | {"detail": "ask again tomorrow"}))) as server:
        observation = asked(from_url(server.url, secrets={"token": TOKEN}), by(NUMBER))[0]
    assert (observation.answer, observation.source) == (Unavailable(Why.UNAUTHORISED, "ask again tomorrow"), "test")


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "for {}"},
        {"record": registered(service_name="{}")},
        {"record": registered(pre_approvals=["出版", "{}"])},
        {"status": "not_registered", "authoritative": True, "scope": "all", "source": "{}", "record": None},
    ],
    ids=["source", "name", "list", "no"],
)
def test_a_record_with_our_credentials_in_it(changes: dict[str, object]) -> None:
    """Is nobody's word for anything."""
    with LocalServer(echo(**changes)) as server:
        observation = asked(from_url(server.url, secrets={"token": TOKEN}), by(NUMBER))[0]
    assert observation.answer == Unavailable(Why.MALFORMED, CREDENTIALS)
    assert TOKEN not in repr(observation)


def test_escaped() -> None:
    """As JSON may write any character."""
    escaped = "".join(f"\\u{ord(character):04x}" for character in TOKEN)
    right = echo(source="SOURCE")

    def answer(request: Received) -> Sent:
        return Sent(right(request).body.replace(b"SOURCE", escaped.encode()))

    with LocalServer(answer) as server:
        observation = asked(from_url(server.url, secrets={"token": TOKEN}), by(NUMBER))[0]
    assert observation.answer == Unavailable(Why.MALFORMED, CREDENTIALS)


def test_what_repeats_nothing_stays() -> None:
    """Whatever characters are escaped in it."""
    no = {"status": "not_registered", "authoritative": True, "scope": "all", "source": "a\\b", "record": None}
    with LocalServer(echo(**no)) as server:
        observation = asked(from_url(server.url, secrets={"token": TOKEN}), by(NUMBER))[0]
    assert (observation.answer, observation.source) == (NotRegistered("all"), "a\\b")


def test_a_short_word_is_no_secret() -> None:
    """It may stand anywhere by chance."""
    with LocalServer(echo(source="for test")) as server:
        observation = asked(from_url(server.url, secrets={"token": "test"}), by(NUMBER))[0]
    assert type(observation.answer) is Found


def test_the_number_of_a_document() -> None:
    """It is no part of why nobody could say."""
    query = ByDocument("110101199003070011", "cn.example.reader")

    def answer(_: Received) -> Sent:
        keys = {"document_number": query.document_number, "package": query.package}
        other = {"number": OTHER, "status": "unavailable", "why": "timeout", "source": "test"}
        said = {"status": "unavailable", "why": "timeout", "detail": f"nothing about {query.document_number}"}
        return sent({"answers": [said | keys, other]})

    with LocalServer(answer) as server:
        first, second = asked(from_url(server.url), query, by(OTHER))
    assert first.answer == second.answer == Unavailable(Why.TIMEOUT)
    assert second.source == "test"


def test_in_a_batch_one_spoils_itself_alone() -> None:
    """As any other bad answer."""

    def answer(_: Received) -> Sent:
        answers = [
            {"number": number, "status": "registered", "record": registered(registration_number=number)}
            | MOMENTS
            | {"source": source}
            for number, source in ((NUMBER, TOKEN), (OTHER, "test"))
        ]
        return sent({"answers": answers})

    with LocalServer(answer) as server:
        first, second = asked(from_url(server.url, secrets={"token": TOKEN}), by(NUMBER), by(OTHER))
    assert first.answer == Unavailable(Why.MALFORMED, CREDENTIALS)
    assert type(second.answer) is Found


MAPPED = """
[request.number]
path = "/{number}"
query = { key = "{secret:key}" }
[records]
object = "/data"
[record]
registration_number = "/number"
service_name = "/name"
status = { constant = "registered" }
"""


def test_a_mapped_api() -> None:
    """What a service is called is told to the developer."""
    with LocalServer(lambda request: sent({"data": {"number": NUMBER, "name": request.query["key"]}})) as server:
        registry = JsonApi(load_text(MAPPED), url=server.url, secrets={"key": TOKEN})
        assert asked(registry, by(NUMBER))[0].answer == Unavailable(Why.MALFORMED, CREDENTIALS)


def test_no_decision_has_it() -> None:
    """In no language and for nobody."""
    with (
        LocalServer(echo(**(UNAVAILABLE | {"detail": "{}", "source": "{}"}))) as server,
        Gate.for_listing(from_url(server.url, secrets={"token": TOKEN})) as gate,
    ):
        decision = gate.check(App.parse(described()))
    assert decision.undecided
    assert TOKEN not in f"{decision.to_json()!r}{decision!r}"
