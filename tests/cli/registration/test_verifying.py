"""`icpgate registration verify`: what somebody saw, and checks of ours with files."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.registration.desk import OPERATOR, PLATFORM, Desk
from tests.registration.forms import good_form, spoilt, without

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    File: TypeAlias = Callable[..., str]


@pytest.fixture
def file(desk: Desk) -> File:
    """Writes a file of JSON, or of text."""

    def written(value: object, name: str = "given.json") -> str:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        (desk.folder / name).write_text(text, encoding="utf-8")
        return str(desk.folder / name)

    return written


def one_platform() -> dict[str, Any]:
    """A form of an app for Android alone."""
    form = good_form()
    form["app"]["platforms"] = form["app"]["platforms"][:1]
    return form


def facts(**changes: object) -> dict[str, Any]:
    """What a reader of the package file says of that app."""
    [platform] = one_platform()["app"]["platforms"]
    certificate = {"digest": platform["signing_certificate"], "provenance": "verified"}
    return {
        "platform": "android",
        "package": platform["package"],
        "name": "示例随手记",
        "signing_certificates": [certificate],
        "public_key": platform["public_key"],
    } | changes


def verifications(desk: Desk, name: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The newest verification of each subject, after the command has ended with this code."""
    ran = desk.do("verify", name, *arguments, *PLATFORM, "--format", "json")
    assert ran.code == code, ran.err
    return {each["subject"]: each for each in ran.json["verifications"]}


def test_what_somebody_saw_is_written_down(desk: Desk) -> None:
    """With who and when, which nobody states."""
    name = desk.submitted()
    seen = desk.verify(name, "identity", "--failed", "--note", "the licence has expired")["verifications"][0]
    assert (seen["passed"], seen["by"], seen["method"]) == (False, "示例商店", "look")
    assert seen["at"] is not None
    assert desk.verify(name, "identity")["unverified"] == ["network", "app"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("identity", "--passed"), "SUBJECT, --method, --evidence"),
        (("--method", "look", "--evidence", "seen", "--passed"), "SUBJECT, --method, --evidence"),
        (("identity", "--method", "look", "--evidence", "seen"), "--passed or --failed"),
        (("app", "--passed", "--method", "x", "--evidence", "x", "--resolve"), "not both"),
        (("app",), "no check of app without a file"),
        (("network", "--facts", "facts.json"), "facts.json"),
        (("application",), "identity"),
    ],
)
def test_wrong_use_is_said(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """Nothing is written down."""
    name = desk.submitted()
    ran = desk.do("verify", name, *arguments, *PLATFORM)
    assert ran.code == 2
    assert words in ran.err
    assert desk.done("show", name, *OPERATOR)["verifications"] == []


def test_the_document_alone_passes_nobody(desk: Desk) -> None:
    """Without a file its number is checked, and identity stays open."""
    name = desk.submitted()
    identity = verifications(desk, name, code=3)["identity"]
    assert identity["passed"] is False
    assert identity["note"].startswith("undecided")


def test_a_package_file_that_agrees(desk: Desk, file: File) -> None:
    """It says nothing about the other subjects, which stay as they were."""
    name = desk.submitted(one_platform())
    desk.verify(name, "identity")
    written = verifications(desk, name, "--facts", file(facts()))
    assert {subject: each["passed"] for subject, each in written.items()} == {"identity": True, "app": True}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "示例便笺"}, 1),
        ({"name": None}, 3),
        ({"signing_certificates": [{"digest": "0123456789abcdef" * 2}]}, 3),
    ],
)
def test_a_package_file_that_does_not(desk: Desk, file: File, changes: dict[str, object], code: int) -> None:
    """What differs is a failure, what nobody checked is undecided; either is written down."""
    name = desk.submitted(one_platform())
    described = {key: value for key, value in facts(**changes).items() if value is not None}
    assert verifications(desk, name, "app", "--facts", file(described), code=code)["app"]["passed"] is False


def test_the_files_of_several_platforms(desk: Desk, file: File) -> None:
    """A platform without one is undecided, and an unknown one is a failure."""
    name = desk.submitted()
    other = facts(platform="ios", package="cn.example.other", signing_certificates=[], public_key=None)
    other.pop("public_key")
    assert verifications(desk, name, "--facts", file(facts()), code=3)["app"]["passed"] is False
    assert verifications(desk, name, "--facts", file([facts(), other]), code=1)["app"]["passed"] is False
    refused = desk.do("verify", name, "--facts", file(facts(package="?")), *PLATFORM).err
    assert "given.json: 1 defect" in refused
    assert "/package" in refused


def entry(**changes: object) -> dict[str, object]:
    """The operator in the business register."""
    operator = good_form()["operator"]
    stated = {"document_number": operator["document_number"], "name": operator["name"], "status": "存续"}
    return stated | changes


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, 0), ({"status": "注销"}, 1), ({"abnormal": True}, 1), ({"document_number": "91510107MA6EXAM0C0"}, 3)],
)
def test_the_business_register(desk: Desk, file: File, changes: dict[str, object], code: int) -> None:
    """An extract that does not have the number has not said no."""
    name = desk.submitted()
    path = file([entry(**changes)])
    assert verifications(desk, name, "--business-register", path, code=code)["identity"]["passed"] is (code == 0)


def test_the_persons_responsible_are_read_and_that_is_taken_down(desk: Desk, file: File) -> None:
    """Nothing of them is in the verification."""
    name = desk.submitted()
    arguments = ("identity", "--persons", "--business-register", file(entry()))
    assert verifications(desk, name, *arguments)["identity"]["passed"] is True
    steps = [each["step"] for each in desk.done("history", name, *OPERATOR)["entries"]]
    assert "read_persons" in steps


NETWORKS = '[providers]\n"示例云" = ["203.0.113.0/24"]\n'


def test_the_networks_of_access_providers(desk: Desk, file: File) -> None:
    """The form's addresses are in one, or in none; its domains are somebody else's to look at."""
    name = desk.submitted(spoilt(good_form(), "/app/domains", []))
    networks = file(NETWORKS, "networks.toml")
    assert verifications(desk, name, "--networks", networks)["network"]["passed"] is True
    other = desk.submitted(spoilt(good_form(), "/app/endpoints/0", "198.51.100.7"))
    assert verifications(desk, other, "--networks", networks, code=1)["network"]["passed"] is False
    with_domains = verifications(desk, desk.submitted(), "--networks", networks, code=3)["network"]
    assert "nobody looked at the domains" in with_domains["note"]


def test_where_domains_lead(desk: Desk, file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """As this machine resolves them, when it is told to."""

    def resolved(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        assert host == "notes.example.cn."
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    name = desk.submitted()
    networks = file(NETWORKS, "networks.toml")
    network = verifications(desk, name, "--resolve", "--networks", networks)["network"]
    assert "notes.example.cn resolves to 203.0.113.7" in network["evidence"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"domain": "example.cn", "registrant": "成都示例科技有限公司"}], 0),
        ([{"domain": "Notes.Example.cn.", "registrant": "另一示例公司"}], 1),
        ([{"domain": "example.cn", "registrant": None}], 1),
        ([{"domain": "example.com", "registrant": "成都示例科技有限公司"}], 3),
    ],
)
def test_who_registered_the_domains(desk: Desk, file: File, entries: list[object], code: int) -> None:
    """A domain belongs to what is registered above it; what the extract lacks was not looked up."""
    name = desk.submitted()
    both = ("--domain-register", file(entries), "--networks", file(NETWORKS, "networks.toml"))
    verifications(desk, name, *both, code=code)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--business-register", "{", "line 1"),
        ("--business-register", [1], "entry 1: int"),
        ("--business-register", {"name": "示例"}, "document_number, name and status"),
        ("--domain-register", {"domain": "example.cn"}, "registrant"),
        ("--networks", "providers = 1", "config.networks"),
    ],
)
def test_a_file_that_cannot_be_read(desk: Desk, file: File, option: str, value: object, words: str) -> None:
    """Exit code 2, and nothing is written down."""
    name = desk.submitted()
    ran = desk.do("verify", name, option, file(value), *PLATFORM)
    assert ran.code == 2
    assert words in ran.err
    assert desk.done("show", name, *OPERATOR)["state"] == "submitted"


def test_a_check_is_about_the_revision_that_was_looked_at(desk: Desk, file: File) -> None:
    """Several verifications of one command follow each other; a step of somebody else in between is seen."""
    name = desk.submitted(spoilt(good_form(), "/app/domains", []))
    both = ("--business-register", file(entry()), "--networks", file(NETWORKS, "networks.toml"))
    assert set(verifications(desk, name, *both, "--revision", "2")) == {"identity", "network"}
    assert "out_of_date" in desk.do("verify", name, *both, "--revision", "2", *PLATFORM).err


def test_no_operator_verifies(desk: Desk) -> None:
    """Nor anything that is not there to be verified."""
    name = desk.draft(without(good_form(), "/app/icon"))
    assert "not_allowed" in desk.do("verify", name, *OPERATOR).err
    assert "registration.unknown" in desk.do("verify", name, *PLATFORM).err
