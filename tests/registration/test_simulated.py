"""A simulated registration is believed by nobody who was not told to, and says SIMULATED wherever it is shown."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from icpgate.gate import AsyncGate, Gate
from icpgate.record import Origin
from icpgate.registration.persons import Vault
from icpgate.registration.system import RegistrationSystem
from icpgate.server.registration import Tokens, registration_app
from icpgate.testing import FixedClock
from icpgate.testing.serving import RegistryServer
from tests.commandline import run
from tests.registration.scenes import BUREAU, NOW, OPERATOR, a_form, an_app, approved
from tests.server.told import Client, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from icpgate.decision import Decision

CLOCK = FixedClock(NOW)
WAYS = (Gate.for_listing, Gate.for_connecting, Gate.for_preinstalling)
FORM: dict[str, Any] = a_form()


class Simulated:
    """A simulated registry with one registration."""

    def __init__(self, folder: Path) -> None:
        """Make it, and register an app in it."""
        self.path = folder / "registry.db"
        self.url = f"sqlite:///{self.path}"
        self.system = RegistrationSystem.create(self.url, simulated=True, vault=Vault(Vault.new_key()), clock=CLOCK)
        self.application = approved(self.system, FORM)
        self.number = str(self.application.number)


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Simulated]:
    """Such a registry."""
    made = Simulated(tmp_path)
    with made.system:
        yield made


def _by(simulated: Simulated, way: Any, **options: Any) -> Decision:
    with way(simulated.url, clock=CLOCK, **options) as gate:
        decision: Decision = gate.check(an_app(FORM, simulated.number))
    return decision


@pytest.mark.parametrize("way", WAYS, ids=["listing", "connecting", "preinstalling"])
@pytest.mark.parametrize("occasion", ["first", "update", "standing"])
def test_an_ordinary_gate_refuses_it(simulated: Simulated, way: Any, occasion: str) -> None:
    """Whatever it is asked for, and on whatever occasion; the reason says why."""
    with way(simulated.url, clock=CLOCK) as gate:
        decision = gate.check(an_app(FORM, simulated.number), occasion=occasion)
    assert not decision.allowed
    assert "record_simulated" in decision.codes
    assert "SIMULATED" in decision.explain("en")
    assert "SIMULATED" in decision.explain("zh-CN")


def test_an_ordinary_asynchronous_gate_refuses_it(simulated: Simulated) -> None:
    """As the blocking one does."""

    async def asked() -> Decision:
        async with AsyncGate.for_listing(simulated.url, clock=CLOCK) as gate:
            return await gate.check(an_app(FORM, simulated.number))

    assert "record_simulated" in asyncio.run(asked()).codes


@pytest.mark.parametrize("way", WAYS, ids=["listing", "connecting", "preinstalling"])
def test_a_gate_that_believes_it_says_so_with_every_allow(simulated: Simulated, way: Any) -> None:
    """In the decision, in its words, in its JSON, and in what is to be shown."""
    decision = _by(simulated, way, allow_simulated=True)
    assert decision.allowed
    assert decision.simulated
    assert "SIMULATED" in decision.explain("en")
    assert "SIMULATED" in decision.explain("zh-CN")
    assert decision.written()["simulated"] is True
    assert decision.display is not None
    assert decision.display.text("en").startswith("SIMULATED")


def test_every_copy_of_the_registry_is_simulated(simulated: Simulated) -> None:
    """The record, the registration, the application and what is written of them."""
    registration = simulated.system.registration(simulated.number, actor=BUREAU)
    assert registration.record.origin is Origin.SIMULATED
    assert registration.record.written()["origin"] == "simulated"
    assert "simulated" in str(registration.record.source)
    assert simulated.application.written()["simulated"] is True
    assert simulated.system.application(simulated.application.id, actor=OPERATOR).simulated


def test_an_ordinary_registry_over_http_still_says_that_it_is(simulated: Simulated) -> None:
    """Who serves it on does not make it real: the answer names its origin, and a gate over HTTP refuses it."""
    with RegistryServer(simulated.system.registry()) as server:
        with Client(server.port) as client:
            told = client.number(simulated.number).json
        with Gate.for_listing(server.url, clock=CLOCK) as gate:
            decision = gate.check(an_app(FORM, simulated.number))
    assert told["record"]["origin"] == "simulated"
    assert "record_simulated" in decision.codes


@pytest.mark.parametrize("command", ["show", "stats"])
def test_the_command_line_says_so(simulated: Simulated, command: str) -> None:
    """`icpgate registry`, on its standard error in capitals."""
    arguments = [simulated.number] if command == "show" else []
    ran = run("registry", command, simulated.url, *arguments)
    assert ran.code == 0
    assert "SIMULATED" in ran.err + ran.out


def test_the_procedure_on_the_command_line_says_so(simulated: Simulated) -> None:
    """`icpgate registration show`, of a number."""
    whose = ("--registry", simulated.url, "--as", "bureau", "--name", "蜀")
    for shown in (simulated.number, simulated.application.id):
        ran = run("registration", "show", shown, *whose)
        assert ran.code == 0
        assert "SIMULATED" in ran.err + ran.out


def test_an_export_says_so_in_every_row(simulated: Simulated) -> None:
    """And a registry made of the export is refused as the first one was."""
    ran = run("registry", "export", simulated.url)
    assert ran.code == 0
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["origin"] for row in rows if "registration_number" in row] == ["simulated"]


def test_an_export_that_is_imported_elsewhere_is_still_refused(simulated: Simulated, tmp_path: Path) -> None:
    """Its rows carry their origin with them."""
    exported, copy = tmp_path / "rows.jsonl", tmp_path / "copy.icpdb"
    exported.write_text(run("registry", "export", simulated.url).out, encoding="utf-8")
    observed = ("--observed-at", "2026-11-24T10:00:00+08:00", "--source", "a copy")
    assert run("registry", "import", str(copy), str(exported), *observed).code == 0
    with Gate.for_listing(f"snapshot:{copy}", clock=CLOCK) as gate:
        assert "record_simulated" in gate.check(an_app(FORM, simulated.number)).codes


def test_the_server_of_the_procedure_says_so(simulated: Simulated) -> None:
    """In its answers about the number and the application, and on every page in capitals."""
    number, tokens = quote(simulated.number), Tokens.of({"bureau-token-00000001": BUREAU})
    with served(registration_app(simulated.system, tokens=tokens)) as server, Client(server.port) as client:
        whose = {"Authorization": "Bearer bureau-token-00000001"}
        told = client.get(f"/v1/registrations/{number}", **whose).json
        assert told["record"]["origin"] == "simulated"
        told = client.get(f"/v1/registrations/{number}/detail", **whose).json
        assert told["record"]["origin"] == "simulated"
        assert client.get(f"/v1/applications/{simulated.application.id}", **whose).json["simulated"] is True
        for page in ("/", f"/?number={number}", "/login"):
            assert "SIMULATED" in client.get(page).body.decode()
