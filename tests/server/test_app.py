"""The protocol over real sockets: every address, every answer, every refusal."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Query, Unavailable, Why
from icpgate.errors import ConfigurationError, IcpGateError
from icpgate.lookup.client import LookupClient
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.number import parse
from icpgate.server import registry_app
from icpgate.testing.serving import RegistryServer
from tests.cases import DOCUMENT, NUMBER, registered
from tests.lookup.files import imported
from tests.server.registries import Failing, Held
from tests.server.told import Client, asked, memory, read_answer, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Observation
    from icpgate.lookup.interface import Registry

OTHER = "蜀ICP备2021014694号-11A"
ELSEWHERE = "京ICP备2026999901号-1A"
NEITHER = ("京ICP备2026999999号-9A", "沪ICP备2026999999号-9A")
EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="module")
def server() -> Iterator[RegistryServer]:
    """One usual registration, complete for its province."""
    with RegistryServer(memory(scope="provinces:蜀")) as running:
        yield running


@pytest.fixture
def client(server: RegistryServer) -> Iterator[Client]:
    """A connection to it."""
    with Client(server.port) as connected:
        yield connected


def test_a_number_is_answered(client: Client) -> None:
    """With its record, and nothing may keep the answer on the way."""
    said = client.number(NUMBER)
    assert said.status == 200
    assert said.json["status"] == "registered"
    assert said.json["record"]["service_name"] == "挖煤姬"
    assert said.headers["content-type"] == "application/json; charset=utf-8"
    assert said.headers["cache-control"] == "no-store"
    assert said.headers["x-content-type-options"] == "nosniff"
    assert "server" not in said.headers


def test_a_number_is_repaired_and_told_as_issued(client: Client) -> None:
    """As everywhere in icpgate."""
    assert client.number("蜀ICP備2021014694号 - 10a").json["number"] == NUMBER


@pytest.mark.parametrize(
    ("number", "status"), [(NUMBER, "registered"), (OTHER, "not_registered"), (ELSEWHERE, "unavailable")]
)
def test_yes_no_and_nobody_can_say(client: Client, number: str, status: str) -> None:
    """Each is a 200: the registry answered."""
    said = client.number(number)
    assert (said.status, said.json["status"], said.json["number"]) == (200, status, number)
    if status == "not_registered":
        assert (said.json["authoritative"], said.json["scope"]) == (True, "provinces:蜀")
    if status == "unavailable":
        assert said.json["why"] == "not_covered"


def test_a_batch_is_answered_in_order(client: Client) -> None:
    """By number, by document and package, by domain; the same thing as often as it is asked."""
    queries = [{"number": OTHER}, {"document_number": DOCUMENT, "package": "com.sig.wameiji"}, {"number": OTHER}]
    answers = client.batch(*queries, {"domain": "api.example.cn"}, {"domain": "nobody.cn"}).json["answers"]
    assert [answer["status"] for answer in answers] == [
        "not_registered",
        "registered",
        "not_registered",
        "registered",
        "unavailable",
    ]
    assert {key: answers[1][key] for key in queries[1]} == queries[1]
    assert [record["registration_number"] for record in answers[3]["records"]] == [NUMBER]
    assert "record" not in answers[3]
    assert client.batch().json == {"answers": []}


def test_a_full_batch_is_answered(client: Client) -> None:
    """A thousand, of which each is the registry's own answer."""
    numbers = [NUMBER, *(f"蜀ICP备2021014694号-{serial}A" for serial in range(11, 1010))]
    answers = client.batch(*({"number": number} for number in numbers)).json["answers"]
    assert [answer["number"] for answer in answers] == numbers
    assert [answer["status"] for answer in answers] == ["registered", *["not_registered"] * 999]


def test_a_bad_query_refuses_the_batch(server: RegistryServer, client: Client) -> None:
    """With the place of each; nothing was asked."""
    before = server.by_number.total()
    said = client.batch({"number": NUMBER}, {"number": "x"}, {"domain": "*"})
    assert said.status == 400
    assert [defect["place"] for defect in said.json["error"]["defects"]] == ["/queries/1/number", "/queries/2/domain"]
    assert server.by_number.total() == before


@pytest.mark.parametrize("path", ["x", "", "%FF", "a%2Fb", "%00", "%E8%9C%80ICP%E5%A4%872021014694%E5%8F%B7-10A/"])
def test_a_path_without_a_number_is_refused(client: Client, path: str) -> None:
    """And connections survive it."""
    said = client.get(f"/v1/registrations/{path}")
    assert said.status == 400
    assert said.code.startswith("number.")
    assert client.number(NUMBER).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/lookup/", "/v1/registrations", "/v2/lookup", "/healthz/", "/v1/../healthz"]
)
def test_other_addresses_do_not_exist(client: Client, path: str) -> None:
    """Nobody is sent elsewhere."""
    said = client.get(path)
    assert (said.status, said.code) == (404, "request.not_found")
    assert "location" not in said.headers


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/v1/registrations/x", "GET, HEAD"),
        ("DELETE", "/v1/capabilities", "GET, HEAD"),
        ("GET", "/v1/lookup", "POST"),
        ("PUT", "/v1/lookup", "POST"),
    ],
)
def test_another_method_is_told_the_right_one(client: Client, method: str, path: str, allow: str) -> None:
    """In the header, as HTTP has it."""
    said = client.ask(method, path)
    assert (said.status, said.code, said.headers["allow"]) == (405, "request.method", allow)


def test_head_is_get_without_a_body(client: Client) -> None:
    """Its length is that of the answer."""
    said = client.ask("HEAD", "/healthz")
    assert (said.status, said.body) == (200, b"")
    assert client.get("/healthz").json == {"status": "live"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=gbk", "application/jsonp", "application/json;x=1", None]
)
def test_a_body_of_another_type_is_refused(client: Client, content_type: str | None) -> None:
    """A browser's form can send none of ours."""
    headers = {} if content_type is None else {"Content_Type": content_type}
    said = client.ask("POST", "/v1/lookup", b'{"queries": []}', **headers)
    assert (said.status, said.code) == (415, "request.content_type")


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_the_right_type_in_every_spelling(client: Client, content_type: str) -> None:
    """As HTTP has it."""
    assert client.ask("POST", "/v1/lookup", b'{"queries": []}', Content_Type=content_type).status == 200


def test_what_is_no_json_is_refused(client: Client) -> None:
    """So is what two readers could read differently."""
    for body in (b"", b"{", b'{"queries": [], "queries": []}', b'{"queries": [1e999]}'):
        said = client.ask("POST", "/v1/lookup", body, Content_Type="application/json")
        assert said.status == 400
        assert said.code.startswith("json.")


def test_capabilities_say_what_can_be_asked(client: Client) -> None:
    """So that a client need not be told by hand."""
    told = client.get("/v1/capabilities").json
    assert (told["id"], told["authoritative"], told["scope"]) == ("memory", True, "provinces:蜀")
    assert (told["by_number"], told["by_document"], told["by_domain"]) == (True, True, True)
    assert "service_name" in told["contains"]


def test_it_is_live_and_ready(client: Client) -> None:
    """A registry that has nothing to say about the probe answers all the same."""
    assert client.get("/healthz").json == {"status": "live"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_a_base_begins_every_path() -> None:
    """And the addresses without it do not exist."""
    with RegistryServer(memory(), base="/registry/") as server, Client(server.port) as client:
        assert server.url == f"http://127.0.0.1:{server.port}/registry"
        assert client.number(NUMBER, "/registry").status == 200
        assert client.get("/registry/healthz").status == 200
        assert client.number(NUMBER).status == 404


@pytest.mark.parametrize("base", ["registry", "/a//b", "/a b", "/{number}", "http://x", "/ä", "/a?b"])
def test_a_base_that_is_none_is_refused(base: str) -> None:
    """When the application is made."""
    with pytest.raises(ConfigurationError, match="base"):
        registry_app(memory(), base=base)


@pytest.mark.parametrize("options", [{"deadline": 0}, {"max_inflight": 0}, {"token": "short"}, {"token": "a b" * 10}])
def test_options_that_are_none_are_refused(options: dict[str, object]) -> None:
    """When the application is made."""
    with pytest.raises(ConfigurationError):
        registry_app(memory(), **options)  # type: ignore[arg-type]  # that is the test


def test_what_is_no_registry_is_refused() -> None:
    """When the application is made."""
    with pytest.raises(IcpGateError, match="is not a registry"):
        registry_app(object())  # type: ignore[arg-type]  # that is the test


def told(client: Client, query: Query) -> Observation:
    """The answer to a query, alone where it can be, as a client has it."""
    if isinstance(query, ByNumber):
        return read_answer(query, client.number(query.number.canonical).json, "served")
    return read_answer(query, client.batch(asked(query)).json["answers"][0], "served")


def rows(name: str) -> list[dict[str, object]]:
    """The registrations of an example."""
    return [json.loads(line) for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["registry.jsonl", "registry-invented.jsonl", "cases"])
def test_every_registration_is_told_as_the_file_has_it(name: str, tmp_path: Path) -> None:
    """By each of its keys, alone and in a batch: the registry's own answer but for its id."""
    path = tmp_path / "registry.icpdb"
    imported(path, *([registered()] if name == "cases" else rows(name)), scope="provinces:京", authoritative=True)
    registry = SnapshotRegistry(path)
    own = LookupClient(registry)
    numbers = [row["registration_number"] for row in rows("registry.jsonl") + rows("registry-invented.jsonl")]
    queries: list[Query] = [ByNumber(parse(number)) for number in [*numbers, NUMBER, *NEITHER]]
    with RegistryServer(registry) as server, Client(server.port) as client:
        answers = own.look_up_many(queries)
        for record in [record for o in answers if isinstance(o.answer, Found) for record in o.answer.records]:
            queries += [ByDomain(domain) for domain in record.domains or ()]
            packages = [platform.package for platform in record.platforms or () if platform.package]
            queries += [ByDocument(record.document_number, p) for p in packages if record.document_number]
        assert {type(o.answer) for o in answers} == {Found, NotRegistered, Unavailable}
        alone = [told(client, query) for query in queries]
        batch = client.batch(*map(asked, queries)).json["answers"]
        at_once = [read_answer(query, answer, "served") for query, answer in zip(queries, batch, strict=True)]
        for query, one, other in zip(queries, alone, at_once, strict=True):
            expected = own.look_up(query)
            assert one.digest == other.digest == expected.digest
            assert one.source == other.source == expected.source
            if not isinstance(expected.answer, Unavailable):
                assert one.observed_at == other.observed_at == expected.observed_at
    registry.close()


def test_a_replaced_file_is_served_from_then_on(tmp_path: Path) -> None:
    """Without a restart."""
    path = tmp_path / "registry.icpdb"
    imported(path, registered(status="registered"))
    registry = SnapshotRegistry(path)
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert client.number(NUMBER).json["status"] == "registered"
        imported(path, registered(status="cancelled"), replace=True)
        assert client.number(NUMBER).json["status"] == "cancelled"
    registry.close()


def test_a_registry_that_fails_is_a_200_that_says_so() -> None:
    """An answer that nobody could say is an answer; it is not ready meanwhile."""
    registry = Failing(Why.MAINTENANCE)
    with RegistryServer(registry) as server, Client(server.port) as client:
        said = client.number(NUMBER)
        assert (said.status, said.json["status"], said.json["why"]) == (200, "unavailable", "maintenance")
        assert said.json["detail"] == "told to"
        ready = client.get("/readyz")
        assert (ready.status, ready.code) == (503, "server.not_ready")
        assert "maintenance" in ready.json["error"]["message"]
        assert client.get("/healthz").status == 200


def test_it_is_ready_again_once_the_registry_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """And was asked for that no oftener than once a second."""
    registry = Failing(Why.STALE)  # of its data, not of the service: no breaker opens
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert [client.get("/readyz").status for _ in range(3)] == [503] * 3
        assert registry.asked == 1
        registry.why = None
        monkeypatch.setattr("icpgate.server.asking.READY_SECONDS", 0.0)
        assert client.get("/readyz").status == 200


def test_a_registry_without_numbers_is_ready_unasked() -> None:
    """And says so where it is asked for a number."""
    registry = Failing(Why.MAINTENANCE, by_number=False)
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert client.get("/readyz").status == 200
        assert client.number(NUMBER).json["why"] == "configuration"
        assert registry.asked == 0


def test_an_answer_is_not_kept_by_the_server() -> None:
    """Every request asks the registry; whoever asks us has a cache of its own."""
    registry = Failing(None)
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert {client.number(NUMBER).json["status"] for _ in range(3)} == {"not_registered"}
        assert registry.asked == 3


def test_a_metered_registry_is_probed_once() -> None:
    """Health checks would use its quota up."""
    registry = Failing(None)
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert [client.get("/readyz").status for _ in range(5)] == [200] * 5
        assert registry.asked == 1


def test_a_batch_reaches_a_slow_registry_as_one() -> None:
    """It may be able to answer it with one request of its own."""
    registry = Held()
    registry.go.set()
    with RegistryServer(registry) as server, Client(server.port) as client:
        assert (
            len(client.batch(*({"number": f"蜀ICP备2021014694号-{n}A"} for n in range(1, 201))).json["answers"]) == 200
        )
    assert registry.batches == [200]


def test_a_broken_registry_is_a_500_without_a_detail() -> None:
    """Never a 200, and nothing of what went wrong leaves."""
    registry = Failing(None)
    with RegistryServer(registry) as server, Client(server.port) as client:
        registry.broken = True
        said = client.get("/v1/capabilities")
        assert (said.status, said.json) == (
            500,
            {"error": {"code": "server.internal", "message": "internal error", "hint": ""}},
        )
        registry.broken = False
        assert client.get("/v1/capabilities").status == 200


def test_too_many_lookups_are_refused_at_once() -> None:
    """The others are answered; the next one after them too."""
    registry = Held()
    with served(registry_app(registry, max_inflight=2)) as server, ThreadPoolExecutor(2) as threads:

        def ask(number: str) -> int:
            with Client(server.port) as client:
                return client.number(number).status

        waiting = [threads.submit(ask, number) for number in (NUMBER, OTHER)]
        server.wait_for_requests(2)
        with Client(server.port) as client:
            said = client.number(ELSEWHERE)
            assert (said.status, said.code, said.headers["retry-after"]) == (503, "server.overloaded", "1")
            assert client.get("/healthz").status == 200
            registry.go.set()
            assert [future.result() for future in waiting] == [200, 200]
            assert client.number(ELSEWHERE).status == 200


def test_a_registry_that_hangs_is_a_timeout() -> None:
    """Within the server's deadline, and while the registry still hangs."""
    registry = Held()
    with served(registry_app(registry, deadline=0.05)) as server, Client(server.port) as client:
        said = client.number(NUMBER)
        assert (said.status, said.json["why"]) == (200, "timeout")
        registry.go.set()


def test_a_slow_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a response, and the end of the connection."""
    monkeypatch.setattr("icpgate.server.body.BODY_SECONDS", 0.1)
    monkeypatch.setattr("icpgate.server.guard.UNREAD_SECONDS", 0.05)
    with RegistryServer(memory()) as server, Client(server.port) as client:
        connection = client.connection
        connection.putrequest("POST", "/v1/lookup")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b'{"queries"')
        response = connection.getresponse()
        assert (response.status, response.getheader("connection")) == (408, "close")
        response.read()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(chunked: bool) -> None:  # noqa: FBT001 -- a parameter
    """Whether or not its size is announced."""
    body = b" " * 1_100_000
    with RegistryServer(memory()) as server, Client(server.port) as client:
        pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        client.connection.request(
            "POST",
            "/v1/lookup",
            pieces if chunked else body,
            {"Content-Type": "application/json"},
            encode_chunked=chunked,
        )
        response = client.connection.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["error"]["code"] == "request.too_large"


def test_many_at_once_get_their_own_answers() -> None:
    """No answer goes to another request."""
    numbers = [f"蜀ICP备2021014694号-{serial}A" for serial in range(1, 21)]
    records = [registered(registration_number=number, service_name=f"应用{number}") for number in numbers]
    wrong: list[str] = []
    with RegistryServer(memory(*records)) as server:

        def ask(number: str) -> None:
            with Client(server.port) as client:
                for _ in range(10):
                    told = client.number(number).json["record"]["service_name"]
                    if told != f"应用{number}":
                        wrong.append(told)

        threads = [threading.Thread(target=ask, args=(number,)) for number in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.by_number == dict.fromkeys(numbers, 10)
    assert wrong == []


def test_the_application_closes_no_registry(tmp_path: Path) -> None:
    """It is its caller's."""
    path = tmp_path / "registry.icpdb"
    imported(path, registered())
    registry: Registry = SnapshotRegistry(path)
    with RegistryServer(registry):
        pass
    assert isinstance(LookupClient(registry).look_up(ByNumber(parse(NUMBER))).answer, Found)
    LookupClient(registry).close()
