"""Every operation over real HTTP: for whom it is, what it refuses, and how it says so."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, IcpGateError, RegistryStoreError
from icpgate.registration.states import Role, State
from icpgate.server.registration import registration_app
from tests.server.registration.calls import NOTES, OPERATION, RIGHT, VERIFICATION, address
from tests.server.registration.scenes import (
    BUREAU,
    BY_ROLE,
    ELSEWHERE,
    NUMBER,
    OPERATOR,
    PLATFORM,
    STRANGER,
    TOKEN_OF,
    TOKENS,
    Site,
    brought_to,
    form,
    named,
    serving,
    system,
)
from tests.server.told import Client, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.registration.application import Actor
    from icpgate.registration.system import RegistrationSystem


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistrationSystem]:
    """A simulated registry."""
    with system(tmp_path_factory.mktemp("interface")) as made:
        yield made


@pytest.fixture(scope="module")
def server(simulated: RegistrationSystem) -> Iterator[Site]:
    """It, served."""
    with serving(simulated) as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    """A client of it."""
    return server


@pytest.fixture(scope="module")
def addresses(simulated: RegistrationSystem) -> dict[str, str]:
    """An address of each operation that nobody has used up."""
    return {name: address(simulated, operation) for name, operation in OPERATION.items()}


@pytest.mark.parametrize("name", OPERATION)
def test_every_operation_succeeds(site: Site, simulated: RegistrationSystem, name: str) -> None:
    """For the account whose it is to call."""
    operation, right = OPERATION[name], RIGHT[name]
    said = site.call(operation.method, address(simulated, operation), right.body, as_=right.actor)
    assert said.status == operation.status, said.body
    assert said.headers["content-type"] == "application/json; charset=utf-8"
    assert said.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [name for name, operation in OPERATION.items() if operation.roles is not None])
def test_without_a_token_nothing_is_told(site: Site, addresses: dict[str, str], name: str) -> None:
    """Whatever the address and the body are."""
    operation, right = OPERATION[name], RIGHT[name]
    for headers in ({}, {"Authorization": "Bearer wrong-token-0000001"}, {"Authorization": "Basic b3A6b3A="}):
        said = site.call(operation.method, addresses[name], right.body, as_=None, **headers)
        assert (said.status, said.code) == (401, "server.token")
        assert said.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [name for name, operation in OPERATION.items() if operation.roles is not None])
def test_a_role_is_told_what_is_documented(site: Site, addresses: dict[str, str], name: str, role: Role) -> None:
    """A role that may not call it is refused before anything is looked at; another gets a documented status."""
    operation, right = OPERATION[name], RIGHT[name]
    said = site.call(operation.method, addresses[name], right.body, Authorization=f"Bearer {BY_ROLE[role]}")
    if role in (operation.roles or ()):
        assert said.status in operation.statuses
    else:
        assert (said.status, said.code) == (403, "registration.not_allowed")


@pytest.mark.parametrize("name", ["openapi", "live", "ready"])
def test_some_need_no_token(site: Site, name: str) -> None:
    """An orchestrator has none, and a document holds no secret."""
    assert site.call("GET", OPERATION[name].path).status == 200


def test_the_whole_way_to_a_number(site: Site) -> None:
    """As three accounts go it, with nothing but what the answers say."""
    said = site.call("POST", "/v1/applications", {"form": form()}, as_=OPERATOR)
    where = said.headers["location"]
    assert where == f"/v1/applications/{said.json['id']}"
    assert site.call("POST", f"{where}/submit", as_=OPERATOR).json["state"] == "submitted"
    for subject in said.json["unverified"]:
        said = site.call("POST", f"{where}/verifications", {**VERIFICATION, "subject": subject}, as_=PLATFORM)
    assert (said.json["state"], said.json["unverified"]) == ("verifying", [])
    assert site.call("POST", f"{where}/submit", as_=PLATFORM).json["state"] == "awaiting_sms"
    said = site.call("POST", f"{where}/confirm", as_=OPERATOR)
    assert said.json["state"] == "under_review"
    said = site.call("POST", f"{where}/approve", {"revision": said.json["revision"]}, as_=BUREAU)
    number = said.json["number"]
    assert number.startswith("蜀ICP备")
    answer = site.call("GET", f"/v1/registrations/{number}", as_=PLATFORM).json
    assert (answer["status"], answer["record"]["origin"]) == ("registered", "simulated")
    assert site.call("GET", f"/v1/registrations/{number}/display", as_=OPERATOR).json["number"] == number
    steps = [entry["step"] for entry in site.call("GET", f"{where}/history", as_=OPERATOR).json["entries"]]
    assert steps == ["create", "submit", "verify", "verify", "verify", "submit", "confirm", "approve"]


def test_the_persons_responsible_are_never_told(site: Site) -> None:
    """Only that they are kept."""
    said = site.call("POST", "/v1/applications", {"form": form()}, as_=OPERATOR)
    assert said.json["persons_kept"] == ["entity", "app"]
    for path in ("", "/history"):
        told = site.call("GET", said.headers["location"] + path, as_=OPERATOR)
        assert "13800000000" not in told.body.decode()
        assert "11010519491231002X" not in told.body.decode()


def test_a_form_s_defects_come_all_at_once(site: Site) -> None:
    """In both languages: when it is checked, and when it is handed in."""
    bad = form(commitment_letter=None, authenticity_sheet=None)
    told = site.call("POST", "/v1/forms/check", {"form": bad}, as_=OPERATOR).json
    assert (told["complete"], len(told["defects"])) == (False, 2)
    where = site.call("POST", "/v1/applications", {"form": bad}, as_=OPERATOR).headers["location"]
    said = site.call("POST", f"{where}/submit", as_=OPERATOR)
    assert (said.status, said.code) == (422, "registration.incomplete")
    defects = said.json["error"]["defects"]
    assert [defect["place"] for defect in defects] == [defect["pointer"] for defect in told["defects"]]
    assert all(defect["message"] and defect["message_zh"] and defect["hint_zh"] for defect in defects)


def test_a_step_that_is_none_now_is_told_the_legal_ones(site: Site, simulated: RegistrationSystem) -> None:
    """With who may take them."""
    key = brought_to(simulated, State.DRAFT).id
    said = site.call("POST", f"/v1/applications/{key}/confirm", as_=OPERATOR)
    assert (said.status, said.code) == (409, "registration.illegal_step")
    legal = {row["step"]: row["roles"] for row in said.json["error"]["legal"]}
    assert set(legal) == {"edit", "submit", "withdraw"}
    assert "operator" in legal["submit"]


def test_a_step_after_somebody_else_s_is_refused(site: Site, simulated: RegistrationSystem) -> None:
    """Whoever states the revision it looked at."""
    application = brought_to(simulated, State.DRAFT)
    path = f"/v1/applications/{application.id}"
    changed = {"form": named("示例听书"), "revision": application.revision}
    assert site.call("PUT", path, changed, as_=OPERATOR).status == 200
    said = site.call("PUT", path, changed, as_=OPERATOR)
    assert (said.status, said.code) == (409, "registration.out_of_date")


def test_what_is_not_verified_is_not_submitted(site: Site, simulated: RegistrationSystem) -> None:
    """And what is missing is named."""
    key = brought_to(simulated, State.SUBMITTED).id
    site.call("POST", f"/v1/applications/{key}/verifications", VERIFICATION, as_=PLATFORM)
    said = site.call("POST", f"/v1/applications/{key}/submit", as_=PLATFORM)
    assert (said.status, said.code) == (409, "registration.unverified")
    assert said.json["error"]["missing"] == ["identity", "network"]


@pytest.mark.parametrize("actor", [STRANGER, ELSEWHERE])
def test_somebody_else_s_is_not_told_from_none(site: Site, simulated: RegistrationSystem, actor: Actor) -> None:
    """Byte for byte."""
    key = brought_to(simulated, State.UNDER_REVIEW).id
    there = site.call("GET", f"/v1/applications/{key}", as_=actor)
    nowhere = site.call("GET", f"/v1/applications/{'0' * len(key)}", as_=actor)
    assert there.status == nowhere.status == 404
    assert there.body == nowhere.body


@pytest.mark.parametrize("key", ["x", "a" * 65, "%00", "ü", "%FF", "..", "' OR 1=1 --"])
def test_an_id_that_is_none_is_nobody_s(site: Site, key: str) -> None:
    """And breaks nothing."""
    said = site.call("GET", f"/v1/applications/{key}", as_=BUREAU)
    assert (said.status, said.code) == (404, "registration.unknown")


@pytest.mark.parametrize("number", ["x", "%00", "%FF", "蜀ICP备号-1A"])
@pytest.mark.parametrize("what", ["/detail", "/history", "/display"])
def test_a_number_that_is_none_is_told_so(site: Site, number: str, what: str) -> None:
    """As in the registry protocol."""
    said = site.call("GET", f"/v1/registrations/{number}{what}", as_=BUREAU)
    assert said.status == 400
    assert said.code.startswith("number.")


def test_a_number_that_nobody_has_is_unknown(site: Site) -> None:
    """Well formed as it is."""
    assert site.call("GET", "/v1/registrations/蜀ICP备2001999999号-7A/detail", as_=BUREAU).status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "request.body"),
        (b"{", 400, "json.syntax"),
        (b'{"notes": ["a"], "notes": ["b"]}', 400, "json.duplicate_key"),
        (b"[]", 422, "request.body"),
        (b"{}", 422, "request.body"),
        (b'{"notes": []}', 422, "request.body"),
        (b'{"notes": ["\\u202e"]}', 422, "request.body"),
        (b'{"notes": ["a"], "note": "b"}', 422, "request.body"),
        (b'{"notes": ["a"], "revision": -1}', 422, "request.body"),
        (b'{"notes": ["a"], "revision": true}', 422, "request.body"),
        (json.dumps({"notes": ["a"] * 51}).encode(), 422, "request.body"),
        (json.dumps({"notes": ["a" * 1_001]}).encode(), 422, "request.body"),
        (b" " * 1_048_577, 413, "request.too_large"),
    ],
)
def test_a_body_that_is_wrong_is_refused(site: Site, body: bytes, status: int, code: str) -> None:
    """With every defect, and in the one shape."""
    said = site.call("POST", "/v1/applications/x/reject", body, as_=BUREAU)
    assert (said.status, said.code) == (status, code)
    assert {"code", "message", "hint"} <= set(said.json["error"])


def test_every_defect_of_a_body_is_named(site: Site) -> None:
    """By its place, with what was expected."""
    said = site.call("POST", "/v1/applications/x/verifications", {"subject": "x", "passed": 1}, as_=PLATFORM)
    defects = {defect["place"]: defect["message"] for defect in said.json["error"]["defects"]}
    assert set(defects) == {"/subject", "/method", "/passed", "/evidence"}
    assert defects["/subject"] == "an unknown word; expected one of identity, network, app"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(site: Site, content_type: str) -> None:
    """A page of somebody else's can send none of ours."""
    said = site.call("POST", "/v1/forms/check", {"form": {}}, as_=OPERATOR, Content_Type=content_type)
    assert (said.status, said.code) == (415, "request.content_type")


@pytest.mark.parametrize("path", ["/v1/forms/check", "/v1/applications/x/submit"])
def test_a_body_without_a_type_is_refused(site: Site, path: str) -> None:
    """Where one is needed, and where one came all the same."""
    said = site.client.ask("POST", path, b"{}", Authorization=f"Bearer {TOKEN_OF[OPERATOR]}")
    assert (said.status, said.code) == (415, "request.content_type")


def test_a_form_that_is_none_is_refused(site: Site) -> None:
    """By its place."""
    said = site.call("POST", "/v1/forms/check", {"form": []}, as_=OPERATOR)
    assert (said.status, said.json["error"]["defects"][0]["place"]) == (422, "/form")


def test_a_form_too_large_to_be_kept_is_refused(site: Site) -> None:
    """As what was sent, not as a step."""
    said = site.call("POST", "/v1/applications", {"form": {"app": {"name": "x" * 300_000}}}, as_=OPERATOR)
    assert (said.status, said.code) == (422, "registration.form")


def test_a_mistake_of_ours_is_told_without_a_detail(
    site: Site, simulated: RegistrationSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words may have a person's data in them."""

    def broken(*_: object, **__: object) -> None:
        raise IcpGateError("13800000000")

    monkeypatch.setattr(simulated, "applications", broken)
    said = site.call("GET", "/v1/applications", as_=BUREAU)
    assert (said.status, said.code) == (500, "server.internal")
    assert b"138" not in said.body


def test_it_can_be_served_again(simulated: RegistrationSystem) -> None:
    """After it has ended: the registry is asked anew."""
    server = served(registration_app(simulated, tokens=TOKENS))
    for _ in range(2):
        with server, Client(server.port) as client:
            said = client.batch({"number": NUMBER}, Authorization=f"Bearer {TOKEN_OF[PLATFORM]}")
            assert said.json["answers"][0]["status"] == "not_registered"


@pytest.mark.parametrize(
    "query", ["state=x", "after=%00", "after=", "limit=0", "limit=101", "limit=x", "limit=١", "page=2"]
)
def test_a_parameter_that_is_wrong_is_refused(site: Site, query: str) -> None:
    """None is passed over."""
    said = site.call("GET", f"/v1/applications?{query}", as_=OPERATOR)
    assert (said.status, said.code) == (400, "request.parameter")


def test_a_list_goes_on_where_it_ended(site: Site, simulated: RegistrationSystem) -> None:
    """Oldest first, each once, without the forms."""
    made = [brought_to(simulated, State.WITHDRAWN).id for _ in range(3)]
    found: list[str] = []
    path = "/v1/applications?state=withdrawn&state=lapsed&limit=2"
    after = ""
    while True:
        told = site.call("GET", path + after, as_=OPERATOR).json
        assert all("form" not in row for row in told["applications"])
        found += [row["id"] for row in told["applications"]]
        if told["after"] is None:
            break
        after = f"&after={told['after']}"
    assert [key for key in found if key in made] == made
    assert len(set(found)) == len(found)


def test_a_simulated_registry_takes_no_number(site: Site, simulated: RegistrationSystem) -> None:
    """It mints its own."""
    key = brought_to(simulated, State.UNDER_REVIEW).id
    said = site.call("POST", f"/v1/applications/{key}/approve", {"number": "蜀ICP备2026000001号-1A"}, as_=BUREAU)
    assert (said.status, said.code) == (422, "registration.number")


def test_another_address_or_method(site: Site) -> None:
    """Is told as in the registry protocol, below /v1."""
    assert site.call("GET", "/v1/nowhere", as_=BUREAU).code == "request.not_found"
    said = site.call("DELETE", "/v1/applications", as_=BUREAU)
    assert (said.status, said.code) == (405, "request.method")


def test_a_base_begins_every_path(simulated: RegistrationSystem) -> None:
    """The location of what was made as well."""
    with serving(simulated, base="/registration") as site:
        said = site.call("POST", "/v1/applications", {"form": form()}, as_=OPERATOR)
        assert said.headers["location"].startswith("/registration/v1/applications/")
        assert site.client.get("/v1/capabilities").status == 404
        assert site.call("GET", "/readyz").status == 200
    with pytest.raises(ConfigurationError, match="base"):
        registration_app(simulated, tokens=TOKENS, base="registration")


def test_a_store_that_is_gone_is_a_503(
    site: Site, simulated: RegistrationSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which says when to come back, and nothing of the store."""

    def gone(*_: object, **__: object) -> None:
        raise RegistryStoreError("the database is gone", hint="start it")

    monkeypatch.setattr(simulated, "applications", gone)
    said = site.call("GET", "/v1/applications", as_=BUREAU)
    assert said.status == 503
    assert said.headers["retry-after"] == "1"


def test_beyond_a_bound_the_next_is_refused(simulated: RegistrationSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, whatever the others wait for."""
    monkeypatch.setattr("icpgate.server.registration.work.MAX_UNDER_WAY", 1)
    go, begun = threading.Event(), threading.Event()

    def waits(*_: object, **__: object) -> tuple[()]:
        begun.set()
        go.wait(20)
        return ()

    monkeypatch.setattr(simulated, "applications", waits)
    with (
        served(registration_app(simulated, tokens=TOKENS)) as server,
        Client(server.port) as first,
        Client(server.port) as second,
    ):
        told: list[int] = []
        waiting = Site(simulated, first)
        thread = threading.Thread(
            target=lambda: told.append(waiting.call("GET", "/v1/applications", as_=BUREAU).status)
        )
        thread.start()
        begun.wait(20)
        said = Site(simulated, second).call("GET", "/v1/applications", as_=BUREAU)
        go.set()
        thread.join()
    assert (said.status, said.code) == (503, "server.overloaded")
    assert told == [200]


@pytest.mark.parametrize("actor", [OPERATOR, BUREAU])
def test_notes_are_kept(site: Site, simulated: RegistrationSystem, actor: Actor) -> None:
    """Of a return, for the operator and for the bureau."""
    key = brought_to(simulated, State.UNDER_REVIEW).id
    site.call("POST", f"/v1/applications/{key}/return", NOTES, as_=BUREAU)
    assert site.call("GET", f"/v1/applications/{key}", as_=actor).json["notes"] == NOTES["notes"]
