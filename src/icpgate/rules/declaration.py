"""
Apps that say they need no registration: stand-alone, or offshore.

Both are the operator's word. Each has conditions, each condition needs evidence, and anything that
contradicts the declaration is an objection (docs/sources.md, exemptions).

*Abroad* is 境外, outside the mainland: Hong Kong, Macao and Taiwan included, where no registration can
be made either. That a commitment letter is genuine and that a server stands where it is said to
stand is not checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.app import Declaration
from icpgate.document import DocumentType, fits, is_mainland
from icpgate.number import ServiceKind
from icpgate.rules.display import unstated_numbers
from icpgate.rules.facts import NO_DECLARATION, settled_by
from icpgate.rules.placeholders import says_nothing
from icpgate.rules.rule import Action, Case, Demand, Finding, listed

if TYPE_CHECKING:
    from icpgate.app import App, DeclarationStatement, Operator

__all__ = ["DeclarationProven", "DeclarationUncontradicted", "contradictions", "gaps"]

MAINLAND: Final = "CN"


def gaps(statement: DeclarationStatement) -> list[tuple[str, str]]:
    """What the declaration still has to prove: pairs of detail and what is expected."""
    if statement.kind is Declaration.STANDALONE:
        return _standalone_gaps(statement)
    return _offshore_gaps(statement)


def _standalone_gaps(statement: DeclarationStatement) -> list[tuple[str, str]]:
    missing = []
    if statement.commitment_letter is None or says_nothing(statement.commitment_letter):
        missing.append(("standalone.commitment_letter", "a signed commitment letter"))
    if statement.uses_network is None:
        missing.append(("standalone.uses_network", "whether the package asks for the network"))
    return missing


def _offshore_gaps(statement: DeclarationStatement) -> list[tuple[str, str]]:
    missing = []
    if statement.operator_region is None:
        missing.append(("offshore.operator_region", "where the operator is established"))
    if not statement.server_regions:
        missing.append(("offshore.server_regions", "where every server stands"))
    return missing


def contradictions(app: App, statement: DeclarationStatement, action: Action) -> list[tuple[str, str, str]]:
    """What speaks against the declaration: triples of detail, found and expected."""
    found = _common_contradictions(app, action)
    if statement.kind is Declaration.STANDALONE:
        return found + _standalone_contradictions(app, statement)
    return found + _offshore_contradictions(app, statement)


def _common_contradictions(app: App, action: Action) -> list[tuple[str, str, str]]:
    found = []
    shown = unstated_numbers(app)
    if shown:
        found.append(("declaration.number_displayed", listed([*map(str, shown)]), "no number shown"))
    if app.kind is not ServiceKind.APP:
        expected = "an app: a mini program or quick app runs on a connected host"
        found.append(("declaration.kind", app.kind.value, expected))
    if action is Action.CONNECT:
        found.append(("declaration.connect", "an order for access in the mainland", "nothing to connect"))
    return found


def _standalone_contradictions(app: App, statement: DeclarationStatement) -> list[tuple[str, str, str]]:
    found = []
    if statement.uses_network:
        found.append(("standalone.network", "the package asks for the network", "no use of the network"))
    if app.domains:
        found.append(("standalone.domains", listed(app.domains), "no domain"))
    if app.endpoints:
        found.append(("standalone.endpoints", listed(app.endpoints), "no server"))
    if statement.server_regions:
        found.append(("standalone.servers", f"servers in {listed(statement.server_regions)}", "no server"))
    return found


def _offshore_contradictions(app: App, statement: DeclarationStatement) -> list[tuple[str, str, str]]:
    found = []
    if statement.operator_region == MAINLAND:
        found.append(("offshore.operator", "an operator of the mainland", "a foreign operator"))
    document = _mainland_document(app.operator)
    if document is not None:
        found.append(("offshore.document", f"a mainland document ({document.value})", "a foreign operator"))
    if MAINLAND in (statement.server_regions or ()):
        found.append(("offshore.servers", "a server in the mainland", "servers only abroad"))
    return found


_OF_THE_MAINLAND: Final = (DocumentType.USCC, DocumentType.ID_CARD)


def _mainland_document(operator: Operator | None) -> DocumentType | None:
    """A document that only an operator of the mainland has, by its type or by its number."""
    if operator is None:
        return None
    if operator.document_type is not None and is_mainland(operator.document_type):
        return operator.document_type
    number = operator.document_number
    if number is None:
        return None
    return next((kind for kind in _OF_THE_MAINLAND if fits(kind, number)), None)


@dataclass(frozen=True, slots=True)
class DeclarationProven(Demand):
    """A declaration comes with the evidence of every condition."""

    code: ClassVar[str] = "declaration_unproven"

    @settled_by(not_applicable=NO_DECLARATION)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        statement = case.app.declaration
        if statement is None:
            return self.not_applicable
        missing = gaps(statement)
        if not missing:
            return self.passed
        found = f"{statement.kind.value} declared without evidence"
        return self.failed(missing[0][0], found=found, expected=" and ".join(expected for _, expected in missing))


@dataclass(frozen=True, slots=True)
class DeclarationUncontradicted(Demand):
    """Nothing that the gatekeeper holds contradicts the declaration."""

    code: ClassVar[str] = "declaration_contradicted"

    @settled_by(not_applicable=NO_DECLARATION)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        statement = case.app.declaration
        if statement is None:
            return self.not_applicable
        against = contradictions(case.app, statement, case.action)
        if not against:
            return self.passed
        found = "; ".join(what for _, what, _ in against)
        return self.failed(against[0][0], found=found, expected="; ".join(dict.fromkeys(want for *_, want in against)))
