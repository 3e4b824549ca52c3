"""Declarations that an app needs no registration."""

from __future__ import annotations

from typing import Any

import pytest

from icpgate.rules import Action, Finding
from icpgate.rules.declaration import DeclarationProven, DeclarationUncontradicted, contradictions, gaps
from tests.cases import case_of, described, failed, not_applicable, passed

STANDALONE = {"kind": "standalone", "commitment_letter": "CL-1", "uses_network": False}
OFFSHORE = {"kind": "offshore", "operator_region": "SG", "server_regions": ["SG", "DE"]}
FOREIGN = {"name": "Sample Pte. Ltd."}
LETTER = ("standalone.commitment_letter", "a signed commitment letter")
NETWORK = ("standalone.uses_network", "whether the package asks for the network")
OPERATOR = ("offshore.operator_region", "where the operator is established")
SERVERS = ("offshore.server_regions", "where every server stands")


def declared(statement: object, *, action: Action = Action.LIST, **changes: Any) -> tuple[Finding, Finding]:
    """Both findings on an app of a foreign operator with this declaration."""
    app = described(**({"operator": FOREIGN, "declaration": statement} | changes))
    case = case_of(app, asked=False, action=action)
    return DeclarationProven().check(case), DeclarationUncontradicted().check(case)


@pytest.mark.parametrize("statement", [STANDALONE, OFFSHORE])
def test_a_proven_declaration(statement: dict[str, object]) -> None:
    """Every condition has its evidence, and nothing speaks against it."""
    assert declared(statement) == (passed(DeclarationProven), passed(DeclarationUncontradicted))


def test_no_declaration() -> None:
    """An app that declares nothing has nothing to prove."""
    assert declared(None) == (not_applicable(DeclarationProven), not_applicable(DeclarationUncontradicted))


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("standalone", [LETTER, NETWORK]),
        (STANDALONE | {"commitment_letter": None}, [LETTER]),
        (STANDALONE | {"uses_network": None}, [NETWORK]),
        ("offshore", [OPERATOR, SERVERS]),
        (OFFSHORE | {"operator_region": None}, [OPERATOR]),
        (OFFSHORE | {"server_regions": None}, [SERVERS]),
        (OFFSHORE | {"server_regions": []}, [SERVERS]),
    ],
)
def test_each_condition_needs_its_evidence(statement: object, missing: list[tuple[str, str]]) -> None:
    """What is not known proves nothing; all that is missing is named."""
    kind = statement if isinstance(statement, str) else statement["kind"]  # type: ignore[index]  # a mapping else
    expected = " and ".join(what for _, what in missing)
    proven, _ = declared(statement)
    assert proven == failed(DeclarationProven, missing[0][0], f"{kind} declared without evidence", expected)


@pytest.mark.parametrize(
    ("changes", "statement", "detail", "found", "expected"),
    [
        ({}, {"uses_network": True}, "standalone.network", "the package asks for the network", "no use of the network"),
        ({"domains": ["a.cn", "b.cn"]}, {}, "standalone.domains", "a.cn, b.cn", "no domain"),
        ({"endpoints": ["203.0.113.7"]}, {}, "standalone.endpoints", "203.0.113.7", "no server"),
        ({}, {"server_regions": ["SG", "CN"]}, "standalone.servers", "servers in SG, CN", "no server"),
    ],
)
def test_what_a_stand_alone_app_cannot_have(
    changes: dict[str, Any], statement: dict[str, object], detail: str, found: str, expected: str
) -> None:
    """An app that provides information over the network is not stand-alone."""
    _, finding = declared(STANDALONE | statement, **changes)
    assert finding == failed(DeclarationUncontradicted, detail, found, expected)


MAINLAND_OPERATOR = ("offshore.operator", "an operator of the mainland", "a foreign operator")
MAINLAND_SERVER = ("offshore.servers", "a server in the mainland", "servers only abroad")


def _document(kind: str) -> tuple[str, str, str]:
    return "offshore.document", f"a mainland document ({kind})", "a foreign operator"


@pytest.mark.parametrize(
    ("operator", "statement", "contradiction"),
    [
        (FOREIGN, {"operator_region": "CN"}, MAINLAND_OPERATOR),
        (FOREIGN, {"server_regions": ["SG", "CN"]}, MAINLAND_SERVER),
        ({"name": "x", "document_type": "uscc"}, {}, _document("uscc")),
        ({"name": "x", "document_type": "id_card"}, {}, _document("id_card")),
        ({"name": "x", "document_number": "91110000600037341L"}, {}, _document("uscc")),
        ({"name": "x", "document_type": "foreign_registration", "document_number": "91110000600037341L"}, {},
         _document("uscc")),
        ({"name": "x", "document_type": "other", "document_number": "11010519491231002X"}, {}, _document("id_card")),
    ],
)  # fmt: skip
def test_what_an_offshore_app_cannot_have(
    operator: dict[str, object], statement: dict[str, object], contradiction: tuple[str, str, str]
) -> None:
    """Both conditions hold: a foreign operator, and servers only abroad. A document tells where its holder is."""
    _, finding = declared(OFFSHORE | statement, operator=operator)
    assert finding == failed(DeclarationUncontradicted, *contradiction)


@pytest.mark.parametrize(
    "operator",
    [
        None,
        FOREIGN,
        {"name": "x", "document_type": "foreign_registration", "document_number": "201812345K"},
        {"name": "x", "document_type": "passport", "document_number": "E12345678"},
        {"name": "x", "document_number": "201812345K"},
    ],
)
def test_an_operator_that_may_be_foreign(operator: dict[str, object] | None) -> None:
    """A passport says nothing about where its holder is established."""
    assert declared(OFFSHORE, operator=operator)[1] == passed(DeclarationUncontradicted)


@pytest.mark.parametrize("region", ["HK", "MO", "TW"])
def test_hong_kong_macao_and_taiwan_are_outside_the_mainland(region: str) -> None:
    """No registration can be made there, so operators and servers there are abroad."""
    statement = OFFSHORE | {"operator_region": region, "server_regions": [region]}
    assert declared(statement) == (passed(DeclarationProven), passed(DeclarationUncontradicted))


@pytest.mark.parametrize("statement", [STANDALONE, OFFSHORE])
@pytest.mark.parametrize(("kind", "platform"), [("mini_program", "wechat"), ("quick_app", "quick_app")])
def test_what_runs_on_a_host_is_connected(statement: dict[str, object], kind: str, platform: str) -> None:
    """A mini program or quick app can be neither stand-alone nor offshore."""
    _, finding = declared(statement, kind=kind, platform=platform)
    expected = "an app: a mini program or quick app runs on a connected host"
    assert finding == failed(DeclarationUncontradicted, "declaration.kind", kind, expected)


@pytest.mark.parametrize("statement", [STANDALONE, OFFSHORE])
def test_who_orders_access_is_connected(statement: dict[str, object]) -> None:
    """An order for access in the mainland contradicts both declarations."""
    _, finding = declared(statement, action=Action.CONNECT)
    order = ("declaration.connect", "an order for access in the mainland", "nothing to connect")
    assert finding == failed(DeclarationUncontradicted, *order)
    assert declared(statement, action=Action.PREINSTALL)[1] == passed(DeclarationUncontradicted)


def test_every_contradiction_is_named() -> None:
    """One finding has all of it; an expectation that repeats is written once."""
    statement = OFFSHORE | {"operator_region": "CN", "server_regions": ["CN"]}
    _, finding = declared(statement, operator={"name": "x", "document_type": "uscc"})
    found = "an operator of the mainland; a mainland document (uscc); a server in the mainland"
    expected = "a foreign operator; servers only abroad"
    assert finding == failed(DeclarationUncontradicted, "offshore.operator", found, expected)


def test_gaps_and_contradictions_are_for_the_judge_too() -> None:
    """A ground needs both lists to be empty."""
    case = case_of(described(operator=FOREIGN, declaration=OFFSHORE), asked=False)
    assert case.app.declaration is not None
    assert gaps(case.app.declaration) == []
    assert contradictions(case.app, case.app.declaration, Action.LIST) == []


def test_a_long_list_is_cut() -> None:
    """An app of many domains makes no finding of many pages."""
    _, finding = declared(
        STANDALONE, domains=[f"a{n}.cn" for n in range(12)], endpoints=[f"203.0.113.{n}" for n in range(12)]
    )
    assert finding.found.count("2 more") == 2
