"""A registry mapped by configuration, over a real server."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup import AsyncLookupClient, LookupClient
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.drivers import run
from icpgate.lookup.interface import Registry
from icpgate.lookup.mapping import load_text, ready_shapes
from icpgate.lookup.registries.json_api import JsonApi, from_file, from_url
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.lookup.steps import Reply, Request, Response, Send, Together, Unanswered
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.server.reading import read_batch, read_number
from icpgate.server.writing import write_answer, write_answers
from tests.cases import DOCUMENT, NUMBER, registered
from tests.lookup.files import MISSING, OTHER, by
from tests.lookup.mapping.local import JSON, NOW, LocalServer, Received, Sent, asked, outcome, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from icpgate.answer import Answer

PAGE = (Path(__file__).parents[3] / "docs" / "json-api.md").read_text(encoding="utf-8")
SEEN = NOW - timedelta(days=1)
BY_DOCUMENT = ByDocument(DOCUMENT, "com.sig.wameiji")
BY_DOMAIN = ByDomain("api.example.cn")
BARE = """
[request.number]
path = "/{number}"
[records]
object = ""
[record]
registration_number = "/number"
status = { constant = "registered" }
"""


def served(registry: Registry) -> Callable[[Received], Sent]:
    """A server of the registry protocol over a registry."""

    def answer(request: Received) -> Sent:
        if request.method == "GET":
            query = read_number(request.path.partition("/v1/registrations/")[2])
            return Sent(write_answer(run(registry.ask((query,)), SystemClock())[0]))
        assert request.path.endswith("/v1/lookup")
        return Sent(write_answers(run(registry.ask(read_batch(request.body)), SystemClock())))

    return answer


def register(*changes: Mapping[str, object], scope: str = "all", authoritative: bool = True) -> MemoryRegistry:
    """A registry of these records, by default of the right one."""
    records = [RegistrationRecord.read(registered(**change)) for change in changes or ({},)]
    return MemoryRegistry(
        records, id="served", authoritative=authoritative, scope=scope, observed_at=SEEN, source="the register"
    )


class TestProtocol:
    """An address alone."""

    QUERIES: tuple[Query, ...] = (
        by(NUMBER),
        by(MISSING),
        by("蜀ICP备2021014694号"),
        BY_DOCUMENT,
        ByDocument(DOCUMENT, "com.sig.other"),
        BY_DOMAIN,
        ByDomain("example.cn"),
    )
    REGISTERS = (
        register(),
        register({"status": "cancelled"}, {"registration_number": OTHER, "kind": None}),
        register({"platforms": None, "document_number": None, "domains": [], "approved_at": "2023-09-03"}),
        register(scope="provinces:蜀"),
        register(authoritative=False),
    )

    @pytest.mark.parametrize("register_", REGISTERS, ids=["one", "two", "bare", "scope", "silent"])
    def test_answers_come_out_as_the_served_registry_gives_them(self, register_: MemoryRegistry) -> None:
        """Each alone and all in one request; only the id is another, and the time of what nobody could say."""
        expected = run(register_.ask(self.QUERIES), SystemClock())
        with LocalServer(served(register_)) as server:
            registry = from_url(server.url)
            alone = [asked(registry, query)[0] for query in self.QUERIES]
            together = asked(registry, *self.QUERIES)
        assert alone == together
        for right, got in zip(expected, alone, strict=True):
            assert (got.query, got.answer, got.source) == (right.query, right.answer, right.source)
            assert got.observed_at == (NOW if isinstance(got.answer, Unavailable) else right.observed_at)
            assert got.registry == server.url
            assert got.digest == right.digest

    def test_through_the_clients(self) -> None:
        """Blocking and asynchronous, over the connections that ship."""
        queries: list[Query] = [by(NUMBER), by(MISSING), BY_DOCUMENT, BY_DOMAIN]
        expected = ["found", "not_registered", "found", "found"]

        async def look_up() -> list[Observation]:
            async with AsyncLookupClient(server.url) as client:
                return [await client.look_up(queries[0]), *await client.look_up_many(queries[1:])]

        with LocalServer(served(register())) as server:
            with LookupClient(server.url) as client:
                blocking = [client.look_up(queries[0]), *client.look_up_many(queries[1:])]
            waiting = asyncio.run(look_up())
        assert [outcome(observation.answer) for observation in blocking] == expected
        assert waiting == blocking

    def test_what_is_sent(self) -> None:
        """One number as a GET, everything else as one batch."""
        with LocalServer(served(register())) as server:
            registry = from_url(f"{server.url}/prefix/", secrets={"token": "t0ken"})
            asked(registry, by(NUMBER))
            asked(registry, BY_DOCUMENT)
            asked(registry, by(NUMBER), BY_DOMAIN, by(MISSING))
        first, second, third = server.received
        assert (first.method, first.path) == ("GET", f"/prefix/v1/registrations/{NUMBER}")
        assert (second.method, second.path) == ("POST", "/prefix/v1/lookup")
        assert second.json == {"queries": [{"document_number": DOCUMENT, "package": "com.sig.wameiji"}]}
        assert third.json == {"queries": [{"number": NUMBER}, {"domain": "api.example.cn"}, {"number": MISSING}]}
        assert {request.headers["authorization"] for request in server.received} == {"Bearer t0ken"}
        assert registry.id == f"{server.url}/prefix"

    def test_without_a_token(self) -> None:
        """No header is sent for it."""
        with LocalServer(served(register())) as server:
            asked(from_url(server.url), by(NUMBER), by(MISSING))
        assert "authorization" not in server.received[0].headers

    def test_a_large_batch_goes_in_several_requests(self) -> None:
        """Of a hundred queries each; the answers stay in order."""
        numbers = [f"京ICP备2026{serial:06}号-1A" for serial in range(10_001, 10_251)]
        changes: list[dict[str, object]] = [{"registration_number": n, "domains": []} for n in numbers[::2]]
        with LocalServer(served(register(*changes))) as server:
            observations = asked(from_url(server.url), *map(by, numbers))
        assert [outcome(o.answer) for o in observations] == ["found", "not_registered"] * 125
        assert [o.query for o in observations] == list(map(by, numbers))
        assert sorted(len(request.json["queries"]) for request in server.received) == [50, 100, 100]  # type: ignore[index]  # an object

    def test_a_query_that_cannot_be_sent_spoils_no_other(self) -> None:
        """The server would refuse the whole batch."""
        bad: list[Query] = [
            ByDomain("exa mple"),
            ByDomain("API.example.cn"),
            ByDocument("", "a.b"),
            ByDocument("1", "x" * 513),
        ]
        bad.append(ByDocument("\ud800", "a.b"))
        with LocalServer(served(register())) as server:
            observations = asked(from_url(server.url), bad[0], by(NUMBER), *bad[1:], BY_DOMAIN)
            only_bad = asked(from_url(server.url), *bad)
        assert [outcome(o.answer) for o in observations] == ["configuration", "found", *["configuration"] * 4, "found"]
        assert [outcome(o.answer) for o in only_bad] == ["configuration"] * 5
        assert len(server.received) == 1

    def test_nothing_is_asked_for_nothing(self) -> None:
        """A batch of none."""
        assert asked(from_url("http://127.0.0.1:1")) == []

    @pytest.mark.parametrize(
        ("response", "why"),
        [
            (Sent(b"", 401), Why.UNAUTHORISED),
            (Sent(b"", 503, {"retry-after": "7"}), Why.UPSTREAM_ERROR),
            (Sent(b"", 404), Why.UPSTREAM_ERROR),
            (Sent(b"<html>"), Why.BLOCKED),
            (Sent(b'{"answers": ['), Why.TRUNCATED),
            (Sent(b'{"answers": []}'), Why.MALFORMED),
            (Sent(b"{}"), Why.SCHEMA),
        ],
        ids=lambda value: str(getattr(value, "body", value)),
    )
    def test_a_batch_that_fails_fails_for_all(self, response: Sent, why: Why) -> None:
        """With its why, and its wait."""
        with LocalServer(lambda _: response) as server:
            observations = asked(from_url(server.url), by(NUMBER), BY_DOMAIN)
        assert [outcome(o.answer) for o in observations] == [why.value] * 2
        waits = {o.answer.retry_after for o in observations if isinstance(o.answer, Unavailable)}
        assert waits == {7.0 if response.status == 503 else 0.0 if why is Why.TRUNCATED else None}

    def test_no_server(self) -> None:
        """Everything is unavailable."""
        assert [outcome(o.answer) for o in asked(from_url("http://127.0.0.1:1"), by(NUMBER), BY_DOMAIN)] == [
            "connection"
        ] * 2

    def test_what_a_driver_loses(self) -> None:
        """A group that ended with an exception is unavailable, the others are answered."""
        registry = from_url("https://registry.example.cn")
        queries = [by(f"京ICP备2026{serial:06}号-1A") for serial in range(10_001, 10_151)]
        flow = registry.ask(queries)
        assert isinstance(next(flow), Together)
        nobody = Observation(queries[0], Unavailable(Why.BLOCKED), NOW, "s", "r")
        flow.send(Reply(NOW, 0.0, ([[nobody] * 100], ZeroDivisionError())))
        with pytest.raises(StopIteration) as ended:
            flow.send(Reply(NOW, 0.0))
        assert [outcome(o.answer) for o in ended.value.value] == ["blocked"] * 100 + ["internal"] * 50

    def test_a_shape_without_a_batch(self) -> None:
        """Asks number by number."""
        mapping = load_text('form = "icpgate"\n[request.number]\npath = "/v1/registrations/{number}"')
        with LocalServer(served(register())) as server:
            registry = JsonApi(mapping, url=server.url, authoritative=True)
            observations = asked(registry, by(NUMBER), by(MISSING))
        assert [outcome(o.answer) for o in observations] == ["found", "not_registered"]
        assert not registry.capabilities.by_domain

    def test_a_shape_with_nothing_but_a_batch(self) -> None:
        """Asks even one number in one."""
        mapping = load_text('form = "icpgate"\n[batch]\npath = "/v1/lookup"\nat_most = 1')
        with LocalServer(served(register())) as server:
            observations = asked(JsonApi(mapping, url=server.url), by(NUMBER), by(OTHER))
            assert [outcome(o.answer) for o in asked(JsonApi(mapping, url=server.url), by(NUMBER))] == ["found"]
        assert [outcome(o.answer) for o in observations] == ["found", "not_listed"]
        assert len(server.received) == 3


def example() -> str:
    """The worked example of the page."""
    return PAGE.partition("```toml\n")[2].partition("```")[0]


def example_answer(**changes: object) -> dict[str, Any]:
    """The answer of the page with other data; a change to `...` leaves a member out."""
    answer: dict[str, Any] = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
    answer["data"] = {name: member for name, member in (answer["data"] | changes).items() if member is not ...}
    return answer


EXAMPLE_NUMBER = "京ICP备2026999901号-1A"


class TestWorkedExample:
    """What docs/json-api.md promises."""

    def ask(self, body: object, monkeypatch: pytest.MonkeyPatch, number: str = EXAMPLE_NUMBER) -> Observation:
        """What comes of an answer by the mapping of the page."""
        monkeypatch.setenv("EXAMPLE_TOKEN", "t0ken")
        response = body if isinstance(body, Sent) else Sent(body) if isinstance(body, bytes) else sent(body)
        with LocalServer(lambda _: response) as server:
            [observation] = asked(JsonApi(load_text(example()), url=server.url), by(number))
            [received] = server.received
        assert (received.method, received.path) == ("GET", f"/v1/apps/{number}")
        assert received.headers["authorization"] == "Bearer t0ken"
        return observation

    def test_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With its own moment."""
        observation = self.ask(example_answer(), monkeypatch)
        assert isinstance(observation.answer, Found)
        record = observation.answer.record
        assert observation.observed_at == record.observed_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
        assert (record.service_name, record.operator) == ("示例阅读", "示例网络（北京）有限公司")
        assert [platform.package for platform in record.platforms or ()] == ["cn.example.reader"]
        assert (observation.registry, observation.source) == ("example", "Example registration API")

    def test_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A record all the same."""
        answer = self.ask(example_answer(status="revoked"), monkeypatch).answer
        assert isinstance(answer, Found)
        assert answer.record.status is RegistrationStatus.CANCELLED

    def test_a_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With the number that was asked, and with nothing else."""
        assert self.ask(example_answer(status="absent"), monkeypatch).answer == NotRegistered("all")
        bare = {"code": 0, "message": "ok", "data": {"number": EXAMPLE_NUMBER, "status": "absent"}}
        assert self.ask(bare, monkeypatch).answer == NotRegistered("all")

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (example_answer(status="absent", number=...), Why.MALFORMED),
            (example_answer(status="absent", number="京ICP备2026999902号-1A"), Why.MALFORMED),
            (example_answer(status="frozen"), Why.SCHEMA),
            (example_answer(number="京ICP备2026999902号-1A"), Why.MALFORMED),
            (example_answer(number="京ICP备2026999901号"), Why.MALFORMED),
            (example_answer(looked_up_at=...), Why.SCHEMA),
            (example_answer(name="查询失败"), Why.UPSTREAM_ERROR),
            (example_answer() | {"code": 1001}, Why.UNAUTHORISED),
            (example_answer() | {"code": 1002}, Why.RATE_LIMITED),
            (example_answer() | {"code": "0"}, Why.SCHEMA),
            (example_answer() | {"code": 7}, Why.UPSTREAM_ERROR),
            (example_answer() | {"message": "failed"}, Why.UPSTREAM_ERROR),
            (example_answer() | {"data": [example_answer()["data"]]}, Why.SCHEMA),
            (example_answer() | {"data": None}, Why.SCHEMA),
            ({"Code": 0, "Message": "ok", "Data": example_answer()["data"]}, Why.SCHEMA),
            (sent(example_answer(), 404), Why.UPSTREAM_ERROR),
            (sent(example_answer(), 206), Why.PROTOCOL),
            (sent(example_answer(), content_type="application/json; charset=utf-16"), Why.MALFORMED),
            (b"<html>", Why.BLOCKED),
            (b'{"code": 0, "code": 0}', Why.MALFORMED),
            (b'{"code": 0} x', Why.MALFORMED),
            (b'{"code": 0', Why.TRUNCATED),
        ],
        ids=[f"{n}" for n in range(22)],
    )
    def test_unavailable(self, body: object, why: Why, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each row of the page's table, and more."""
        assert outcome(self.ask(body, monkeypatch).answer) == why.value

    def test_a_service_that_may_not_say_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As the page says how to write it."""
        [line] = re.findall(r"`(\{ is = \"absent\", means = \"not_listed\" \})`", PAGE)
        text = re.sub(r"(?m)^(authoritative|scope) = .*$", "", example())
        text = text.replace('{ is = "absent", means = "not_registered" }', line)
        monkeypatch.setenv("EXAMPLE_TOKEN", "t0ken")
        with LocalServer(lambda _: sent(example_answer(status="absent"))) as server:
            registry = JsonApi(load_text(text), url=server.url)
            assert [outcome(o.answer) for o in asked(registry, by(EXAMPLE_NUMBER))] == ["not_listed"]
        assert not registry.capabilities.authoritative


def test_the_page_lists_what_ships() -> None:
    """Each ready mapping has its row."""
    rows = PAGE.partition("## The mappings that ship")[2]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", rows, re.MULTILINE)) == set(ready_shapes())


def test_the_page_lists_every_why_that_a_mapping_may_name() -> None:
    """And no other."""
    listed = re.search(r"The whys are those of an answer: ([^.]+)\.", PAGE)
    assert listed is not None
    ours = {Why.INTERNAL, Why.REGISTRIES_DISAGREE}
    assert set(re.findall(r"`(\w+)`", listed[1])) == {why.value for why in Why if why not in ours}


class TestMaking:
    """What a registry is made of, and what it refuses."""

    def test_it_is_a_registry(self) -> None:
        """It says what it can be asked and what its records have."""
        registry = JsonApi.ready("miit", url="http://127.0.0.1:8000/relay")
        assert isinstance(registry, Registry)
        assert registry.id == "miit http://127.0.0.1:8000/relay"
        capabilities = registry.capabilities
        assert (capabilities.by_number, capabilities.by_document, capabilities.by_domain) == (True, False, True)
        assert not capabilities.authoritative
        assert capabilities.contains is not None
        assert "operator" in capabilities.contains
        assert "platforms" not in capabilities.contains
        assert not capabilities.quick

    def test_the_protocol_may_say_no(self) -> None:
        """Each answer says itself for what."""
        capabilities = from_url("https://registry.example.cn").capabilities
        assert capabilities.authoritative
        assert capabilities.scope.is_all
        assert (capabilities.by_number, capabilities.by_document, capabilities.by_domain) == (True, True, True)
        assert capabilities.contains is None

    def test_what_a_caller_says_goes_before_the_mapping(self) -> None:
        """Id, authority, scope, secrets."""
        registry = JsonApi.ready(
            "enterprise-json", url="https://a.example.cn", id="console", authoritative=False, scope="provinces:京"
        )
        assert registry.id == "console"
        assert not registry.capabilities.authoritative
        assert str(registry.capabilities.scope) == "provinces:京"

    def test_nothing_secret_is_shown(self) -> None:
        """Neither in its repr nor in its request's."""
        registry = JsonApi.ready("apihz", url="https://a.example.cn", secrets={"id": "s3cret", "key": "s3cret"})
        request = registry.request(ByDomain("a.cn"))
        assert "s3cret" in request.url
        for shown in (repr(registry), str(vars(registry)), repr(request), registry.id):
            assert "s3cret" not in shown

    def test_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """With its own address and secrets."""
        path = tmp_path / "example.toml"
        path.write_text(example(), encoding="utf-8")
        monkeypatch.setenv("EXAMPLE_TOKEN", "t0ken")
        assert from_file(str(path)).id == "example"
        registry = JsonApi.load(path, url="https://other.example.cn", secrets={"token": "other"})
        request = registry.request(by(NUMBER))
        assert request.url.startswith("https://other.example.cn/v1/apps/")
        assert dict(request.headers)["authorization"] == "Bearer other"

    def test_a_variable_that_is_not_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Is known when the registry is made; one that is not needed need not be there."""
        monkeypatch.delenv("EXAMPLE_TOKEN", raising=False)
        path = tmp_path / "example.toml"
        path.write_text(example(), encoding="utf-8")
        with pytest.raises(ConfigurationError, match="EXAMPLE_TOKEN is not set"):
            from_file(str(path))
        assert JsonApi.load(path, secrets={"token": "given"}).id == "example"

    def test_http_beyond_this_machine(self) -> None:
        """By its name, in code or in the mapping."""
        with pytest.raises(ConfigurationError, match="beyond this machine"):
            from_url("http://registry.example.cn")
        assert from_url("http://registry.example.cn", insecure_http=True).id == "http://registry.example.cn"
        insecure = load_text(f'insecure_http = true\nurl = "http://registry.example.cn"\n{BARE}')
        assert JsonApi(insecure).id == "mapping http://registry.example.cn"

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda: JsonApi(load_text(BARE)), "url is missing"),
            (lambda: JsonApi.ready("apihz", url="https://a.cn"), "the secret id is missing"),
            (
                lambda: JsonApi.ready("uapis", url="https://a.cn", secrets={"s": "x"}),
                "nothing in uapis.toml has a place",
            ),
            (lambda: JsonApi.ready("uapis", url="https://a.cn?key=s3cret"), "a query or fragment"),
            (lambda: JsonApi.ready("uapi", url="https://a.cn"), "did you mean uapis"),
            (lambda: JsonApi.ready("uapis", url="https://a.cn", scope="x"), "'x' is not a scope"),
            (lambda: JsonApi.ready("uapis", url="https://a.cn", authoritative=1), "true or false is expected"),  # type: ignore[arg-type]  # the mistake in question
            (lambda: from_url("https://u:s3cret@a.cn"), "credentials in the address"),
            (lambda: from_url("https://a.cn", secrets={"token": "env:NO_SUCH_VARIABLE"}), "is not set"),
            (lambda: from_file("no/such.toml"), "No such file"),
        ],
    )
    def test_what_is_refused(self, make: Callable[[], JsonApi], said: str) -> None:
        """At construction, and without a secret."""
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert said in str(caught.value)
        assert "s3cret" not in str(caught.value)


class TestAsking:
    """One mapped query at a time."""

    def answer(self, response: Response | Unanswered, query: Query | None = None) -> Answer:
        """What is made of a response."""
        flow = JsonApi(load_text(BARE), url="https://a.cn").ask([query or by(NUMBER)])
        step = next(flow)
        assert isinstance(step, Send)
        assert isinstance(step.request, Request)
        reply = Reply(NOW, 0.0, None, response) if isinstance(response, Unanswered) else Reply(NOW, 0.0, response)
        with pytest.raises(StopIteration) as ended:
            flow.send(reply)
        answer: Answer = ended.value.value[0].answer
        return answer

    def test_an_age_counts(self) -> None:
        """A cache on the way does not make a record fresh."""
        body = f'{{"number": "{NUMBER}"}}'.encode()
        answer = self.answer(Response(200, {"content-type": JSON, "age": "3600"}, body))
        assert isinstance(answer, Found)
        assert answer.record.observed_at == NOW - timedelta(hours=1)

    def test_what_was_not_answered(self) -> None:
        """Keeps its why."""
        assert self.answer(Unanswered(Why.TOO_LARGE, "2 MiB")) == Unavailable(Why.TOO_LARGE, "2 MiB")

    def test_several_queries_each_have_their_request(self) -> None:
        """There is no batch but the protocol's."""

        def answer(request: Received) -> Sent:
            return sent({"number": request.path[1:]})

        with LocalServer(answer) as server:
            observations = asked(JsonApi(load_text(BARE), url=server.url), by(NUMBER), by(OTHER))
        assert [outcome(o.answer) for o in observations] == ["found", "found"]
        assert len(server.received) == 2
