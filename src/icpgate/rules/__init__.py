"""
The demands, one class each, in the order of a check: number, standing, identity, the rest.

`RULES` are icpgate's own. A policy is loaded with them, or with them and yours:
`Policy.load(path, rules=[*RULES, MyRule])`. There is no register to add to from elsewhere.
"""

from __future__ import annotations

from typing import Final

from icpgate.rules.approval import PreApprovalPresent, PreApprovalValid
from icpgate.rules.connection import DomainsCovered
from icpgate.rules.declaration import DeclarationProven, DeclarationUncontradicted
from icpgate.rules.display import DisplayAgrees, Displayed, DisplayLinked
from icpgate.rules.host import HostPlatformRegistered
from icpgate.rules.identity import (
    Binding,
    DocumentNumberMatches,
    IdentityProven,
    NameMatches,
    OperatorMatches,
    PackageMatches,
    bindings,
)
from icpgate.rules.number import (
    KindAgrees,
    NumberIsNoPlaceholder,
    NumberNamesService,
    NumberOfThisRegister,
    NumberPresent,
    NumberWellFormed,
)
from icpgate.rules.rule import Action, Case, Demand, Finding, Occasion, Outcome, Rule
from icpgate.rules.signature import PublicKeyMatches, SigningCertificateMatches
from icpgate.rules.standing import (
    AccessUnrestricted,
    AnswererVerified,
    NotBlacklisted,
    NotCancelled,
    NotCancelling,
    NotChanging,
    NotPending,
    NotReturned,
    NotShell,
    NotStale,
    RecordFresh,
    RecordNotSimulated,
    Registered,
    RegistriesAgree,
    RegistryAnswered,
)

__all__ = ["RULES", "Action", "Binding", "Case", "Demand", "Finding", "Occasion", "Outcome", "Rule", "bindings"]

RULES: Final[tuple[type[Rule], ...]] = (
    NumberPresent,
    NumberWellFormed,
    NumberOfThisRegister,
    NumberIsNoPlaceholder,
    KindAgrees,
    NumberNamesService,
    Registered,
    NotChanging,
    NotPending,
    NotReturned,
    NotCancelling,
    NotCancelled,
    NotShell,
    NotBlacklisted,
    AccessUnrestricted,
    NameMatches,
    OperatorMatches,
    DocumentNumberMatches,
    PackageMatches,
    SigningCertificateMatches,
    PublicKeyMatches,
    DomainsCovered,
    IdentityProven,
    PreApprovalPresent,
    PreApprovalValid,
    Displayed,
    DisplayAgrees,
    DisplayLinked,
    DeclarationProven,
    DeclarationUncontradicted,
    RecordFresh,
    RecordNotSimulated,
    RegistryAnswered,
    RegistriesAgree,
    HostPlatformRegistered,
    AnswererVerified,
    NotStale,
)
