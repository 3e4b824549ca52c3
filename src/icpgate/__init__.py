"""
The compliance gate for apps in China: app → number → lookup → rules → decision.

    gate = Gate.for_listing("snapshot:registry.icpdb")
    decision = gate.check(App.parse(described))
    if not decision: print(decision.explain("zh-CN"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
    from icpgate.app import App, Declaration, DeclarationStatement, Display, Operator, PackageFacts, PreApproval
    from icpgate.decision import Basis, Decision, Reason, Verdict
    from icpgate.errors import ConfigurationError, Denied, IcpGateError, InvalidApp, InvalidNumber, PolicyError
    from icpgate.gate import AsyncGate, Gate
    from icpgate.lookup import AsyncLookupClient, Cache, Limits, LookupClient
    from icpgate.number import RegistrationNumber, ServiceKind, find_all, parse
    from icpgate.policy import Mode, Policy
    from icpgate.record import RegistrationRecord, RegistrationStatus
    from icpgate.rules import RULES, Action, Occasion
    from icpgate.settings import GateSettings
    from icpgate.signing import Platform, PublicKey, SigningCertificate

__all__ = [
    "RULES",
    "Action",
    "App",
    "AsyncGate",
    "AsyncLookupClient",
    "Basis",
    "ByDocument",
    "ByDomain",
    "ByNumber",
    "Cache",
    "ConfigurationError",
    "Decision",
    "Declaration",
    "DeclarationStatement",
    "Denied",
    "Display",
    "Found",
    "Gate",
    "GateSettings",
    "IcpGateError",
    "InvalidApp",
    "InvalidNumber",
    "Limits",
    "LookupClient",
    "Mode",
    "NotRegistered",
    "Observation",
    "Occasion",
    "Operator",
    "PackageFacts",
    "Platform",
    "Policy",
    "PolicyError",
    "PreApproval",
    "PublicKey",
    "Reason",
    "RegistrationNumber",
    "RegistrationRecord",
    "RegistrationStatus",
    "ServiceKind",
    "SigningCertificate",
    "Unavailable",
    "Verdict",
    "Why",
    "__version__",
    "find_all",
    "parse",
]

__version__ = "0.1.0"

_HOMES: Final = {
    "icpgate.answer": (
        "ByDocument",
        "ByDomain",
        "ByNumber",
        "Found",
        "NotRegistered",
        "Observation",
        "Unavailable",
        "Why",
    ),
    "icpgate.app": ("App", "Declaration", "DeclarationStatement", "Display", "Operator", "PackageFacts", "PreApproval"),
    "icpgate.decision": ("Basis", "Decision", "Reason", "Verdict"),
    "icpgate.errors": ("ConfigurationError", "Denied", "IcpGateError", "InvalidApp", "InvalidNumber", "PolicyError"),
    "icpgate.gate": ("AsyncGate", "Gate"),
    "icpgate.lookup": ("AsyncLookupClient", "Cache", "Limits", "LookupClient"),
    "icpgate.number": ("RegistrationNumber", "ServiceKind", "find_all", "parse"),
    "icpgate.policy": ("Mode", "Policy"),
    "icpgate.record": ("RegistrationRecord", "RegistrationStatus"),
    "icpgate.rules": ("RULES", "Action", "Occasion"),
    "icpgate.settings": ("GateSettings",),
    "icpgate.signing": ("Platform", "PublicKey", "SigningCertificate"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import icpgate` alone costs nothing."""
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module 'icpgate' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted(__all__)
